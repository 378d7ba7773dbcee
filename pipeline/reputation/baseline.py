"""What is normal for a series on each of its days: negative share, volume, weekdays, and how much all of it scatters.

Opinion and volume wander, some series fast and some slowly. So each is estimated with three half-lives at once, and
each half-life is trusted by how well it has foretold this series so far. Every array is (series, days) and holds what
was known at the end of a day, aged for use some days later; abnormal days teach nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.reputation.abnormal import GUARD_DAYS
from pipeline.reputation.discount import delayed, discounted, mixed, same_weekday
from pipeline.reputation.tails import Array

LAG = GUARD_DAYS + 1  # the newest day that may teach about today
MIN_DAYS = 14
SHARE_HALF_LIVES = (6.0, 20.0, 90.0)
VOLUME_HALF_LIVES = (6.0, 16.0, 45.0)
STEADY_HALF_LIFE = 90.0  # of weekdays, scatter, and of the long-run values that the fast estimates lean on
FIT_HALF_LIFE = 69.0
FIT_SHARPNESS = 2.0
PRIOR_STRENGTH = 8.0
# How many reviews (of share) and busy days (of volume) the long-run value is worth to a fast estimate.
LEAN_SHARE, LEAN_VOLUME = 100.0, 15.0
# What no estimate can know: opinion differs by weekday and from one day to the next, volume by fashion.
SHARE_DRIFT = 1 / 750
VOLUME_DRIFT = 0.017
WEEKDAY_VARIANCE = 0.05
PRIOR_DISPERSION, PRIOR_DISPERSION_SD = 0.11, 0.10
PRIOR_RHO, PRIOR_RHO_SD = 0.003, 0.003
_CLIP = 9.0


@dataclass(frozen=True)
class Baseline:
    """What each day's end knew. `share` in (0, 1) and its `share_variance`; `level`, reviews a day without weekday.

    `level_variance` is relative to the level squared; `weekday` is the volume factor of the day itself, as known a week
    before; `rho` and `dispersion` are the extra scatter of shares within a day and of daily volume; `days` counts the
    days that taught.
    """

    share: Array
    share_variance: Array
    level: Array
    level_variance: Array
    weekday: Array
    rho: Array
    dispersion: Array
    days: Array


def estimate(n: Array, y: Array, known: npt.NDArray[np.bool_], parent_share: Array) -> Baseline:
    """The baseline of reviews `n` and negatives `y`; `known` marks the days that may teach.

    `parent_share`, one a series in (0, 1), is what a series without reviews is taken for.
    """
    taught = known.astype(np.float64)
    days = np.cumsum(taught, axis=1)
    usable = taught * (delayed(days, LAG) >= MIN_DAYS)
    lasting, weekday = _weekdays(n * taught, taught)
    dispersion = _dispersion(n, taught, usable, lasting, weekday)
    level, level_variance = _level(n, taught, lasting, weekday, dispersion)
    parent = parent_share[:, None]
    rho = _rho(n, y, taught, usable, parent)
    share, share_variance = _share(n, y, taught, rho, parent)
    return Baseline(share, share_variance, level, level_variance, weekday, rho, dispersion, days)


def _weekdays(n: Array, taught: Array) -> tuple[Array, Array]:
    """Reviews a day in the long run, and the factor of each day's weekday, shrunk to 1."""
    lasting = (discounted(n, STEADY_HALF_LIFE) + 0.5) / (discounted(taught, STEADY_HALF_LIFE) + 1)
    reviews, days = same_weekday(n, STEADY_HALF_LIFE), same_weekday(taught, STEADY_HALF_LIFE)
    usual = delayed(lasting, LAG, 1.0) * days + 0.5
    noise = 1 / usual + PRIOR_DISPERSION / (days + 0.5)
    factor: Array = np.exp(np.log((reviews + 0.5) / usual) * WEEKDAY_VARIANCE / (WEEKDAY_VARIANCE + noise))
    return lasting, factor


def _dispersion(n: Array, taught: Array, usable: Array, lasting: Array, weekday: Array) -> Array:
    """Extra relative variance of daily volume (1/size), from squared misses without the wildest days."""
    reviews, days = discounted(n * taught, 30.0), discounted(weekday * taught, 30.0)
    expected = delayed((reviews + 0.5 * lasting) / (days + 0.5), LAG) * weekday
    usual = expected + PRIOR_DISPERSION * expected**2
    square = np.minimum((n - expected) ** 2, _CLIP * usual)
    precision = usable * expected**4 / (2 * np.maximum(usual, 1e-9) ** 2)
    found = (square - expected) / np.maximum(expected**2, 1e-12)
    return _shrunk(found, precision, PRIOR_DISPERSION, PRIOR_DISPERSION_SD, 0.02, 1.0)


