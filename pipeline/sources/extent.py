"""Which part of a site's reviews a fetch has read wholly: what is missing there is gone, outside nothing is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise

from pipeline.review import Review

EVERYTHING = datetime(1970, 1, 1, tzinfo=UTC)
_ENOUGH = 5  # fewer reviews in the order of their time may be so by chance
_DATED = ("second", "minute", "day")


@dataclass
class Extent:
    """The reviews a fetch has shown, in their order.

    Args:
        is_declared: The source says that it lists the newest first.
    """

    is_declared: bool = False
    _seen: set[str] = field(default_factory=set)
    _moments: list[tuple[datetime | None, datetime | None]] = field(default_factory=list)

    def add(self, reviews: Sequence[Review]) -> int:
        """Note the reviews of a page; how many of them this fetch had not shown before."""
        before = len(self._seen)
        for review in reviews:
            if review.review_key in self._seen:
                continue  # moved to a later page while we were paging
            self._seen.add(review.review_key)
            posted = review.posted_at if review.posted_precision in _DATED else None
            self._moments.append((posted, max(posted, review.edited_at) if posted and review.edited_at else posted))
        return len(self._seen) - before

    def covered_from(self, source_total: int | None) -> datetime | None:
        """The time after which every review the site still has was read; None where that cannot be told.

        `EVERYTHING` where as many reviews were read as the site itself counts. Else the listing must have been in the
        order of posting, or of the last edit, throughout: then nothing newer than its last review can hide. A list in
        another order, or with undated reviews, says nothing about what it lacks.
        """
        if source_total and source_total == len(self._seen):
            return EVERYTHING
        if not self._moments or (len(self._moments) < _ENOUGH and not self.is_declared):
            return None
        for which in (0, 1):
            times = [moment[which] for moment in self._moments]
            known = [time for time in times if time is not None]
            if len(known) == len(times) and all(one >= other for one, other in pairwise(known)):
                return known[-1]
        return None
