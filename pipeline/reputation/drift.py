"""Finds shares of negative reviews that creep up for weeks: too slow for an alert, due in the next report.

A CUSUM of weekly log-likelihood ratios (Page, Biometrika 41 (1954)) between the share of the half-year that ended four
weeks before and one whose odds are half as high again. Reviews of one week share its mood, so they count for less than
as many independent ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.reputation.discount import WEEK, delayed, discounted
from pipeline.reputation.tails import Array

ODDS = 1.5
GUARD_WEEKS = 4
HALF_LIFE_WEEKS = 26.0
MIN_WEEKS = 12
MIN_NEGATIVE = 10
# One false signal in some two years of a series on the simulated streams; see `bench/alerts.py`.
LIMIT = 4.0
PRIOR_STRENGTH = 8.0
# Correlation of the reviews of one week: the day's mood, and what opinion wanders in a month.
WEEK_RHO = 0.006


@dataclass(frozen=True)
class Drift:
    """The state of each (series, week), weeks of seven days that end with the last day of the counts.

    `statistic` is the CUSUM (0 and up, a signal above LIMIT); `weeks` says how many weeks ago it last was zero, the
    likely start; `negatives` and `n` count since then; `share_baseline` is the share before, in (0, 1).
    """

    statistic: Array
    weeks: npt.NDArray[np.int64]
    n: Array
    negatives: Array
    share_baseline: Array

    @property
    def is_drifting(self) -> npt.NDArray[np.bool_]:
        """Whether the week ends in a signal."""
        found: npt.NDArray[np.bool_] = (self.statistic > LIMIT) & (self.negatives >= MIN_NEGATIVE)
        return found


def drift(n: Array, y: Array, *, parent_share: npt.ArrayLike = 0.2) -> Drift:
    """The drift of each series from its daily (series, days) reviews `n` and negatives `y`; causal.

    Days before the first whole week are left out.
    """
    n, y = (_weekly(np.asarray(counts, dtype=np.float64)) for counts in (n, y))
    parent = np.broadcast_to(np.asarray(parent_share, dtype=np.float64), (len(n),))[:, None]
    seen = delayed(discounted(n, HALF_LIFE_WEEKS), GUARD_WEEKS)
    share = (delayed(discounted(y, HALF_LIFE_WEEKS), GUARD_WEEKS) + PRIOR_STRENGTH * parent) / (seen + PRIOR_STRENGTH)
    # While little is known of the past, the present says little about it.
    weight = seen / (seen + n + PRIOR_STRENGTH) / (1 + np.maximum(n - 1, 0) * WEEK_RHO)
    worse = share * ODDS / (1 - share + share * ODDS)
    gain = weight * (y * np.log(worse / share) + (n - y) * np.log((1 - worse) / (1 - share)))
    known = delayed(np.cumsum(n > 0, axis=1).astype(np.float64), GUARD_WEEKS) >= MIN_WEEKS
    return _cusum(np.where(known, gain, 0.0), n, y, share)


def _cusum(gain: Array, n: Array, y: Array, share: Array) -> Drift:
    series, weeks = gain.shape
    statistic, reviews, negatives = (np.zeros((series, weeks)) for _ in range(3))
    length = np.zeros((series, weeks), dtype=np.int64)
    held = np.zeros((series, weeks))
    total, count, bad, run, before = (np.zeros(series) for _ in range(5))
    for week in range(weeks):
        total = np.maximum(0.0, total + gain[:, week])
        goes_on = total > 0
        before = np.where(goes_on & (run > 0), before, share[:, week])
        run = np.where(goes_on, run + 1, 0)
        count = np.where(goes_on, count + n[:, week], 0)
        bad = np.where(goes_on, bad + y[:, week], 0)
        statistic[:, week], length[:, week] = total, run
        reviews[:, week], negatives[:, week], held[:, week] = count, bad, before
    return Drift(statistic, length, reviews, negatives, held)


def _weekly(counts: Array) -> Array:
    days = counts.shape[1] - counts.shape[1] % WEEK
    whole = counts[:, counts.shape[1] - days :]
    sums: Array = whole.reshape(len(counts), -1, WEEK).sum(axis=2)
    return sums
