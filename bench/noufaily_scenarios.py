"""Draws weekly counts with outbreaks: the 42 scenarios of Noufaily et al. 2013 (Stat Med 32:1206, table and section 3).

Counts are negative binomial with mean exp(theta + beta t + m annual harmonics) and variance phi times the mean; seven
families of (theta, beta, gamma1, gamma2, phi), each without and with trend, each with m = 0, 1, 2. The size of an
outbreak is Poisson with mean k standard deviations of its first week, its cases fall into whole weeks by a
lognormal(0, 0.5). Four outbreaks of strength k1 lie in the past, one of strength k2 begins in the last 49 weeks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

WEEKS = 624
EVALUATED = 49
WEEKS_A_YEAR = 52
# Weeks that belong to an outbreak, whether or not all of them received a case.
OUTBREAK_WEEKS = 10
PAST = (312, 575)
PAST_OUTBREAKS = 4
PAST_STRENGTHS = (0, 2, 3, 5, 10)
CURRENT_STRENGTHS = tuple(range(2, 11))


@dataclass(frozen=True)
class Family:
    """Level, weekly trend, the two seasonal coefficients and the variance divided by the mean."""

    theta: float
    beta: float
    gamma1: float
    gamma2: float
    phi: float


FAMILIES = (
    Family(0.1, 0.0025, 0.6, 0.6, 1.5),
    Family(-2.0, 0.005, 0.1, 0.3, 2.0),
    Family(1.5, 0.003, 0.2, -0.4, 1.0),
    Family(0.5, 0.002, 0.5, 0.5, 5.0),
    Family(2.5, 0.001, 1.0, 0.1, 3.0),
    Family(3.75, 0.001, 0.1, -0.1, 1.1),
    Family(5.0, 0.0001, 0.05, 0.01, 1.2),
)
SCENARIOS = 6 * len(FAMILIES)


@dataclass(frozen=True)
class Draw:
    """Weekly counts of the series and the truth about the current outbreak.

    `counts` and `outbreak` (weeks that received cases of the current outbreak) are (series, 624); `start` is the index
    of its first week, `scenario` runs from 1 to 42.
    """

    counts: npt.NDArray[np.float64]
    outbreak: npt.NDArray[np.bool_]
    start: npt.NDArray[np.int64]
    scenario: npt.NDArray[np.int64]
    strength: npt.NDArray[np.int64]


def mean_counts(scenario: int) -> tuple[npt.NDArray[np.float64], float]:
    """Expected counts of the 624 weeks without outbreaks, and the variance divided by the mean."""
    family, variant = FAMILIES[(scenario - 1) // 6], (scenario - 1) % 6
    has_trend, harmonics = divmod(variant, 3)
    week = np.arange(1, WEEKS + 1)
    exponent = family.theta + has_trend * family.beta * week
    for j in range(1, harmonics + 1):
        angle = 2 * np.pi * j * week / WEEKS_A_YEAR
        exponent = exponent + family.gamma1 * np.cos(angle) + family.gamma2 * np.sin(angle)
    return np.exp(exponent), family.phi


def draw(replicates: int, seed: int) -> Draw:
    """So many series a scenario; the same seed gives the same draw."""
    rng = np.random.default_rng(seed)
    scenario = np.repeat(np.arange(1, SCENARIOS + 1), replicates)
    counts = np.zeros((len(scenario), WEEKS))
    outbreak = np.zeros(counts.shape, dtype=bool)
    start = rng.integers(WEEKS - EVALUATED, WEEKS - OUTBREAK_WEEKS + 1, len(scenario))
    strength = rng.choice(CURRENT_STRENGTHS, len(scenario))
    for row, number in enumerate(scenario):
        mean, phi = mean_counts(int(number))
        size = mean / max(phi - 1, 1e-9)
        counts[row] = rng.negative_binomial(size, 1 / phi) if phi > 1 else rng.poisson(mean)
        past = float(rng.choice(PAST_STRENGTHS))
        for begin in rng.choice(np.arange(*PAST), PAST_OUTBREAKS, replace=False):
            counts[row] += _cases(rng, past * float(np.sqrt(phi * mean[begin])), int(begin))
        cases = _cases(rng, strength[row] * float(np.sqrt(phi * mean[start[row]])), int(start[row]))
        counts[row] += cases
        outbreak[row] = cases > 0
    return Draw(counts, outbreak, start, scenario, strength)


def _cases(rng: np.random.Generator, expected: float, start: int) -> npt.NDArray[np.float64]:
    later = np.floor(rng.lognormal(0.0, 0.5, rng.poisson(expected))).astype(np.int64)
    return np.bincount(np.minimum(start + later, WEEKS - 1), minlength=WEEKS).astype(np.float64)
