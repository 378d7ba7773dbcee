"""The formulas behind every figure of the weekly page: shares, changes, several tests at once, limits.

Golden values stand in the tests. Shares are in [0, 1] unless a docstring says otherwise; every band is a 95 % band.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from pipeline.reputation.weekly import Interval

Z_95 = 1.959963984540054
Z_998 = 3.090232306167813
MOVING_RANGE_D2 = 1.128
# E[z^2] of a standard normal sample winsorised at 10 % on both sides (Spiegelhalter 2005 leaves it out).
WINSORISED_SQUARE = 0.679
RUN_LENGTH = 8
STAR_VALUES = (1.0, 2.0, 3.0, 4.0, 5.0)
# Maximum-entropy distribution over 1-5 stars with mean 3.5, for entities without a portfolio.
STAR_PRIOR = (0.1121, 0.1449, 0.1874, 0.2423, 0.3133)


@dataclass(frozen=True)
class Estimate:
    """A posterior mean and its standard deviation."""

    mean: float
    sd: float

    @property
    def band(self) -> Interval:
        """Mean with mean ± 1.96 sd."""
        return Interval(self.mean, self.mean - Z_95 * self.sd, self.mean + Z_95 * self.sd)


def wilson(x: float, n: float, z: float = Z_95) -> Interval:
    """The share x/n with Wilson's score band.

    Raises:
        ValueError: n is not positive, or x lies outside 0..n.
    """
    if n <= 0 or not 0 <= x <= n:
        raise ValueError(f"a share needs 0 <= x <= n and n > 0, got x={x}, n={n}")
    p = x / n
    scale = 1 + z * z / n
    centre = p + z * z / (2 * n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    # At the edges the formula gives 0 and 1 only up to rounding.
    low = 0.0 if x == 0 else max(0.0, (centre - half) / scale)
    high = 1.0 if x == n else min(1.0, (centre + half) / scale)
    return Interval(p, low, high)


def newcombe(x1: float, n1: float, x0: float, n0: float) -> Interval:
    """The difference x1/n1 - x0/n0 with Newcombe's hybrid score band (method 10), in [-1, 1]."""
    now, before = wilson(x1, n1), wilson(x0, n0)
    diff = now.value - before.value
    low = diff - math.hypot(now.value - now.low, before.high - before.value)
    high = diff + math.hypot(now.high - now.value, before.value - before.low)
    return Interval(diff, low, high)


def two_proportion_z(x1: float, n1: float, x0: float, n0: float) -> float:
    """The N-1 two-proportion z (Campbell 2007); 0 where all or none are negative."""
    total = n1 + n0
    pooled = (x1 + x0) / total
    if pooled <= 0 or pooled >= 1:
        return 0.0
    error = math.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n0))
    return (x1 / n1 - x0 / n0) / error * math.sqrt((total - 1) / total)


def fisher_mid_p(x1: int, n1: int, x0: int, n0: int) -> float:
    """The two-sided Fisher mid-p value in [0, 1]: less likely tables, and half of the equally likely ones."""
    table = stats.hypergeom(n1 + n0, x1 + x0, n1)
    support = np.arange(max(0, x1 + x0 - n0), min(n1, x1 + x0) + 1)
    probability = table.pmf(support)
    observed = float(table.pmf(x1))
    equal = np.isclose(probability, observed, rtol=1e-7, atol=0)
    rarer = probability[(probability < observed) & ~equal].sum()
    return float(min(1.0, rarer + probability[equal].sum() / 2))


def excess_p(x1: Sequence[int], n1: int, x0: Sequence[int], n0: int) -> list[float]:
    """For each pair of counts the one-sided mid-p that x1 of n1 is no more than chance, given x0 of n0 (exact)."""
    now, before = np.asarray(x1), np.asarray(x0)
    table = stats.hypergeom(n1 + n0, now + before, n1)
    return [float(p) for p in table.sf(now) + table.pmf(now) / 2]


