"""The four verdicts on a change: the only words a page may use for it."""

from __future__ import annotations

from pipeline.reputation.weekly import Verdict

MIN_FIGURE = 5
MIN_COMPARISON = 10
CLEAR_Q = 0.05
LIKELY_Q = 0.20
# Three percentage points of a share; on the 200 points of net sentiment and the 4 of a rating the same part of the
# way from worst to best would be 6 and 0.12.
MIN_SHARE = 0.03
MIN_NET = 6.0
MIN_RATING = 0.12


def judge(
    n: int, n_baseline: int, diff: float | None, q_value: float | None, *, smallest: float = MIN_SHARE
) -> Verdict:
    """The verdict on `diff`, given the reviews on both sides and its q-value.

    `smallest` is the change below which nothing is called clear, in the unit of `diff`.
    """
    if n < MIN_COMPARISON or n_baseline < MIN_COMPARISON or diff is None or q_value is None:
        return "too_few"
    if q_value < CLEAR_Q and abs(diff) >= smallest - 1e-12:
        return "clear"
    return "likely" if q_value < LIKELY_Q else "none"
