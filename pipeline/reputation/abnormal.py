"""Days that must not teach what is normal: part of an incident or of a crowd, by a rough test against eight weeks.

A mark on a day depends on at most three later days, the guard that the baseline keeps.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pipeline.reputation.tails import Array

GUARD_DAYS = 3
MIN_NEGATIVE = 3
_WINDOWS = (1, 2, 4)
_Z = 4.0
_DAYS = 56
# Scatter that is normal: negatives of one day go together a little, daily volume a lot, and fashions come on top.
_RHO, _DISPERSION = 0.003, 0.14
_PRIOR_REVIEWS, _PRIOR_SHARE = 8.0, 0.2

Marks = npt.NDArray[np.bool_]


def abnormal(n: Array, y: Array) -> Marks:
    """Days (series, days) with far too many negatives among the reviews `n`, or far too many reviews.

    Praise counts, too: a campaign taken for normal would make the quiet week after it look bad.
    """
    marks = np.zeros(n.shape, dtype=bool)
    total_n, total_y = (np.concatenate([np.zeros((len(n), 1)), np.cumsum(c, axis=1)], axis=1) for c in (n, y))
    ends = np.arange(1, n.shape[1] + 1)
    for days in _WINDOWS:
        start = np.maximum(ends - days, 0)
        first = np.maximum(start - GUARD_DAYS, 0)
        old = np.maximum(first - _DAYS, 0)
        seen_n, seen_y = total_n[:, ends] - total_n[:, start], total_y[:, ends] - total_y[:, start]
        past_n, past_y = total_n[:, first] - total_n[:, old], total_y[:, first] - total_y[:, old]
        ratio = days / np.maximum(first - old, 1)
        hit = _too_negative(seen_n, seen_y, past_n, past_y, ratio) | _too_many(seen_n, past_n, ratio)
        hit &= first - old >= _DAYS
        for back in range(days):
            marks[:, : n.shape[1] - back] |= hit[:, back:]
    return marks


def _too_negative(n: Array, y: Array, past_n: Array, past_y: Array, ratio: Array) -> Marks:
    p = (past_y + _PRIOR_REVIEWS * _PRIOR_SHARE) / (past_n + _PRIOR_REVIEWS)
    share_variance = n * p * (1 - p) * (1 + n * _RHO + n / (past_n + _PRIOR_REVIEWS))
    share_z = (y - n * p) / np.sqrt(np.maximum(share_variance, 0.5))
    found: Marks = (y >= MIN_NEGATIVE) & ((share_z > _Z) | (_too_many(y, past_y, ratio) & (share_z > 0)))
    return found


def _too_many(count: Array, past: Array, ratio: Array) -> Marks:
    usual = (past + 0.5) * ratio
    z = (count - usual) / np.sqrt(np.maximum(usual + _DISPERSION * usual**2, 0.5))
    found: Marks = (count >= MIN_NEGATIVE) & (z > _Z)
    return found