def difference_p(x1: float, n1: int, x0: float, n0: int) -> float:
    """The p-value of a difference of shares: N-1 z, or Fisher's mid-p if an expected count is below 5.

    Counts may be fractional (a review of two themes counts half in each); the exact test takes them rounded.
    """
    total = n1 + n0
    rate = (x1 + x0) / total
    if min(n1, n0) * min(rate, 1 - rate) < 5:
        return fisher_mid_p(round(x1), n1, round(x0), n0)
    return float(2 * stats.norm.sf(abs(two_proportion_z(x1, n1, x0, n0))))


def z_p(diff: float, sd: float) -> float:
    """The two-sided p-value of a difference with this standard deviation; 1 where there is no spread."""
    return float(2 * stats.norm.sf(abs(diff) / sd)) if sd > 0 else 1.0


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """The q-values in the order given: the smallest false-finding rate at which each test would be kept."""
    if not p_values:
        return []
    return [float(q) for q in stats.false_discovery_control(np.asarray(p_values, dtype=float))]


def dirichlet(counts: Sequence[float], values: Sequence[float]) -> Estimate:
    """Mean and sd of sum(value · share) under Dirichlet(counts); `counts` include the prior."""
    a = np.asarray(counts, dtype=float)
    v = np.asarray(values, dtype=float)
    total = float(a.sum())
    mean = float(a @ v) / total
    variance = (float(a @ (v * v)) / total - mean * mean) / (total + 1)
    return Estimate(mean, math.sqrt(max(0.0, variance)))


def net_sentiment(n_negative: float, n_neutral: float, n_positive: float) -> Estimate:
    """Positive minus negative share on [-100, 100] under Jeffreys' prior (M3)."""
    share = dirichlet((n_negative + 0.5, n_neutral + 0.5, n_positive + 0.5), (-1.0, 0.0, 1.0))
    return Estimate(100 * share.mean, 100 * share.sd)


def smallest_visible_change(n1: int, n0: int, share: float) -> float:
    """The change of a share that 80 of 100 such comparisons would find (M22)."""
    return (1.96 + 0.84) * math.sqrt(share * (1 - share) * (1 / n1 + 1 / n0))


@dataclass(frozen=True)
class Cell:
    """Negatives among the reviews of a week, place or theme."""

    n: int
    n_negative: int


@dataclass(frozen=True)
class ControlPoint:
    """Limits of one week; None in a week without reviews. `signal` names the rule that fired."""

    low: float | None
    high: float | None
    signal: str | None


@dataclass(frozen=True)
class ControlChart:
    """A p'-chart (Laney 2002): centre, spread of z between weeks, one point a week."""

    center: float
    sigma_z: float
    points: tuple[ControlPoint, ...]


def control_chart(weeks: Sequence[Cell], *, reference: int | None = None) -> ControlChart | None:
    """The p'-chart of the weeks given, oldest first (M11); None without two reference weeks that have reviews.

    Nor is there a chart where none or all of the reference reviews are negative: it would know no variation.

    The first `reference` weeks set centre and spread (all weeks if None), so that a bad last week is not judged by
    itself. Rules: `outside` one week beyond the limits; `run` the eighth and further weeks in a row on one side.
    """
    filled = [week for week in weeks[:reference] if week.n > 0]
    if len(filled) < 2:
        return None
    center = sum(week.n_negative for week in filled) / sum(week.n for week in filled)
    if center <= 0 or center >= 1:
        return None
    errors = [math.sqrt(center * (1 - center) / week.n) for week in filled]
    z = [(week.n_negative / week.n - center) / error for week, error in zip(filled, errors, strict=True)]
    moving = sum(abs(b - a) for a, b in itertools.pairwise(z)) / (len(z) - 1)
    # Below 1 the weeks vary less than chance alone; narrower limits than binomial ones would cry wolf.
    sigma_z = max(1.0, moving / MOVING_RANGE_D2)
    return ControlChart(center, sigma_z, tuple(_control_points(weeks, center, sigma_z)))


