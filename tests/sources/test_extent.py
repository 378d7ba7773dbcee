"""Which range a fetch has read wholly is told by the order of what it showed, or by the site's own count."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from pipeline.review import Precision, Review
from pipeline.sources.extent import EVERYTHING, Extent
from tests.warehouse.samples import at, review

START = at("2026-01-20T10:00")


def _reviews(
    days: list[int | None], precision: Precision = "second", edited: dict[int, int] | None = None
) -> list[Review]:
    made = []
    for number, day in enumerate(days):
        posted = None if day is None else START - timedelta(days=day)
        changed = START - timedelta(days=edited[number]) if edited and number in edited else None
        each = review(review_key=str(number), posted_at=posted, edited_at=changed)
        made.append(replace(each, posted_precision=precision if posted else None))
    return made


def _covered(reviews: list[Review], total: int | None = None, *, is_declared: bool = False) -> datetime | None:
    extent = Extent(is_declared)
    extent.add(reviews)
    return extent.covered_from(total)


def test_a_list_newest_first_covers_all_after_its_last() -> None:
    assert _covered(_reviews([0, 1, 1, 4, 9])) == START - timedelta(days=9)


@pytest.mark.parametrize("days", [[0, 4, 1, 5, 9], [9, 5, 4, 1, 0], [0, 1, None, 4, 9], [], [None] * 6])
def test_another_order_or_an_undated_review_says_nothing(days: list[int | None]) -> None:
    assert _covered(_reviews(days)) is None


def test_few_reviews_may_be_in_order_by_chance() -> None:
    assert _covered(_reviews([0, 1, 4])) is None
    assert _covered(_reviews([0, 1, 4]), is_declared=True) == START - timedelta(days=4)


def test_a_list_by_the_last_edit_covers_all_after_it() -> None:
    assert _covered(_reviews([8, 1, 2, 3, 4], edited={0: 0})) == START - timedelta(days=4)


def test_coarse_dates_are_no_order() -> None:
    assert _covered(_reviews([0, 1, 2, 3, 4], precision="week")) is None


def test_the_site_s_own_count_says_that_all_was_read() -> None:
    assert _covered(_reviews([4, None, 0]), 3) == EVERYTHING
    assert _covered(_reviews([4, None, 0]), 4) is None
    assert _covered([], 0) is None


def test_what_comes_twice_counts_once() -> None:
    extent = Extent()
    assert extent.add(_reviews([0, 1, 2])) == 3
    assert extent.add(_reviews([0, 1, 2, 3, 4])) == 2
    assert extent.covered_from(5) == EVERYTHING
