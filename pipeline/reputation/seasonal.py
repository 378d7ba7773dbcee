"""Finds weeks with more negatives than the season explains: for series of about a review a week that go back years.

A day says little where a review a week is usual, and 180 days know no season. Here each window of one to three weeks is
compared with what the years before lead to expect. Nothing in a week depends on later weeks. The arrays are those of
`spike.scan`, with weeks in place of days. From 0.3 reviews a day the daily scan, which knows the share, finds more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.reputation import seasonal_fit
from pipeline.reputation.tails import Array, negative_binomial

# Some nine alarms in 1,000 quiet weeks on draws of the 42 scenarios of Noufaily et al. 2013 (`bench/noufaily.py`), and
# 8.5 false alerts per 1,000 series-weeks of small review streams that wander (`bench/weekly.py`; 2.3 gives 4, 2.7 gives
# 2, 3.5 gives 0.4 of them).
DEFAULT_THRESHOLD = 1.86
RULE_VERSION = "seasonal-1"
MIN_NEGATIVE = 3
# Weeks of a window, and what its score counts for. Most incidents that a week shows at all fill a part of two; the
# others are looked at too, for less, since every further look costs false alarms.
WINDOWS = ((1, 0.7), (2, 1.0), (3, 0.5))
# Standard deviations by which the newest week must itself be above normal.
STILL_RAISED = 1.0
_CHUNK = 2000


@dataclass(frozen=True)
class SeasonalScan:
    """Evidence for the last weeks of each series, all arrays (series, weeks).

    `score` is -log10 of a tail (it ranks weeks, and is no p-value to be quoted); `window` is the number of weeks in the
    strongest window; `observed` and `expected` count in that window, `low` and `high` bound 95 % of normal windows;
    `is_usable` is false, and the score 0, where less than two years or nothing but zeros allow no judgement.
    """

    score: Array
    window: npt.NDArray[np.int64]
    observed: Array
    expected: Array
    low: Array
    high: Array
    is_usable: npt.NDArray[np.bool_]


def scan(
    counts: Array,
    *,
    last_weeks: int = 1,
    muted: npt.NDArray[np.bool_] | None = None,
    weeks_a_year: float = seasonal_fit.WEEKS_A_YEAR,
) -> SeasonalScan:
    """Evidence on the `last_weeks` weeks of the (series, weeks) counts of negatives.

    A series begins with its first count above zero. `muted` marks weeks known to be incidents, which then do not count
    as normal. Ten years of history are enough; `weeks_a_year` is the period of the season.

    Raises:
        ValueError: the counts are no (series, weeks) table, or one is negative or missing.
    """
    counts = np.asarray(counts, dtype=np.float64)
    if counts.ndim != 2 or not bool((counts >= 0).all()):
        raise ValueError("weekly counts need the shape (series, weeks), and none may be negative or missing")
    series, weeks = counts.shape
    last_weeks = min(last_weeks, weeks)
    known = np.cumsum(counts, axis=1) > 0
    if muted is not None:
        known &= ~muted
    views = [_lagged(array, last_weeks) for array in (counts, known.astype(np.float64))]
    pieces = [_chunk(views, start, weeks_a_year) for start in range(0, max(series * last_weeks, 1), _CHUNK)]
    joined = [np.concatenate(column).reshape(series, last_weeks) for column in zip(*pieces, strict=True)]
    return SeasonalScan(*joined)


def to_weeks(daily: Array) -> Array:
    """(series, weeks) sums of the (series, days) counts over whole weeks, the last of which ends on the last day."""
    series, days = daily.shape
    weeks: Array = daily[:, days % 7 :].reshape(series, -1, 7).sum(axis=2)
    return weeks


def _lagged(array: Array, last_weeks: int) -> Array:
    """(series, last_weeks, lags) view of history, newest lag first."""
    padded = np.concatenate([np.zeros((len(array), seasonal_fit.LAGS)), array], axis=1)
    view: Array = np.lib.stride_tricks.sliding_window_view(padded, seasonal_fit.LAGS, axis=1)
    return view[:, view.shape[1] - last_weeks :, ::-1]


def _chunk(views: list[Array], start: int, weeks_a_year: float) -> tuple[npt.NDArray[np.generic], ...]:
    series, last_weeks, _ = views[0].shape
    rows = np.arange(start, min(start + _CHUNK, series * last_weeks))
    y, known = (view[rows // last_weeks, rows % last_weeks] for view in views)
    fit = seasonal_fit.estimate(y, known, max(weeks for weeks, _ in WINDOWS), weeks_a_year)
    # A window whose newest week is back to normal tells of what is over.
    newest = fit.mean[:, 0]
    is_raised = fit.is_usable & (y[:, 0] > newest + STILL_RAISED * np.sqrt(fit.phi * newest))
    found = [_window(y, fit, is_raised, *window) for window in WINDOWS]
    score, observed, expected, variance = (np.stack(column) for column in zip(*found, strict=True))
    best, row = np.argmax(score, axis=0), np.arange(len(y))
    observed, expected, variance = observed[best, row], expected[best, row], variance[best, row]
    # A band for people, so the normal approximation of the square root scale is enough.
    root, spread = np.sqrt(expected), np.sqrt(variance / np.maximum(expected, 1e-9)) * 0.98
    low, high = np.floor(np.maximum(root - spread, 0) ** 2), np.ceil((root + spread) ** 2)
    window = np.asarray([weeks for weeks, _ in WINDOWS])[best]
    return score[best, row], window, observed, expected, low, high, fit.is_usable


def _window(
    y: Array, fit: seasonal_fit.SeasonalFit, is_raised: npt.NDArray[np.bool_], weeks: int, share: float
) -> tuple[Array, Array, Array, Array]:
    observed, expected = y[:, :weeks].sum(axis=1), fit.mean[:, :weeks].sum(axis=1)
    # Chance and scatter from week to week, and the unsure fit, which all weeks of the window share.
    variance = fit.phi * expected + fit.error * expected**2
    score = np.zeros(len(y))
    rows = np.flatnonzero(is_raised & (observed >= MIN_NEGATIVE) & (observed > expected))
    if len(rows):
        spread = np.maximum(variance[rows], 1.0001 * expected[rows])
        score[rows] = -share * np.log10(negative_binomial(observed[rows], expected[rows], spread))
    return score, observed, expected, variance
