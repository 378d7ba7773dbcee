"""Evidence that the last days are worse than normal: too high a share, too many negatives, too many reviews at all.

Scores are -log10 of a tail; they rank days, and are no p-values to be quoted. Constants: see `bench/alerts.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.reputation.abnormal import MIN_NEGATIVE
from pipeline.reputation.baseline import LAG, MIN_DAYS, Baseline
from pipeline.reputation.tails import Array, beta_binomial, negative_binomial

WINDOWS = (1, 2, 3, 5, 7, 14)
# Long windows lean on a baseline that ends at most so many days ago, or it would be stale.
OLDEST_LAG = 7
SHARE_WEIGHT, COUNT_WEIGHT = 0.7, 0.5
# A surge: many more reviews than normal while the share has hardly fallen. The number of all reviews is steadier than
# that of the negatives, so it tells earlier; the negatives must bear it out, or praise would alarm.
SURGE_WEIGHT, SURGE_COUNT_WEIGHT = 0.65, 1.5
SURGE_SHARE = 0.9
# Order of the power mean that merges the windows: near the largest score, yet neighbours that agree count.
MEAN_ORDER = 2.0
_HIGHEST = 100.0
_Tail = Callable[..., Array]


@dataclass(frozen=True)
class Evidence:
    """The merged score of each (series, day), and of its strongest window the days, counts and parts.

    `share_score` is of the share, `count_score` of the number of negatives, `volume_score` of the number of reviews:
    -log10 of mid-p tails. `observed` of `n` reviews were negative where `expected` were normal, with this `variance`;
    `share` is the normal share.
    """

    score: Array
    window: npt.NDArray[np.int64]
    share_score: Array
    count_score: Array
    volume_score: Array
    observed: Array
    n: Array
    expected: Array
    variance: Array
    share: Array


@dataclass(frozen=True)
class _Sums:
    """Running sums from the first day, with a zero before it, so that a window is a difference."""

    n: Array
    y: Array
    n_squared: Array
    weekday: Array
    weekday_squared: Array

    @classmethod
    def of(cls, n: Array, y: Array, weekday: Array) -> _Sums:
        zero = np.zeros((len(n), 1))
        columns = (n, y, n**2, weekday, weekday**2)
        return cls(*(np.concatenate([zero, np.cumsum(column, axis=1)], axis=1) for column in columns))


class _Peaks:
    """The busiest and the second busiest day of a window that grows backwards, each relative to its weekday."""

    def __init__(self, n: Array, weekday: Array, ends: npt.NDArray[np.int64]) -> None:
        self._n, self._relative, self._ends, self._back = n, n / weekday, ends, 0
        self.first = np.full((len(n), len(ends)), -1.0)
        self.second, self.count = self.first.copy(), np.zeros_like(self.first)

    def grow(self, days: int) -> None:
        """Take in the days up to `days` before the end; days before the first one are empty."""
        for back in range(self._back, days):
            columns = np.maximum(self._ends - back, 0)
            inside = self._ends - back >= 0
            relative = np.where(inside, self._relative[:, columns], -1.0)
            is_higher = relative > self.first
            self.second = np.maximum(np.minimum(self.first, relative), self.second)
            self.count = np.where(is_higher, self._n[:, columns], self.count)
            self.first = np.maximum(self.first, relative)
        self._back = days

    def kept(self, level: Array, n: Array) -> Array:
        """The part of a window's reviews that counts for a surge: one busy day alone is half a surge.

        A batch met twice fills one day; a surge lasts. So the busiest day counts as the geometric mean of itself and
        the second busiest, or a normal day if that is more.
        """
        second = np.maximum(self.second, level)
        ratio = np.sqrt(second / np.maximum(self.first, 1e-9))
        cut = np.where(self.first > second, self.count * (1 - ratio), 0.0)
        part: Array = 1 - cut / np.maximum(n, 1)
        return part


def weigh(n: Array, y: Array, base: Baseline, last_days: int) -> Evidence:
    """The evidence of the last days of (series, days) counts; a window needs three negatives."""
    total = n.shape[1]
    ends = np.arange(total - last_days, total)
    sums, peaks = _Sums.of(n, y, base.weekday), _Peaks(n, base.weekday, ends)
    found = [_window(sums, peaks, base, ends, days) for days in WINDOWS]
    scores = np.stack([one.score for one in found])
    best = np.argmax(scores, axis=0)

    def pick(name: str) -> Array:
        parts = np.stack([getattr(one, name) for one in found])
        chosen: Array = np.take_along_axis(parts, best[None], axis=0)[0]
        return chosen

    return Evidence(
        merged(scores), np.asarray(WINDOWS)[best], pick("share_score"), pick("count_score"), pick("volume_score"),
        pick("observed"), pick("n"), pick("expected"), pick("variance"), pick("share"),
    )  # fmt: skip


def merged(scores: Array) -> Array:
    """One score of the windows' scores, windows first: the power mean of their reciprocal tails.

    Vovk and Wang, Combining p-values via averaging, Biometrika 107 (2020), equation 1 with r = -MEAN_ORDER.
    """
    odds = 10 ** (MEAN_ORDER * np.minimum(scores, _HIGHEST))
    mean: Array = np.where((scores > 0).any(axis=0), np.log10(odds.mean(axis=0)) / MEAN_ORDER, 0.0)
    return mean


def _window(sums: _Sums, peaks: _Peaks, base: Baseline, ends: npt.NDArray[np.int64], days: int) -> Evidence:
    known = np.maximum(ends - max(LAG, min(days, OLDEST_LAG)), 0)
    start = np.maximum(ends + 1 - days, 0)
    reviews, negatives, squares, weekday, weekday_squared = (
        column[:, ends + 1] - column[:, start]
        for column in (sums.n, sums.y, sums.n_squared, sums.weekday, sums.weekday_squared)
    )
    level, share, share_variance = base.level[:, known], base.share[:, known], base.share_variance[:, known]
    level_variance, dispersion, rho = (part[:, known] for part in (base.level_variance, base.dispersion, base.rho))
    # The part of all pairs of the window's reviews that were written on one day and so share its mood.
    together = np.where(reviews > 1, (squares - reviews) / np.maximum(reviews * (reviews - 1), 1), 1.0)
    normal = level * weekday
    expected = normal * share
    scatter = dispersion * weekday_squared / weekday**2 + level_variance
    unsure = share_variance / share**2 + rho * np.minimum(together, 1.0) * (1 - share) / share
    variance = expected + expected**2 * (scatter + unsure)
    tested = (base.days[:, known] >= MIN_DAYS) & (negatives >= MIN_NEGATIVE)
    relative = negatives / np.maximum(reviews * share, 1e-9)

    information = 1 / (share_variance / (share * (1 - share)) + rho * np.clip(together, 1e-9, 1.0)) - 1
    share_score = _score(
        tested & (relative > 1), beta_binomial, negatives, reviews, share * information, (1 - share) * information
    )
    count_score = _score(tested & (negatives > expected), negative_binomial, negatives, expected, variance)
    score = np.maximum(
        share_score, np.where(relative > 1, SHARE_WEIGHT * share_score + COUNT_WEIGHT * count_score, 0.0)
    )
    peaks.grow(days)
    volume = normal + normal**2 * scatter
    # What is told of the volume counts all reviews; only the surge asks that they last.
    volume_score = _score(tested & (reviews > normal), negative_binomial, reviews, normal, volume)
    if days > 1:
        part = peaks.kept(level, reviews)
        surging = tested & (relative >= SURGE_SHARE)
        lasting = _score(surging & (part * reviews > normal), negative_binomial, part * reviews, normal, volume)
        borne_out = _score(
            surging & (part * negatives > expected), negative_binomial, part * negatives, expected, variance
        )
        score = np.maximum(score, np.minimum(SURGE_WEIGHT * lasting, SURGE_COUNT_WEIGHT * borne_out))
    window = np.full(score.shape, days, dtype=np.int64)
    return Evidence(
        score, window, share_score, count_score, volume_score, negatives, reviews, expected, variance, share
    )  # fmt: skip


def _score(where: npt.NDArray[np.bool_], tail: _Tail, *given: Array) -> Array:
    """-log10 of the tail where it is asked for, else 0."""
    score = np.zeros(where.shape)
    if where.any():
        score[where] = -np.log10(tail(*(each[where] for each in given)))
    return score
