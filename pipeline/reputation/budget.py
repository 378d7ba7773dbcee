"""The threshold of the scan as a budget: how many false alerts the owner accepts over everything he watches."""

from __future__ import annotations

import math

import numpy as np

# Threshold -> false alerts per 1,000 series-weeks, measured by `bench/alerts.py` on 2,072 simulated series of 0.3 to
# 2,000 reviews a day (77,000 quiet series-weeks, rule scan-1). A steadier or wilder fleet has other rates.
CURVE: tuple[tuple[float, float], ...] = (
    (3.0, 30.55), (3.3, 18.97), (3.7, 10.76), (4.0, 7.0), (4.2, 5.06), (4.5, 3.45), (5.0, 1.89), (5.5, 1.09),
    (6.0, 0.57), (7.0, 0.3),
)  # fmt: skip
WEEKS_A_MONTH = 365.25 / 12 / 7
LOWEST, HIGHEST = 3.0, 10.0


def threshold_for(false_alerts_a_month: float, n_series: int) -> float:
    """The threshold (3 to 10) that spends this many false alerts a month over `n_series` series that may alert.

    Log-linear between the measured points and along the last slope beyond them.

    Raises:
        ValueError: one of the two is not positive.
    """
    if false_alerts_a_month <= 0 or n_series <= 0:
        raise ValueError(f"a budget needs positive numbers, got {false_alerts_a_month} for {n_series} series")
    rate = 1000 * false_alerts_a_month / WEEKS_A_MONTH / n_series
    points = [(math.log(allowed), t) for t, allowed in reversed(CURVE)]
    x = math.log(rate)
    edge = points[:2] if x < points[0][0] else points[-2:]
    if points[0][0] <= x <= points[-1][0]:
        t = float(np.interp(x, [p[0] for p in points], [p[1] for p in points]))
    else:
        (x0, t0), (x1, t1) = edge
        t = t0 + (x - x0) * (t1 - t0) / (x1 - x0)
    return min(max(t, LOWEST), HIGHEST)


def false_alerts_for(threshold: float, n_series: int) -> float:
    """False alerts a month to expect at a threshold over `n_series` series; the inverse of `threshold_for`."""
    ts, rates = [t for t, _ in CURVE], [math.log(rate) for _, rate in CURVE]
    if threshold < ts[0]:
        slope, start = (rates[1] - rates[0]) / (ts[1] - ts[0]), (ts[0], rates[0])
    else:
        slope, start = (rates[-1] - rates[-2]) / (ts[-1] - ts[-2]), (ts[-1], rates[-1])
    inside = ts[0] <= threshold <= ts[-1]
    x = float(np.interp(threshold, ts, rates)) if inside else start[1] + slope * (threshold - start[0])
    return math.exp(x) * n_series * WEEKS_A_MONTH / 1000
