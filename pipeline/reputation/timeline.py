"""A history as people look at it: negative reviews by day or week, and how many are usual."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from scipy import stats

from pipeline.reputation.replay import History
from pipeline.reputation.spike import scan
from pipeline.reputation.tails import Array

# A longer span is shown by weeks: more bars than that cannot be told apart.
DAILY = 184
TAILS = (0.025, 0.975)
_SCATTER = (0.02, 1.0)
_CLIP = 9.0


@dataclass(frozen=True)
class Timeline:
    """One entry a span of `step` days that begins on `days`; NaN where there was too little history to expect anything.

    `low` and `high` bound 95 % of the spans of a time when all is as usual.
    """

    days: tuple[date, ...]
    step: int
    negatives: Array
    expected: Array
    low: Array
    high: Array


def timeline(history: History, start: date, end: date) -> Timeline:
    """The negative reviews of all entities of a history together; of a long time by weeks, from that of `start` on."""
    rows = [row for row, key in enumerate(history.keys) if key.level == "entity"]
    until = history.last_day.toordinal() - end.toordinal()
    stop = np.shape(history.n)[1] - until
    n, y = np.asarray(history.n)[rows, :stop], np.asarray(history.y)[rows, :stop]
    step = 1 if (end - start).days < DAILY else 7
    # Whole weeks that end with the last day: a part of one would look like a dip.
    shown = min(-(-((end - start).days + 1) // step) * step, stop)
    share = np.broadcast_to(np.asarray(history.parent_share, dtype=np.float64), (len(history.keys),))[rows]
    result = scan(n, y, parent_share=share, last_days=shown)
    usual = np.where(result.is_usable, result.expected / result.window, np.nan)
    expected = np.where(np.isnan(usual).all(axis=0), np.nan, np.nansum(usual, axis=0))
    negatives, expected = (_by_step(values, step) for values in (y[:, -shown:].sum(axis=0), expected))
    first = end - timedelta(days=step * len(negatives) - 1)
    days = tuple(first + timedelta(days=step * k) for k in range(len(negatives)))
    scatter = _scatter(negatives, expected)
    low, high = (stats.nbinom.ppf(tail, 1 / scatter, 1 / (1 + scatter * expected)) for tail in TAILS)
    return Timeline(days, step, negatives, expected, np.asarray(low), np.asarray(high))


def _by_step(values: Array, step: int) -> Array:
    padded = np.concatenate([np.zeros(-len(values) % step), values])
    total: Array = padded.reshape(-1, step).sum(axis=1)
    return total


def _scatter(negatives: Array, expected: Array) -> float:
    """The extra relative variance of the counts over that of chance alone, without the wildest spans."""
    known = expected > 0
    if not known.any():
        return _SCATTER[0]
    y, m = negatives[known], expected[known]
    square = np.minimum((y - m) ** 2, _CLIP * (m + 0.1 * m**2))
    return float(np.clip((square - m).sum() / (m**2).sum(), *_SCATTER))
