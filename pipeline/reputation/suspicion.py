"""Signs that reviews may not be what they seem: bursts of copies, of authors never seen before, of praise.

Nothing is said to be false and nothing is left out: a sign is shown beside the figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from pipeline.reputation.abnormal import MIN_NEGATIVE
from pipeline.reputation.evaluation import KIND_SCORE, P1_COUNT, PART_MARGIN, Evaluation, SeriesKey, Sign, evaluations
from pipeline.reputation.spike import scan
from pipeline.reputation.tails import Array

COPIES_SHARE = 0.02
PRIOR = 8.0


@dataclass(frozen=True)
class SourceCounts:
    """Daily counts of entities at sources, arrays (series, days) that end on `last_day`.

    `n` counts all reviews with their `copies`; `authored` those that name an author, `newcomers` the first reviews of
    theirs at that source; the negative ones among copies and newcomers stand beside them, and in `history` those that
    came by an import or a backfill.
    """

    keys: tuple[SeriesKey, ...]
    last_day: date
    n: Array
    copies: Array
    authored: Array
    newcomers: Array
    negative_copies: Array
    negative_newcomers: Array
    history: Array


def manipulations(counts: SourceCounts, threshold: float, days: int) -> list[Sign]:
    """Bursts of copies and of newcomers on the last `days` days.

    Newcomers are a sign only where a source's authors usually come again: where everybody is new every day, a burst of
    new authors is a burst of reviews and nothing more.
    """
    copies = _fired(counts, counts.n, counts.copies, np.full(len(counts.keys), COPIES_SHARE), threshold, days)
    usual = (counts.newcomers.sum(axis=1) + PRIOR / 2) / (counts.authored.sum(axis=1) + PRIOR)
    new = _fired(counts, counts.authored, counts.newcomers, usual, threshold, days)
    found = [_sign(e, counts, counts.negative_copies, "copies") for e in copies]
    return found + [_sign(e, counts, counts.negative_newcomers, "new_authors") for e in new]


def positive_surges(
    keys: Sequence[SeriesKey], n: Array, positive: Array, last_day: date, threshold: float, days: int
) -> list[Sign]:
    """Days among the last `days` on which there were far more positive reviews than usual, of whole entities.

    Both arrays are (series, days). A day that brings worse reviews as well is for the caller to leave out.
    """
    if not keys:
        return []
    own = (positive.sum(axis=1) + PRIOR / 2) / (n.sum(axis=1) + PRIOR)
    result = scan(n, positive, parent_share=own, last_days=days)
    return [
        Sign("positive_surge", e.series, e.day, e.start_day, e.score, e.observed, e.expected, e.low, e.high, e.n,
             e.share_baseline)
        for e in evaluations(keys, last_day, result)
        if e.is_usable and e.score > threshold and e.count_score >= P1_COUNT
    ]  # fmt: skip


def _fired(counts: SourceCounts, n: Array, y: Array, usual: Array, threshold: float, days: int) -> list[Evaluation]:
    # Most sources have none in these weeks, and the windows reach as far back again.
    rows = np.flatnonzero(y[:, -2 * days :].sum(axis=1) >= MIN_NEGATIVE)
    if not len(rows):
        return []
    keys = [counts.keys[row] for row in rows]
    result = scan(n[rows], y[rows], parent_share=usual[rows], last_days=days)
    found = evaluations(keys, counts.last_day, result)
    return [
        e
        for e in found
        if e.is_usable
        and e.score > threshold + PART_MARGIN
        and e.share_score >= KIND_SCORE
        and e.count_score >= KIND_SCORE
    ]


def _sign(e: Evaluation, counts: SourceCounts, negative: Array, reason: str) -> Sign:
    row = counts.keys.index(e.series)
    end = negative.shape[1] - (counts.last_day - e.day).days
    start = max(0, end - (e.day - e.start_day).days - 1)
    return Sign(
        "manipulation", e.series, e.day, e.start_day, e.score, e.observed, e.expected, e.low, e.high, e.n,
        e.share_baseline, int(negative[row, start:end].sum()), (reason,),
        bool(counts.history[row, start:end].sum() > e.excess / 2),
    )  # fmt: skip
