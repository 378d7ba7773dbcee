"""Finds sudden rises of negative reviews: the two-evidence window scan, for one series or thousands.

Nothing on a day depends on later days. `detect` is the form for one series, `scan` the one for the daily run.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from pipeline.reputation import baseline, evidence
from pipeline.reputation.tails import Array

if TYPE_CHECKING:
    import pandas as pd

# Just below five false alerts per 1,000 series-weeks on the simulated benchmark series, all volumes pooled.
DEFAULT_THRESHOLD = 4.25
DEFAULT_SHARE = 0.2
RULE_VERSION = "scan-1"
# Rows tested at once: bounds the memory to some 100 MB.
_CHUNK = 4000
_MARK_WINDOWS = (1, 2, 4)
_MARK_Z = 4.0
_MARK_DAYS = 56


@dataclass(frozen=True)
class Scan:
    """Evidence for the last days of each series, all arrays (series, days).

    `window` is the number of days in the strongest window (its first day is the likely start); `observed`, `n` and
    `expected` count in that window; `low` and `high` bound 95 % of normal windows; `share_baseline` is in (0, 1);
    `share_score` and `count_score` are the two parts; `is_usable` is false where history is too short to judge.
    """

    score: Array
    window: npt.NDArray[np.int64]
    share_score: Array
    count_score: Array
    observed: Array
    n: Array
    expected: Array
    low: Array
    high: Array
    share_baseline: Array
    is_usable: npt.NDArray[np.bool_]


def detect(series: pd.DataFrame, *, threshold: float = DEFAULT_THRESHOLD) -> pd.DataFrame:
    """Date, alarm and score (larger = rarer) of each row of a daily table (date, n_reviews, n_negative, mean_score).

    Dates are consecutive and ascending; the mean score is not used, for it loses the counts.
    """
    import pandas as pd  # whoever has such a table has it; the pipeline itself needs none

    n = series["n_reviews"].to_numpy(dtype=np.float64)[None, :]
    y = series["n_negative"].to_numpy(dtype=np.float64)[None, :]
    score = scan(n, y, last_days=n.shape[1]).score[0]
    return pd.DataFrame({"date": series["date"].to_numpy(), "alarm": score > threshold, "score": score})


def scan(
    n: Array,
    y: Array,
    *,
    parent_share: npt.ArrayLike = DEFAULT_SHARE,
    last_days: int = 1,
    muted: npt.NDArray[np.bool_] | None = None,
) -> Scan:
    """Evidence on the `last_days` days of the (series, days) counts of reviews `n` and negatives `y`.

    `parent_share` (one number, or one a series, in (0, 1)) is what a series without history is taken for. `muted` marks
    days known to be incidents, which then do not count as normal. Two hundred days of history are enough.

    Raises:
        ValueError: the shapes differ, or a day has more negatives than reviews.
    """
    n, y = np.asarray(n, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if n.shape != y.shape or n.ndim != 2 or bool((y > n).any()) or bool((y < 0).any()):
        raise ValueError("counts need the same (series, days) shape and 0 <= negatives <= reviews")
    series, days = n.shape
    last_days = min(last_days, days)
    known = (np.cumsum(n, axis=1) > 0) & ~suspected(n, y)
    if muted is not None:
        known &= ~muted
    parent = np.repeat(np.broadcast_to(np.asarray(parent_share, dtype=np.float64), (series,)), last_days)
    views = [_lagged(array, last_days) for array in (n, y, known.astype(np.float64))]
    pieces = [_chunk(views, parent, start) for start in range(0, series * last_days, _CHUNK)]
    joined = [np.concatenate(column).reshape(series, last_days) for column in zip(*pieces, strict=True)]
    return Scan(*joined)


def suspected(n: Array, y: Array) -> npt.NDArray[np.bool_]:
    """Days that look like part of an incident at most three days later, by a rough test; causal within the guard."""
    marks = np.zeros(n.shape, dtype=bool)
    total_n, total_y = (np.concatenate([np.zeros((len(n), 1)), np.cumsum(c, axis=1)], axis=1) for c in (n, y))
    ends = np.arange(1, n.shape[1] + 1)
    for days in _MARK_WINDOWS:
        start = np.maximum(ends - days, 0)
        first = np.maximum(start - baseline.GUARD_DAYS, 0)
        old = np.maximum(first - _MARK_DAYS, 0)
        seen_n, seen_y = total_n[:, ends] - total_n[:, start], total_y[:, ends] - total_y[:, start]
        past_n, past_y = total_n[:, first] - total_n[:, old], total_y[:, first] - total_y[:, old]
        hit = _is_wild(seen_n, seen_y, past_n, past_y, days / np.maximum(first - old, 1)) & (first - old >= _MARK_DAYS)
        for back in range(days):
            marks[:, : n.shape[1] - back] |= hit[:, back:]
    return marks


def _is_wild(n: Array, y: Array, past_n: Array, past_y: Array, ratio: Array) -> npt.NDArray[np.bool_]:
    p = (past_y + 8 * DEFAULT_SHARE) / (past_n + 8)
    rho = baseline.PRIOR_RHO
    share_variance = n * p * (1 - p) * (1 + n * rho + n / (past_n + 8))
    usual = (past_y + 0.5) * ratio
    count_variance = usual + (baseline.PRIOR_DISPERSION + evidence.VOLUME_DRIFT) * usual**2
    share_z = (y - n * p) / np.sqrt(np.maximum(share_variance, 0.5))
    count_z = (y - usual) / np.sqrt(np.maximum(count_variance, 0.5))
    is_wild: npt.NDArray[np.bool_] = (y >= evidence.MIN_NEGATIVE) & (
        (share_z > _MARK_Z) | ((count_z > _MARK_Z) & (share_z > 0))
    )
    return is_wild


def _lagged(array: Array, last_days: int) -> Array:
    """(series, last_days, lags) view of history, newest lag first."""
    padded = np.concatenate([np.zeros((len(array), baseline.LAGS - 1)), array], axis=1)
    view: Array = np.lib.stride_tricks.sliding_window_view(padded, baseline.LAGS, axis=1)
    return view[:, array.shape[1] - last_days :, ::-1]


def _chunk(views: list[Array], parent: Array, start: int) -> tuple[npt.NDArray[np.generic], ...]:
    series, last_days, _ = views[0].shape
    rows = np.arange(start, min(start + _CHUNK, series * last_days))
    n, y, known = (view[rows // last_days, rows % last_days] for view in views)
    base = baseline.estimate(n, y, known, parent[rows])
    found = evidence.weigh(n, y, base)
    # A band for people, so the normal approximation of the square root scale is enough.
    root, spread = np.sqrt(found.expected), np.sqrt(found.variance / np.maximum(found.expected, 1e-9)) * 0.98
    low, high = np.floor(np.maximum(root - spread, 0) ** 2), np.ceil((root + spread) ** 2)
    return (
        found.score, found.window, found.share_score, found.count_score, found.observed, found.n,
        found.expected, low, high, base.share, base.is_usable,
    )  # fmt: skip


def window_start(day: date, window: int) -> date:
    """The first day of a window of so many days that ends on `day`."""
    return date.fromordinal(day.toordinal() - window + 1)
