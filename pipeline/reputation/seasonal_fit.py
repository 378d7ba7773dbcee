"""What is normal for a series in a week of the year: level, trend and season of weekly counts.

Arrays of history have one row for each series and week under test, and one column for each lag: column 0 is that week.
The fit uses lags 7 to 527, older weeks count less, and so do weeks that stand out: past incidents are not the season.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.reputation.tails import Array

# The newest weeks may already belong to the incident that is looked for.
GUARD_WEEKS = 6
# Ten years, and the guard.
LAGS = 528
MIN_WEEKS = 104
HALF_LIFE_WEEKS = 260.0
WEEKS_A_YEAR = 365.25 / 7
# Prior standard deviations on the log scale: trend a year, then the first and the second annual harmonic.
PRIOR_SD = (0.3, 0.6, 0.6, 0.4, 0.4)
PRIOR_PHI, PRIOR_PHI_WEEKS = 1.5, 20.0
# Noufaily et al. 2013: Anscombe residuals beyond this count by their inverse square.
OUTLIER = 2.58
_CLIP = 16.0
_FIRST_STEPS, _STEPS, _ROUNDS, _PHI_ROUNDS = 6, 3, 2, 4
_LONGEST_STEP = 1.5


@dataclass(frozen=True)
class SeasonalFit:
    """One entry a row. `mean[:, j]` is the expected count at lag j, for the newest lags.

    `phi` >= 1 is the variance divided by the mean, `error` the relative variance of the fitted mean; `is_usable` says
    whether two years of history with any event are there.
    """

    mean: Array
    phi: Array
    error: Array
    is_usable: npt.NDArray[np.bool_]


def estimate(y: Array, known: Array, weeks: int, weeks_a_year: float = WEEKS_A_YEAR) -> SeasonalFit:
    """The fit of each row, with the means of its newest `weeks` lags.

    `y` counts by lag; `known` is 1 on weeks that may serve as history and 0 elsewhere (before the series began, known
    incidents). A quasi-Poisson regression with a weak prior, by iterated weighted least squares.
    """
    base = known * np.exp2(-np.arange(LAGS) / HALF_LIFE_WEEKS)
    base[:, : GUARD_WEEKS + 1] = 0
    total = (base * y).sum(axis=1)
    x = _design(weeks_a_year)
    products = (x[:, :, None] * x[:, None, :]).reshape(LAGS, -1)
    beta = np.zeros((len(y), x.shape[1]))
    beta[:, 0] = np.log((total + 0.5) / (base.sum(axis=1) + 1))
    phi = np.full(len(y), PRIOR_PHI)
    beta = _solve(y, base, x, products, beta, phi, _FIRST_STEPS)
    weight = base
    for _ in range(_ROUNDS):
        mean = _mean(beta, x)
        phi = _phi(y, mean, base)
        weight = base * _trust(y, mean, phi)
        beta = _solve(y, weight, x, products, beta, phi, _STEPS)
    mean = _mean(beta, x)
    phi = _phi(y, mean, base)
    covariance = np.linalg.inv(_information(weight * mean, products, phi))
    error: Array = np.einsum("i,rij,j->r", x[0], covariance, x[0])
    usable = (known.sum(axis=1) >= MIN_WEEKS) & (total > 0)
    return SeasonalFit(mean[:, :weeks], phi, error, usable)


def _design(weeks_a_year: float) -> Array:
    """(lags, 6): level, years, cosine and sine of the year and of the half-year; seen from the tested week."""
    lag = np.arange(LAGS, dtype=np.float64)
    angle = 2 * np.pi * lag / weeks_a_year
    waves = [wave(times * angle) for times in (1, 2) for wave in (np.cos, np.sin)]
    return np.stack([np.ones(LAGS), -lag / weeks_a_year, *waves], axis=1)


def _mean(beta: Array, x: Array) -> Array:
    mean: Array = np.exp(np.clip(beta @ x.T, -12.0, 14.0))
    return mean


def _information(weighted_mean: Array, products: Array, phi: Array) -> Array:
    size = 1 + len(PRIOR_SD)
    data: Array = (weighted_mean @ products).reshape(-1, size, size) / phi[:, None, None]
    return data + _prior()


def _prior() -> Array:
    # The level has no prior worth the name; the trace keeps the matrix invertible where there is no history.
    precision: Array = np.diag([1e-6, *(1 / np.square(PRIOR_SD))])
    return precision


def _solve(y: Array, weight: Array, x: Array, products: Array, beta: Array, phi: Array, steps: int) -> Array:
    for _ in range(steps):
        mean = _mean(beta, x)
        gradient = (weight * (y - mean)) @ x / phi[:, None] - beta @ _prior()
        step = np.linalg.solve(_information(weight * mean, products, phi), gradient[:, :, None])[:, :, 0]
        beta = beta + np.clip(step, -_LONGEST_STEP, _LONGEST_STEP)
    return beta


def _phi(y: Array, mean: Array, weight: Array) -> Array:
    """Pearson's dispersion without the wildest weeks, drawn to its prior; at least that of chance."""
    square = (y - mean) ** 2 / mean
    phi = np.full(len(y), PRIOR_PHI)
    weeks = np.maximum(weight.sum(axis=1) - 1 - len(PRIOR_SD), 0)
    for _ in range(_PHI_ROUNDS):
        kept = (weight * np.minimum(square, _CLIP * phi[:, None])).sum(axis=1)
        phi = np.maximum((kept + PRIOR_PHI * PRIOR_PHI_WEEKS) / (weeks + PRIOR_PHI_WEEKS), 1.0)
    return phi


def _trust(y: Array, mean: Array, phi: Array) -> Array:
    root = np.cbrt(mean)
    residual = 1.5 * (np.cbrt(y) ** 2 - root**2) / np.sqrt(root * phi[:, None])
    trust: Array = 1 / np.where(residual > OUTLIER, residual, 1.0) ** 2
    return trust
