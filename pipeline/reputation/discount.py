"""Discounted sums over days: the past counts, but the older it is the less, by half every half-life.

All arrays are (series, days); the value of a day depends on that day and those before it alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.signal import lfilter

from pipeline.reputation.tails import Array

WEEK = 7


def discounted(values: Array, half_life: float) -> Array:
    """The sum of each day and all days before it, weighing 1 today and 1/2 at an age of `half_life` days."""
    sums: Array = lfilter([1.0], [1.0, -(2.0 ** (-1 / half_life))], values, axis=1)
    return sums


def delayed(values: Array, days: int, fill: float = 0.0) -> Array:
    """The values of so many days earlier; `fill` where there is no such day."""
    if days == 0:
        return values
    earlier = np.full(values.shape, fill)
    earlier[:, days:] = values[:, :-days]
    return earlier


def same_weekday(values: Array, half_life: float) -> Array:
    """The discounted sum over a day's own weekday, from the week before backwards; zero in the first week."""
    series, days = values.shape
    weeks = -(-days // WEEK)
    padded = np.zeros((series, weeks * WEEK))
    padded[:, :days] = values
    sums = discounted(padded.reshape(series, weeks, WEEK), half_life / WEEK).reshape(series, -1)[:, :days]
    return delayed(sums, WEEK)


def mixed(means: Sequence[Array], variances: Sequence[Array], fits: Sequence[Array]) -> tuple[Array, Array]:
    """Mean and variance of what several models say together, each trusted by how well it has foretold so far.

    `fits` are the models' log-likelihoods of the past (Raftery, Karny and Ettler, Technometrics 52 (2010), dynamic
    model averaging).
    """
    best = np.maximum.reduce(fits)
    weights = [np.exp(fit - best) for fit in fits]
    total = sum(weights)
    mean: Array = sum(w * m for w, m in zip(weights, means, strict=True)) / total
    variance: Array = sum(w * (v + (m - mean) ** 2) for w, m, v in zip(weights, means, variances, strict=True)) / total
    return mean, variance