def _level(n: Array, taught: Array, lasting: Array, weekday: Array, dispersion: Array) -> tuple[Array, Array]:
    scatter = delayed(dispersion, LAG, PRIOR_DISPERSION)
    # A day of a busy series tells little more than one of a quiet one: its scatter does not shrink with its size.
    weight = taught / (1 + scatter * np.maximum(delayed(lasting, LAG) * weekday, 1e-3))
    steady = 0.5 / (1 + dispersion * lasting)
    long_run = (discounted(n * weight, STEADY_HALF_LIFE) + steady * lasting) / (
        discounted(weekday * weight, STEADY_HALF_LIFE) + steady
    )
    means, variances, fits = [], [], []
    for half_life in VOLUME_HALF_LIVES:
        reviews = discounted(n * weight, half_life) + LEAN_VOLUME
        exposure = discounted(weekday * weight, half_life) + LEAN_VOLUME / np.maximum(long_run, 1e-6)
        mean = reviews / exposure
        variance = mean**2 / (reviews * _aged(half_life))
        expected = np.maximum(delayed(mean, LAG) * weekday, 1e-4)
        spread = expected + expected**2 * scatter + delayed(variance, LAG) * weekday**2
        means.append(mean)
        variances.append(variance)
        fits.append(_fit(n - expected, spread, taught))
    level, variance = mixed(means, variances, fits)
    return level, variance / np.maximum(level**2, 1e-12) + VOLUME_DRIFT


def _rho(n: Array, y: Array, taught: Array, usable: Array, parent: Array) -> Array:
    """Correlation of the negatives of one day; days with a single review tell nothing."""
    negative = discounted(y * taught, 45.0) + PRIOR_STRENGTH * parent
    p = negative / (discounted(n * taught, 45.0) + PRIOR_STRENGTH)
    p = np.maximum(delayed(p, LAG, 0.2), 1e-4)
    usual = 1 + np.maximum(n - 1, 0) * PRIOR_RHO
    square = np.minimum((y - n * p) ** 2 / np.maximum(n * p * (1 - p), 1e-12), _CLIP * usual)
    others = np.maximum(n - 1, 1e-6)
    precision = np.where(n > 1, usable * others**2 / (2 * usual**2), 0.0)
    return _shrunk((square - 1) / others, precision, PRIOR_RHO, PRIOR_RHO_SD, 0.0003, 0.1)


def _share(n: Array, y: Array, taught: Array, rho: Array, parent: Array) -> tuple[Array, Array]:
    together = delayed(rho, LAG, PRIOR_RHO)
    weight = taught / (1 + np.maximum(n - 1, 0) * together)
    seen, negative = n * weight, y * weight
    information = discounted(seen, STEADY_HALF_LIFE) + PRIOR_STRENGTH
    long_run = (discounted(negative, STEADY_HALF_LIFE) + PRIOR_STRENGTH * parent) / information
    means, variances, fits = [], [], []
    for half_life in SHARE_HALF_LIVES:
        worth = information
        mean = long_run
        if half_life < STEADY_HALF_LIFE:
            lean = np.minimum(LEAN_SHARE, information)
            worth = discounted(seen, half_life) + lean
            mean = (discounted(negative, half_life) + lean * long_run) / worth
        variance = mean * (1 - mean) / (worth * _aged(half_life) + 1)
        p = np.clip(delayed(mean, LAG, 0.2), 1e-4, 1 - 1e-4)
        # Of n reviews of one day, each pair shares the day's mood and our error about it.
        shared = delayed(variance, LAG) + p * (1 - p) * together
        spread = n * p * (1 - p) + n * np.maximum(n - 1, 0) * shared
        means.append(mean)
        variances.append(variance)
        fits.append(_fit(y - n * p, spread, taught * (n > 0)))
    share, variance = mixed(means, variances, fits)
    return share, variance + share * (1 - share) * SHARE_DRIFT


def _fit(miss: Array, variance: Array, taught: Array) -> Array:
    """How well a model has foretold: the discounted log-likelihood of its misses, none of them counted too hard."""
    variance = np.maximum(variance, 1e-9)
    surprise = np.minimum(miss**2 / variance, _CLIP) + np.log(variance)
    return discounted(-0.5 * FIT_SHARPNESS * taught * surprise, FIT_HALF_LIFE)


def _aged(half_life: float) -> float:
    """What is left of an estimate's information when it is used."""
    return float(2 ** (-GUARD_DAYS / half_life))


def _shrunk(found: Array, precision: Array, prior: float, sd: float, low: float, high: float) -> Array:
    total = discounted(precision * found, STEADY_HALF_LIFE) + prior / sd**2
    shrunk: Array = np.clip(total / (discounted(precision, STEADY_HALF_LIFE) + 1 / sd**2), low, high)
    return shrunk
