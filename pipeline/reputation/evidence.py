"""Two kinds of evidence that the last days are worse than normal: too high a share, and too many negatives.

Scores are -log10 of a tail; they rank days, and are no p-values to be quoted. Constants as measured on the benchmark.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.reputation.baseline import Baseline
from pipeline.reputation.tails import Array, beta_binomial, negative_binomial

WINDOWS = (1, 2, 3, 5, 7, 14)
MIN_NEGATIVE = 3
JOINT_WEIGHT = 0.62
COUNT_WEIGHT = 0.9
# Relative variance of the volume between the baseline and today: reviews come in fashions.
VOLUME_DRIFT = 0.03


@dataclass(frozen=True)
class Evidence:
    """The strongest window of each row: `window` in days, counts, and both scores (-log10 of the mid-p tails)."""

    score: Array
    window: npt.NDArray[np.int64]
    share_score: Array
    count_score: Array
    observed: Array
    n: Array
    expected: Array
    variance: Array


def weigh(n: Array, y: Array, base: Baseline) -> Evidence:
    """The evidence of each row; a window needs three negatives. Columns are lags as in `baseline`."""
    found = [_window(n, y, base, w) for w in WINDOWS]
    best = np.argmax(np.stack([one.score for one in found]), axis=0)
    rows = np.arange(len(n))

    def pick(name: str) -> Array:
        chosen: Array = np.stack([getattr(one, name) for one in found])[best, rows]
        return chosen

    return Evidence(
        pick("score"), np.asarray(WINDOWS)[best], pick("share_score"), pick("count_score"),
        pick("observed"), pick("n"), pick("expected"), pick("variance"),
    )  # fmt: skip


def _window(n: Array, y: Array, base: Baseline, days: int) -> Evidence:
    reviews, negatives = n[:, :days].sum(axis=1), y[:, :days].sum(axis=1)
    factor = base.weekday[:, np.arange(days) % 7]
    usual = base.level[:, None] * base.share[:, None] * factor
    expected = usual.sum(axis=1)
    variance = _count_variance(usual, base)
    tested = base.is_usable & (negatives >= MIN_NEGATIVE)
    share_up = negatives > reviews * base.share
    share = np.zeros(len(n))
    count = np.zeros(len(n))
    rows = np.flatnonzero(tested & share_up)
    if len(rows):
        a, b = _share_prior(n[rows, :days], base, rows)
        share[rows] = -np.log10(beta_binomial(negatives[rows], reviews[rows], a, b))
    rows = np.flatnonzero(tested & (negatives > expected))
    if len(rows):
        count[rows] = -np.log10(negative_binomial(negatives[rows], expected[rows], variance[rows]))
    score = np.maximum(share, np.where(share_up, JOINT_WEIGHT * (share + count), 0.0))
    if days >= 2:
        not_fallen = negatives >= reviews * base.share
        score = np.maximum(score, np.where(not_fallen, COUNT_WEIGHT * count, 0.0))
    window = np.full(len(n), days, dtype=np.int64)
    return Evidence(np.where(tested, score, 0.0), window, share, count, negatives, reviews, expected, variance)


def _share_prior(n: Array, base: Baseline, rows: npt.NDArray[np.int64]) -> tuple[Array, Array]:
    """Beta of the window's share: uncertain baseline plus scatter from day to day."""
    spread = base.rho[rows] * (n**2).sum(axis=1) / np.maximum(n.sum(axis=1) ** 2, 1)
    unsure = 1 / (base.a[rows] + base.b[rows] + 1)
    strength = 1 / np.minimum(spread + unsure, 0.5) - 1
    return base.share[rows] * strength, (1 - base.share[rows]) * strength


def _count_variance(usual: Array, base: Baseline) -> Array:
    """Variance of the number of negatives in a window: chance, daily scatter, unsure level and share, drift."""
    expected = usual.sum(axis=1)
    unsure_share = (1 - base.share) / (base.share * (base.a + base.b + 1))
    daily = base.dispersion + base.rho * (1 - base.share) / base.share
    lasting = base.volume_error + unsure_share + VOLUME_DRIFT
    variance: Array = expected + daily * (usual**2).sum(axis=1) + lasting * expected**2
    return variance
