"""Sums and scatter over trailing windows, for all series and days at once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def total(x: Floats, days: int, ago: int = 0) -> Floats:
    """Sum over the `days` days that end `ago` days before each day; days before the first count as zero."""
    sums = np.concatenate([np.zeros((len(x), 1)), np.cumsum(x, axis=1)], axis=1)
    end = np.arange(1, x.shape[1] + 1) - ago
    result: Floats = sums[:, np.maximum(end, 0)] - sums[:, np.maximum(end - days, 0)]
    return result


def mean_and_sd(x: Floats, days: int, ago: int, *, least: int, ddof: int = 0) -> tuple[Floats, Floats]:
    """Mean and standard deviation over such a window, without missing days; NaN where fewer than `least` are there."""
    there = np.isfinite(x)
    filled = np.where(there, x, 0.0)
    # Deviations from each series' first finite value keep the difference of squares exact.
    origin = filled[np.arange(len(x)), np.argmax(there, axis=1)][:, None]
    shifted = np.where(there, x - origin, 0.0)
    count = total(there.astype(np.float64), days, ago)
    enough = np.where(count >= least, count, np.nan)
    mean = total(shifted, days, ago) / enough
    square = total(shifted**2, days, ago) / enough
    variance = np.maximum(square - mean**2, 0.0) * enough / np.maximum(enough - ddof, 1)
    return mean + origin, np.sqrt(variance)
