"""The threshold of the scan as a budget: how many false alerts the owner accepts over everything he watches."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from pipeline.reputation.tails import Array

# False alerts per 1,000 series-weeks above each score, by reviews a day: below 0.7, below 5, below 100, and more.
# Measured by `bench/alerts.py` (rule scan-3) on 6,200 simulated series of 0.3 to 2,000 reviews a day, 232,000 quiet
# series-weeks of three draws. A steadier or wilder fleet has others: `calibration` fits them to its own quiet days.
SCORES = (1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 6.0)
CLASS_EDGES = (0.7, 5.0, 100.0)
RATES = (
    (36.7, 20.1, 9.06, 3.37, 1.16, 0.42, 0.14, 0.048, 0.0055),
    (129.8, 64.8, 26.3, 9.81, 3.20, 1.20, 0.45, 0.18, 0.029),
    (165.3, 73.8, 29.1, 10.45, 3.91, 1.45, 0.48, 0.19, 0.037),
    (94.7, 32.9, 11.1, 3.58, 1.33, 0.48, 0.21, 0.10, 0.031),
)  # fmt: skip
WEEKS_A_MONTH = 365.25 / 12 / 7
LOWEST, HIGHEST = 2.0, 12.0
_Spent = Callable[[float], float]


def volume_class(reviews_a_day: Array) -> npt.NDArray[np.int64]:
    """The volume class of each series, 0 (fewest reviews) to 3."""
    return np.searchsorted(CLASS_EDGES, reviews_a_day, side="right")


def usual_rate(score: float, of_class: int) -> float:
    """False alerts per 1,000 series-weeks above a score; log-linear between the measured points and beyond them."""
    logs = [math.log(rate) for rate in RATES[of_class]]
    right = min(max(int(np.searchsorted(SCORES, score)), 1), len(SCORES) - 1)
    slope = (logs[right] - logs[right - 1]) / (SCORES[right] - SCORES[right - 1])
    return math.exp(logs[right] + slope * (score - SCORES[right]))


def threshold_for(false_alerts_a_month: float, n_series: int, mix: Sequence[float] = (1, 1, 1, 1)) -> float:
    """The threshold (2 to 12) that spends this many false alerts a month over `n_series` series that may alert.

    `mix` weighs the volume classes of the series; equal parts unless known.

    Raises:
        ValueError: a number is not positive.
    """
    if false_alerts_a_month <= 0 or n_series <= 0 or sum(mix) <= 0:
        raise ValueError(f"a budget needs positive numbers, got {false_alerts_a_month} for {n_series} series")

    def spent(score: float) -> float:
        return false_alerts_for(score, n_series, mix)

    return solve(spent, false_alerts_a_month)


def false_alerts_for(threshold: float, n_series: int, mix: Sequence[float] = (1, 1, 1, 1)) -> float:
    """False alerts a month to expect at a threshold over `n_series` series; the inverse of `threshold_for`."""
    rates = (part * usual_rate(threshold, of_class) for of_class, part in enumerate(mix))
    return sum(rates) / sum(mix) * n_series * WEEKS_A_MONTH / 1000


def solve(spent: _Spent, allowed: float) -> float:
    """The score (2 to 12) above which no more than `allowed` is spent; `spent` falls as the score rises."""
    low, high = LOWEST, HIGHEST
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if spent(middle) > allowed else (low, middle)
    return high
