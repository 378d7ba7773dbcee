"""What is normal for a series on a day: its negative share, volume, weekdays, and how much both scatter.

Arrays of history have one row for each series and day under test, and one column for each lag: column 0 is that day.
The baseline uses lags 4 to 180, older days count less, suspected incident days do not count.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from pipeline.reputation.tails import Array

GUARD_DAYS = 3
MAX_DAYS = 180
# Lags 0..181: whole weeks, so that column modulo 7 tells the weekday relative to the tested day.
LAGS = 182
MIN_DAYS = 14
HALF_LIFE_REVIEWS = 1500.0
HALF_LIFE_DAYS = (14.0, 90.0)
PRIOR_STRENGTH = 8.0
INFORMATION_CAP = 600.0
WEEKDAY_VARIANCE = 0.05
PRIOR_DISPERSION, PRIOR_DISPERSION_SD = 0.11, 0.10
PRIOR_RHO, PRIOR_RHO_SD = 0.003, 0.003
_CLIP = 9.0


@dataclass(frozen=True)
class Baseline:
    """One entry a row. `share` has the information of Beta(a, b); `level` is reviews a day without weekday effect.

    `weekday[:, j]` is the volume factor of lag j (j modulo 7); `rho` and `dispersion` are the extra scatter of shares
    within a day and of daily volume; `volume_error` is the relative variance of the estimated level; `is_usable` says
    whether 14 days of history are there.
    """

    a: Array
    b: Array
    level: Array
    weekday: Array
    rho: Array
    dispersion: Array
    volume_error: Array
    is_usable: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]

    @property
    def share(self) -> Array:
        """Expected negative share."""
        return self.a / (self.a + self.b)


def estimate(n: Array, y: Array, known: Array, parent_share: Array) -> Baseline:
    """The baseline of each row.

    `n` and `y` are reviews and negatives by lag, `known` is 1 on days that may serve as baseline and 0 elsewhere
    (before the series began, suspected incidents), `parent_share` the share of the parent in (0, 1).
    """
    weight = known.copy()
    weight[:, : GUARD_DAYS + 1] = 0
    weight[:, MAX_DAYS + 1 :] = 0
    days = weight.sum(axis=1)
    rate = (weight * n).sum(axis=1) / np.maximum(days, 1)
    half_life = np.clip(HALF_LIFE_REVIEWS * math.log(2) / np.maximum(rate, 1e-9), *HALF_LIFE_DAYS)
    weight = weight * np.exp2(-np.arange(LAGS) / half_life[:, None])
    a, b = _share(n, y, weight, parent_share)
    level, weekday = _level(n, weight)
    expected = level[:, None] * np.tile(weekday, (1, LAGS // 7))
    dispersion = _dispersion(n, expected, weight)
    effective = weight.sum(axis=1) ** 2 / np.maximum((weight**2).sum(axis=1), 1e-9)
    total = np.maximum(level * effective, 0.5)
    error = 1 / total + dispersion / np.maximum(effective, 1)
    return Baseline(a, b, level, weekday, _rho(n, y, a / (a + b), weight), dispersion, error, days >= MIN_DAYS)


def _share(n: Array, y: Array, weight: Array, parent_share: Array) -> tuple[Array, Array]:
    a = (weight * y).sum(axis=1) + PRIOR_STRENGTH * parent_share
    b = (weight * (n - y)).sum(axis=1) + PRIOR_STRENGTH * (1 - parent_share)
    # A share drifts: more than this much information about its past says nothing more about today.
    scale = np.minimum(1.0, INFORMATION_CAP / (a + b))
    return a * scale, b * scale


def _level(n: Array, weight: Array) -> tuple[Array, Array]:
    """Reviews a day, and the seven weekday factors shrunk to 1."""
    rows = len(n)
    days = weight.reshape(rows, -1, 7).sum(axis=1)
    reviews = (weight * n).reshape(rows, -1, 7).sum(axis=1)
    level = (reviews.sum(axis=1) + 0.5) / (days.sum(axis=1) + 1)
    raw = (reviews + 0.5) / (level[:, None] * days + 0.5)
    noise = 1 / (level[:, None] * days + 0.5) + PRIOR_DISPERSION / (days + 0.5)
    factor = np.exp(np.log(raw) * WEEKDAY_VARIANCE / (WEEKDAY_VARIANCE + noise))
    mean = (factor * days).sum(axis=1) / np.maximum(days.sum(axis=1), 1e-9)
    return level, factor / np.where(mean > 0, mean, 1)[:, None]


def _dispersion(n: Array, expected: Array, weight: Array) -> Array:
    """Extra relative variance of daily volume (1/size), from squared deviations without the wildest days."""
    usual = expected + PRIOR_DISPERSION * expected**2
    square = np.minimum((n - expected) ** 2, _CLIP * usual)
    precision = weight * expected**4 / (2 * usual**2)
    found = (square - expected) / np.maximum(expected**2, 1e-12)
    return _shrunk(found, precision, PRIOR_DISPERSION, PRIOR_DISPERSION_SD, 0.02, 1.0)


def _rho(n: Array, y: Array, share: Array, weight: Array) -> Array:
    """Correlation of the negatives of one day; days with a single review tell nothing."""
    p = share[:, None]
    usual = 1 + np.maximum(n - 1, 0) * PRIOR_RHO
    square = np.minimum((y - n * p) ** 2 / np.maximum(n * p * (1 - p), 1e-12), _CLIP * usual)
    others = np.maximum(n - 1, 1e-6)
    precision = np.where(n > 1, weight * others**2 / (2 * usual**2), 0.0)
    return _shrunk((square - 1) / others, precision, PRIOR_RHO, PRIOR_RHO_SD, 0.0003, 0.1)


def _shrunk(found: Array, precision: Array, prior: float, sd: float, low: float, high: float) -> Array:
    total = (precision * found).sum(axis=1) + prior / sd**2
    shrunk: Array = np.clip(total / (precision.sum(axis=1) + 1 / sd**2), low, high)
    return shrunk
