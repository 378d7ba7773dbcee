"""Control charts: CUSUM of the likelihood ratio for counts and for the share, and a window-limited GLR for counts."""

from __future__ import annotations

import numpy as np

from bench.peers.windows import Floats, mean_and_sd, total
from bench.streams import Streams

GUARD = 4
_COUNT_DAYS, _SHARE_DAYS = 28, 56
_GLR_DAYS = 14
_HIGHEST_SHARE = 0.95


def nb_cusum(streams: Streams) -> Floats:
    """CUSUM for a doubled mean of negative binomial negatives."""
    y = streams.y
    mean, size = _counts(y, _COUNT_DAYS, GUARD)
    shifted = 2 * mean
    ratio = y * np.log(shifted * (size + mean) / (mean * (size + shifted)))
    return _cusum(ratio + size * np.log((size + mean) / (size + shifted)))


def binomial_cusum(streams: Streams) -> Floats:
    """CUSUM for a share one and a half times as high."""
    return _share_cusum(streams, 1.5)


def binomial_cusum_tripled(streams: Streams) -> Floats:
    """CUSUM for a tripled share: blunter on paper, better on overdispersed shares."""
    return _share_cusum(streams, 3.0)


def glr_nb(streams: Streams) -> Floats:
    """Largest log likelihood ratio of a raised mean over windows of up to 14 days, which the baseline leaves out."""
    return _glr(streams.y, *_counts(streams.y, _SHARE_DAYS, _GLR_DAYS + 1))


def glr_nb_short(streams: Streams) -> Floats:
    """The same with the baseline of the CUSUM: better, for a window rarely needs the whole of its 14 days."""
    return _glr(streams.y, *_counts(streams.y, _COUNT_DAYS, GUARD))


def _glr(y: Floats, mean: Floats, size: Floats) -> Floats:
    best = np.zeros(y.shape)
    for days in range(1, _GLR_DAYS + 1):
        seen = total(y, days) / days
        raised = np.maximum(seen, mean)
        each = seen * np.log(raised * (size + mean) / (mean * (size + raised)))
        each += size * np.log((size + mean) / (size + raised))
        best = np.maximum(best, days * each)
    return best


def _share_cusum(streams: Streams, shift: float) -> Floats:
    n, y = streams.n, streams.y
    p = (total(y, _SHARE_DAYS, GUARD) + 1.6) / (total(n, _SHARE_DAYS, GUARD) + 8)
    raised = np.minimum(shift * p, _HIGHEST_SHARE)
    return _cusum(y * np.log(raised / p) + (n - y) * np.log((1 - raised) / (1 - p)))


def _counts(y: Floats, days: int, guard: int) -> tuple[Floats, Floats]:
    """Mean and size of the negative binomial of the days before the guard."""
    seen = np.clip(np.arange(1, y.shape[1] + 1) - guard, 1, days)
    mean = (total(y, days, guard) + 0.5) / (seen + 1)
    _, sd = mean_and_sd(y, days, guard, least=14)
    excess = np.maximum(np.nan_to_num(sd) ** 2 - mean, 0.05 * mean**2)
    return mean, np.maximum(mean**2 / excess, 0.5)


def _cusum(ratio: Floats) -> Floats:
    level = np.zeros(len(ratio))
    found = np.zeros(ratio.shape)
    for day in range(ratio.shape[1]):
        level = np.maximum(level + ratio[:, day], 0.0)
        found[:, day] = level
    return found
