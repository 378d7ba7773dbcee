"""What each theme contributes to the change of the negative share; the parts add up to it exactly (M14)."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.errors import WarehouseError
from pipeline.reputation.weekly import Contribution, ThemeCount

NO_THEME = "none"


def contributions(
    themes: Sequence[ThemeCount], *, n: int, n_negative: int, n_baseline: int, n_negative_baseline: int
) -> tuple[Contribution, ...]:
    """One part a theme group, largest change first; their deltas sum to the change of the negative share.

    Negatives without a theme (star-only ones too) are the group `none`. Empty if either side has no reviews.

    Raises:
        WarehouseError: the themes count more negative reviews than there are.
    """
    if n <= 0 or n_baseline <= 0:
        return ()
    now: dict[str, float] = {NO_THEME: float(n_negative)}
    before: dict[str, float] = {NO_THEME: float(n_negative_baseline)}
    for theme in themes:
        if theme.group == NO_THEME:
            continue
        now[theme.group] = now.get(theme.group, 0.0) + theme.n_negative
        before[theme.group] = before.get(theme.group, 0.0) + theme.n_negative_baseline
        now[NO_THEME] -= theme.n_negative
        before[NO_THEME] -= theme.n_negative_baseline
    _check_rest(now[NO_THEME], n_negative)
    _check_rest(before[NO_THEME], n_negative_baseline)
    parts = [_part(group, now[group] / n, before[group] / n_baseline) for group in now]
    return tuple(sorted(parts, key=lambda part: (-abs(part.delta), part.group)))


def _part(group: str, share: float, baseline: float) -> Contribution:
    return Contribution(group, share, baseline, share - baseline)


def _check_rest(rest: float, n_negative: int) -> None:
    if rest < -1e-6 * max(1, n_negative):
        raise WarehouseError(
            f"themes count {n_negative - rest:.1f} negative reviews of {n_negative}",
            where="weekly themes",
            remedy="Rebuild the marts, then print the report again",
        )
