"""The cells that carry an excess, each against its own past."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.reputation.cells import COVERED, Cell, days_between, drivers, exposure

MONDAY = date(2026, 11, 16)


def test_drivers_cover_four_fifths_of_the_excess() -> None:
    cells = [Cell("theme", "billing", 15, 30), Cell("theme", "service", 2, 30), Cell("theme", "price", 3, 60)]
    found = drivers(cells, days=3, baseline_days=90)
    assert [d.name for d in found] == ["billing"]
    assert found[0].excess == pytest.approx(14)


def test_a_cell_that_is_new_is_all_excess() -> None:
    (found,) = drivers([Cell("version", "2.0", 7, 0), Cell("version", "1.9", 2, 60)], days=2, baseline_days=56)
    assert (found.name, found.expected, found.part) == ("2.0", 0.0, 7.0)


def test_without_a_past_everything_is_excess() -> None:
    found = drivers([Cell("source", "portal", 4, 0), Cell("source", "shop", 1, 0)], days=2, baseline_days=0)
    assert [(d.name, d.excess) for d in found] == [("portal", 4.0)]


def test_a_review_of_two_themes_is_split_between_them() -> None:
    cells = [Cell("theme", "billing", 6, 0, 3.0, 0.0), Cell("theme", "service", 6, 0, 3.0, 0.0)]
    found = drivers(cells, days=1, baseline_days=50)
    assert [(d.observed, d.part) for d in found] == [(6, 3.0), (6, 3.0)]


def test_no_days_are_refused() -> None:
    with pytest.raises(ValueError, match="positive numbers of days"):
        drivers([], days=0, baseline_days=3)


def test_whole_weeks_are_their_days_whatever_the_weekdays() -> None:
    past = [(MONDAY - timedelta(days=k), 40.0 if (MONDAY - timedelta(days=k)).weekday() == 5 else 2.0)
            for k in range(1, 57)]  # fmt: skip
    week = exposure(days_between(MONDAY, MONDAY + timedelta(days=6)), past)
    assert week.days / week.baseline_days == pytest.approx(7 / 56)


def test_a_busy_weekday_is_more_than_a_seventh_of_a_week() -> None:
    past = [(MONDAY - timedelta(days=k), 40.0 if (MONDAY - timedelta(days=k)).weekday() == 5 else 2.0)
            for k in range(1, 57)]  # fmt: skip
    saturday = exposure([MONDAY + timedelta(days=5)], past)
    monday = exposure([MONDAY], past)
    assert saturday.days > 3 * monday.days


def test_few_reviews_make_no_weekday() -> None:
    past = [(MONDAY - timedelta(days=k), 1.0 if k == 3 else 0.0) for k in range(1, 57)]
    assert exposure([MONDAY - timedelta(days=3)], past).days == pytest.approx(1, abs=0.15)


COUNT = st.integers(0, 200)


@given(st.lists(st.tuples(COUNT, COUNT), min_size=1, max_size=12), st.floats(1, 14), st.floats(14, 56))
def test_drivers_are_positive_and_cover_what_rises(
    counts: list[tuple[int, int]], days: float, baseline_days: float
) -> None:
    cells = [Cell("location", f"place {k}", now, before) for k, (now, before) in enumerate(counts)]
    found = drivers(cells, days=days, baseline_days=baseline_days)
    excess = [now - before * days / baseline_days for now, before in counts]
    rising = sum(value for value in excess if value > 0)
    assert all(d.excess > 0 and d.part is not None and d.part > 0 for d in found)
    assert sum(d.part or 0 for d in found) >= COVERED * rising - 1e-9
    # No driver could be left out.
    assert sum(d.part or 0 for d in found[:-1]) < COVERED * rising or not found
    assert [d.part for d in found] == sorted((d.part for d in found), reverse=True)


@given(st.lists(st.sets(st.sampled_from("abcd"), min_size=1), min_size=1, max_size=30))
def test_the_parts_of_all_themes_add_up_to_the_excess(reviews: list[set[str]]) -> None:
    cells = []
    for name in "abcd":
        mine = [themes for themes in reviews if name in themes]
        cells.append(Cell("theme", name, len(mine), 0, sum(1 / len(themes) for themes in mine), 0.0))
    parts = [d.part or 0 for cell in cells for d in drivers([cell], days=1, baseline_days=20)]
    assert sum(parts) == pytest.approx(len(reviews))
