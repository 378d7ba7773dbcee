"""The two-evidence window scan as published, each evidence alone, and a clairvoyant who knows the true parameters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.peers import reference_baseline
from bench.peers.windows import Floats, total
from bench.streams import Streams
from pipeline.reputation.tails import beta_binomial, negative_binomial

WINDOWS = (1, 2, 3, 5, 7, 14)
SHARE_ONLY, COUNT_ONLY, JOINT = "scan, share only", "scan, counts only", "scan, joint"
_MIN_NEGATIVE = 3
_JOINT_WEIGHT, _COUNT_WEIGHT = 0.62, 0.9
_DRIFT = 0.03
_SKIP = 0.5
# How many standard deviations below its usual a share is that "did not fall"; the publication does not say. With 0 half
# of all surges are lost to chance, with 0.75 both scans have the published figures.
_NOT_FALLEN = 0.75
_CHUNK = 4000
_MARK_WINDOWS, _MARK_DAYS, _MARK_Z = (1, 2, 4), 56, 4.0


@dataclass(frozen=True)
class Cells:
    """A window of each row: what was seen, and what its two laws are (a, b of the share, mean and variance)."""

    reviews: Floats
    negatives: Floats
    a: Floats
    b: Floats
    expected: Floats
    variance: Floats


def reference(streams: Streams) -> dict[str, Floats]:
    """The published scan, jointly and by one evidence alone."""
    known = ((np.cumsum(streams.n, axis=1) > 0) & ~_suspected(streams.n, streams.y)).astype(np.float64)
    series, days = np.nonzero(streams.scored)
    padded = [
        np.lib.stride_tricks.sliding_window_view(
            np.concatenate([np.zeros((len(x), reference_baseline.LAGS - 1)), x], axis=1),
            reference_baseline.LAGS,
            axis=1,
        )[:, :, ::-1]
        for x in (streams.n, streams.y, known)
    ]
    found = {name: np.zeros(streams.n.shape) for name in (SHARE_ONLY, COUNT_ONLY, JOINT)}
    for start in range(0, len(series), _CHUNK):
        at = series[start : start + _CHUNK], days[start : start + _CHUNK]
        n, y, usable = (view[at] for view in padded)
        base = reference_baseline.estimate(n, y, usable)
        for window in WINDOWS:
            for name, score in _scores(_cells(n, y, base, window), window).items():
                found[name][at] = np.maximum(found[name][at], score)
    return found


def clairvoyant(streams: Streams) -> Floats:
    """The joint scan with the true mean, share and scatter of each day: a reference, no strict bound."""
    n, y, mean, p = streams.n, streams.y, streams.mean_n, streams.share
    rho, size = (streams.truth[name].to_numpy(dtype=np.float64)[:, None] for name in ("rho", "k"))
    found = np.zeros(n.shape)
    series, days = np.nonzero(streams.scored)
    for window in WINDOWS:
        reviews = total(n, window)
        share = np.where(reviews > 0, total(n * p, window) / np.maximum(reviews, 1), p)
        spread = rho * total(n**2, window) / np.maximum(reviews**2, 1)
        strength = 1 / np.clip(spread, 1e-6, 0.5) - 1
        daily = 1 / size + rho * (1 - p) / p
        expected = total(mean * p, window)
        variance = expected + total(daily * (mean * p) ** 2, window)
        arrays = (reviews, total(y, window), share * strength, (1 - share) * strength, expected, variance)
        for start in range(0, len(series), _CHUNK):
            at = series[start : start + _CHUNK], days[start : start + _CHUNK]
            scores = _scores(Cells(*(array[at] for array in arrays)), window)
            found[at] = np.maximum(found[at], scores[JOINT])
    return found


def _cells(n: Floats, y: Floats, base: reference_baseline.Baseline, window: int) -> Cells:
    reviews, negatives = n[:, :window].sum(axis=1), y[:, :window].sum(axis=1)
    share = base.a / (base.a + base.b)
    usual = base.level[:, None] * share[:, None] * base.weekday[:, np.arange(window) % 7]
    expected = usual.sum(axis=1)
    daily = base.dispersion + base.rho * (1 - share) / share
    unsure = (1 - share) / (share * (base.a + base.b + 1))
    variance = expected + daily * (usual**2).sum(axis=1) + (base.level_error + unsure + _DRIFT) * expected**2
    spread = base.rho * (n[:, :window] ** 2).sum(axis=1) / np.maximum(reviews**2, 1)
    strength = 1 / np.minimum(spread + 1 / (base.a + base.b + 1), 0.5) - 1
    return Cells(reviews, negatives, share * strength, (1 - share) * strength, expected, variance)


def _scores(cells: Cells, window: int) -> dict[str, Floats]:
    usual = cells.reviews * cells.a / (cells.a + cells.b)
    enough = cells.negatives >= _MIN_NEGATIVE
    is_up = cells.negatives > usual
    share, count = np.zeros(len(usual)), np.zeros(len(usual))
    # No threshold lies near what half a standard deviation gives, and exact tails are what costs time.
    known = cells.a + cells.b
    spread = usual * cells.b / known * (cells.reviews + known) / (known + 1)
    rows = np.flatnonzero(enough & (cells.negatives > usual + _SKIP * np.sqrt(spread)))
    share[rows] = -np.log10(_share_tail(cells, rows))
    rows = np.flatnonzero(enough & (cells.negatives > cells.expected + _SKIP * np.sqrt(cells.variance)))
    count[rows] = -np.log10(negative_binomial(cells.negatives[rows], cells.expected[rows], cells.variance[rows]))
    joint = np.maximum(share, np.where(is_up, _JOINT_WEIGHT * (share + count), 0.0))
    if window >= 2:
        has_not_fallen = cells.negatives >= usual - _NOT_FALLEN * np.sqrt(spread)
        joint = np.maximum(joint, np.where(has_not_fallen, _COUNT_WEIGHT * count, 0.0))
    return {SHARE_ONLY: share, COUNT_ONLY: count, JOINT: joint}


def _share_tail(cells: Cells, rows: npt.NDArray[np.int64]) -> Floats:
    return beta_binomial(cells.negatives[rows], cells.reviews[rows], cells.a[rows], cells.b[rows])


def _suspected(n: Floats, y: Floats) -> npt.NDArray[np.bool_]:
    """Days that a rough test takes for part of an incident; the baseline hears of them after its guard."""
    marks = np.zeros(n.shape, dtype=bool)
    for window in _MARK_WINDOWS:
        seen_n, seen_y = total(n, window), total(y, window)
        ago = window + 3
        past_n, past_y = total(n, _MARK_DAYS, ago), total(y, _MARK_DAYS, ago)
        p = (past_y + 1.6) / (past_n + 8)
        share_variance = seen_n * p * (1 - p) * (1 + seen_n * 0.003 + seen_n / (past_n + 8))
        usual = (past_y + 0.5) * window / _MARK_DAYS
        share_z = (seen_y - seen_n * p) / np.sqrt(np.maximum(share_variance, 0.5))
        count_z = (seen_y - usual) / np.sqrt(np.maximum(usual + 0.14 * usual**2, 0.5))
        is_wild = (seen_y >= _MIN_NEGATIVE) & ((share_z > _MARK_Z) | ((count_z > _MARK_Z) & (share_z > 0)))
        is_wild[:, : _MARK_DAYS + ago] = False
        for back in range(window):
            marks[:, : n.shape[1] - back] |= is_wild[:, back:]
    return marks
