"""Says which entities drift at the end of a history: weeks that get worse a little at a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from pipeline.reputation.drift import drift
from pipeline.reputation.evaluation import SeriesKey, Sign
from pipeline.reputation.statistics import wilson
from pipeline.reputation.tails import Array


def drift_signs(keys: Sequence[SeriesKey], n: Array, y: Array, last_day: date) -> list[Sign]:
    """A sign of each series whose share of negatives has crept up by `last_day`; `n` and `y` are (series, days).

    The limits are those of the usual share at the number of reviews since the likely start.
    """
    if not len(keys) or n.shape[1] < 7:
        return []
    found = drift(n, y)
    signs = []
    for row, key in enumerate(keys):
        if not found.is_drifting[row, -1]:
            continue
        reviews, negatives = int(found.n[row, -1]), int(found.negatives[row, -1])
        share = float(found.share_baseline[row, -1])
        band = wilson(reviews * share, reviews)
        start = last_day - timedelta(days=7 * int(found.weeks[row, -1]) - 1)
        signs.append(
            Sign(
                "drift", key, last_day, start, float(found.statistic[row, -1]), negatives, reviews * share,
                int(reviews * band.low), round(reviews * band.high), reviews, share, negatives,
            )
        )  # fmt: skip
    return signs