def _control_points(weeks: Sequence[Cell], center: float, sigma_z: float) -> list[ControlPoint]:
    points: list[ControlPoint] = []
    run, side = 0, 0
    for week in weeks:
        if week.n == 0:
            points.append(ControlPoint(None, None, None))
            continue
        share = week.n_negative / week.n
        half = 3 * sigma_z * math.sqrt(center * (1 - center) / week.n)
        now = (share > center) - (share < center)
        run = run + 1 if now == side and now != 0 else abs(now)
        side = now
        low, high = max(0.0, center - half), min(1.0, center + half)
        outside = share > high + 1e-12 or share < low - 1e-12
        signal = "outside" if outside else "run" if run >= RUN_LENGTH else None
        points.append(ControlPoint(low, high, signal))
    return points


@dataclass(frozen=True)
class FunnelPoint:
    """The 99.8 % limits of one place for its number of reviews; `outside` is -1 (better), 0 or 1 (worse)."""

    low: float
    high: float
    outside: int


@dataclass(frozen=True)
class Funnel:
    """The pooled share, the true spread tau between places (a share), and one point a place."""

    center: float
    tau: float
    points: tuple[FunnelPoint, ...]


def funnel(places: Sequence[Cell]) -> Funnel | None:
    """The over-dispersion adjusted funnel (M10) over places with n > 0; None below three places."""
    if len(places) < 3:
        return None
    n = np.array([place.n for place in places], dtype=float)
    x = np.array([place.n_negative for place in places], dtype=float)
    center = float(x.sum() / n.sum())
    if center <= 0 or center >= 1:
        return Funnel(center, 0.0, tuple(FunnelPoint(center, center, 0) for _ in places))
    variance = center * (1 - center) / n
    z = (x / n - center) / np.sqrt(variance)
    bounds = np.quantile(z, [0.1, 0.9])
    phi = float(np.mean(np.clip(z, bounds[0], bounds[1]) ** 2)) / WINSORISED_SQUARE
    weight = 1 / variance
    spread = (len(places) * phi - (len(places) - 1)) / float(weight.sum() - (weight**2).sum() / weight.sum())
    tau = math.sqrt(max(0.0, spread))
    points = tuple(_funnel_point(place, center, tau) for place in places)
    return Funnel(center, tau, points)


def _funnel_point(place: Cell, center: float, tau: float) -> FunnelPoint:
    if tau == 0 or place.n * center < 5:
        low = float(stats.binom.ppf(0.001, place.n, center)) / place.n
        high = float(stats.binom.ppf(0.999, place.n, center)) / place.n
        # Small places keep the exact limits, widened by the spread that all places share.
        low, high = max(0.0, low - Z_998 * tau), min(1.0, high + Z_998 * tau)
    else:
        half = Z_998 * math.sqrt(center * (1 - center) / place.n + tau * tau)
        low, high = max(0.0, center - half), min(1.0, center + half)
    share = place.n_negative / place.n
    return FunnelPoint(low, high, int(share > high + 1e-12) - int(share < low - 1e-12))


@dataclass(frozen=True)
class MixRate:
    """A stratum's part of a change of the pooled share: other rates, other mix; all parts add up exactly."""

    rate: float
    mix: float


def kitagawa(
    mix0: Sequence[float], mix1: Sequence[float], share0: Sequence[float], share1: Sequence[float]
) -> list[MixRate]:
    """The parts of each stratum (M13), mix terms centred on the pooled share; mixes sum to 1."""
    pooled0 = sum(m * p for m, p in zip(mix0, share0, strict=True))
    pooled1 = sum(m * p for m, p in zip(mix1, share1, strict=True))
    middle = (pooled0 + pooled1) / 2
    return [
        MixRate((m1 + m0) / 2 * (p1 - p0), (m1 - m0) * ((p1 + p0) / 2 - middle))
        for m0, m1, p0, p1 in zip(mix0, mix1, share0, share1, strict=True)
    ]
