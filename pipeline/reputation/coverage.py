"""How many reviews a source should have given, by its own past; too few is a fault of the source, not good news.

New reviews since the last run are counts over stretches of time. Their rate and spread come from the source's past
runs; a run, or the last three or seven together, below the lower limit of a negative binomial with that mean and
variance is too few. Nothing is expected of a source with little past.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
from scipy.special import betainc

MIN_RUNS = 5
MIN_REVIEWS = 10
SPANS = (1, 3, 7)
ALPHA = 0.001
USUAL_PAGE = 10
# A source found broken says nothing of its rate, but after four weeks what it gives is what it gives.
BROKEN_COUNTS_AFTER = timedelta(days=28)
_BROKEN = ("empty", "short")


@dataclass(frozen=True)
class PastRun:
    """A run of a subscription that read it: when, what was on its pages, and how many reviews were new.

    `is_whole` says that it asked for all the source shows, which is more than the few pages of an ordinary day.
    """

    started_at: datetime
    parsed: int
    new: int
    status: str
    is_whole: bool = False


@dataclass(frozen=True)
class Coverage:
    """What a run should have brought and what is wrong with it; no fault where `status` is None."""

    expected: float | None = None
    expected_low: int | None = None
    status: str | None = None
    message: str | None = None


def judge(run: PastRun, past: Sequence[PastRun], *, is_quiet_normal: bool = False) -> Coverage:
    """What a run is worth beside the source's past, oldest first; `past` holds none from after it.

    Args:
        run: The run to judge; its status is ok or not_modified.
        past: Earlier runs that read the source, its first among them.
        is_quiet_normal: The source is asked for an interval, so that an empty answer may be a quiet time.
    """
    shown = [each for each in past if each.status not in _BROKEN and each.parsed]
    coverage = _newcomers(run, past)
    if is_quiet_normal or run.status == "not_modified" or coverage.status:
        return coverage
    told = (coverage.expected, coverage.expected_low)
    if not run.parsed and shown:
        return Coverage(*told, "empty", "gave no review, where it gave some before")
    alike = [each.parsed for each in shown if each.is_whole == run.is_whole]
    usual = min(alike) if len(alike) >= MIN_RUNS else 0
    if usual >= USUAL_PAGE and run.parsed < usual / 2:
        return Coverage(*told, "short", f"{run.parsed} reviews on its pages, where it never showed fewer than {usual}")
    return coverage


def _newcomers(run: PastRun, past: Sequence[PastRun]) -> Coverage:
    every = [*past, run]
    days = np.array([(b.started_at - a.started_at) / timedelta(days=1) for a, b in pairwise(every)])
    new = np.array([each.new for each in every[1:]], dtype=float)  # the first run brought the backlog
    counts = [
        each.status not in _BROKEN or run.started_at - each.started_at > BROKEN_COUNTS_AFTER for each in every[1:-1]
    ]
    known_days, known_new = days[:-1][counts], new[:-1][counts]
    if len(known_new) < MIN_RUNS or known_new.sum() < MIN_REVIEWS or known_days.sum() <= 0:
        return Coverage()
    rate = known_new.sum() / known_days.sum()
    spread = _spread(known_new, rate * known_days)
    single = _lower_limit(rate * days[-1:], spread, known_new.sum())
    expected = float(rate * days[-1])
    for span in SPANS:
        if span > len(new):
            continue
        means = rate * days[-span:]
        low, seen = _lower_limit(means, spread, known_new.sum()), int(new[-span:].sum())
        if seen < low:
            stretch = f"{days[-span:].sum():.1f} days"
            told = f"{seen} new in {stretch}, expected about {means.sum():.0f}, at least {low}"
            return Coverage(expected, single, "short", told)
    return Coverage(expected, single)


def _spread(seen: np.ndarray, means: np.ndarray) -> float:
    """The variance beyond Poisson, as a part of the squared mean; 0 where there is none (method of moments)."""
    beyond = ((seen - means) ** 2 - means).sum()
    return float(max(0.0, beyond / max((means**2).sum(), 1e-12)))


def _lower_limit(means: np.ndarray, spread: float, known: float) -> int:
    """The smallest count that is not too few: P(X < it) stays below `ALPHA` over the number of spans looked at."""
    mean = float(means.sum())
    # The rate itself is known from `known` reviews only.
    variance = mean + spread * float((means**2).sum()) + mean**2 / known
    size = mean**2 / max(variance - mean, 1e-9 * mean**2 + 1e-12)
    p = size / (size + mean)
    low, high = 0, int(mean) + 1
    while low < high:
        middle = (low + high) // 2
        if betainc(size, middle + 1, p) < ALPHA / len(SPANS):  # P(X <= middle)
            low = middle + 1
        else:
            high = middle
    return low
