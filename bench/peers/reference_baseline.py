"""The published baseline of the two-evidence window scan, kept as it was: the yardstick stays while the product moves.

Arrays of history have one row for each series and day, one column for each lag. Days 4 to 180 ago count, older ones
less.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.peers.windows import Floats

LAGS = 182
_GUARD, _LONGEST = 3, 180
_HALF_LIFE_REVIEWS, _HALF_LIFE_DAYS = 1500 * np.log(2), (14.0, 90.0)
_STRENGTH, _PARENT_SHARE, _CAP = 8.0, 0.2, 600.0
_WEEKDAY_VARIANCE = 0.05
_DISPERSION, _DISPERSION_SD, _RHO, _RHO_SD = 0.11, 0.10, 0.003, 0.003
_CLIP = 9.0


@dataclass(frozen=True)
class Baseline:
    """One entry a row: Beta(a, b) of the share, reviews a day, weekdays by lag, extra scatter, error of the level."""

    a: Floats
    b: Floats
    level: Floats
    weekday: Floats
    rho: Floats
    dispersion: Floats
    level_error: Floats


def estimate(n: Floats, y: Floats, known: Floats) -> Baseline:
    """The baseline of each row; `known` is 1 on days that may serve."""
    weight = known.copy()
    weight[:, : _GUARD + 1] = 0
    weight[:, _LONGEST + 1 :] = 0
    rate = (weight * n).sum(axis=1) / np.maximum(weight.sum(axis=1), 1)
    half_life = np.clip(_HALF_LIFE_REVIEWS / np.maximum(rate, 1e-9), *_HALF_LIFE_DAYS)
    weight = weight * np.exp2(-np.arange(LAGS) / half_life[:, None])
    negatives, reviews = (weight * y).sum(axis=1), (weight * n).sum(axis=1)
    a = negatives + _STRENGTH * _PARENT_SHARE
    b = reviews - negatives + _STRENGTH * (1 - _PARENT_SHARE)
    scale = np.minimum(1.0, _CAP / (a + b))
    a, b = a * scale, b * scale
    level, weekday = _level(n, weight)
    dispersion = _dispersion(n, level[:, None] * np.tile(weekday, (1, LAGS // 7)), weight)
    effective = weight.sum(axis=1) ** 2 / np.maximum((weight**2).sum(axis=1), 1e-9)
    error = 1 / np.maximum(level * effective, 0.5) + dispersion / np.maximum(effective, 1)
    return Baseline(a, b, level, weekday, _rho(n, y, a / (a + b), weight), dispersion, error)


def _level(n: Floats, weight: Floats) -> tuple[Floats, Floats]:
    days = weight.reshape(len(n), -1, 7).sum(axis=1)
    reviews = (weight * n).reshape(len(n), -1, 7).sum(axis=1)
    level = (reviews.sum(axis=1) + 0.5) / (days.sum(axis=1) + 1)
    raw = (reviews + 0.5) / (level[:, None] * days + 0.5)
    noise = 1 / (level[:, None] * days + 0.5) + _DISPERSION / (days + 0.5)
    factor = np.exp(np.log(raw) * _WEEKDAY_VARIANCE / (_WEEKDAY_VARIANCE + noise))
    mean = (factor * days).sum(axis=1) / np.maximum(days.sum(axis=1), 1e-9)
    return level, factor / np.where(mean > 0, mean, 1)[:, None]


def _dispersion(n: Floats, expected: Floats, weight: Floats) -> Floats:
    usual = expected + _DISPERSION * expected**2
    found = (np.minimum((n - expected) ** 2, _CLIP * usual) - expected) / np.maximum(expected**2, 1e-12)
    return _shrunk(found, weight * expected**4 / (2 * usual**2), _DISPERSION, _DISPERSION_SD, 0.02, 1.0)


def _rho(n: Floats, y: Floats, share: Floats, weight: Floats) -> Floats:
    p, others = share[:, None], np.maximum(n - 1, 1e-6)
    usual = 1 + np.maximum(n - 1, 0) * _RHO
    square = np.minimum((y - n * p) ** 2 / np.maximum(n * p * (1 - p), 1e-12), _CLIP * usual)
    precision = np.where(n > 1, weight * others**2 / (2 * usual**2), 0.0)
    return _shrunk((square - 1) / others, precision, _RHO, _RHO_SD, 0.0003, 0.1)


def _shrunk(found: Floats, precision: Floats, prior: float, sd: float, low: float, high: float) -> Floats:
    total = (precision * found).sum(axis=1) + prior / sd**2
    shrunk: Floats = np.clip(total / (precision.sum(axis=1) + 1 / sd**2), low, high)
    return shrunk
