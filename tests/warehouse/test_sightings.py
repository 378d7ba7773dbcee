"""What is gone is noticed by whole readings and own pages, and by nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.review import Review
from pipeline.sources.extent import EVERYTHING
from pipeline.warehouse import load, privacy, sightings
from pipeline.warehouse.connection import Connection
from pipeline.warehouse.load import LoadCounts
from tests.warehouse.samples import RUN, at, load_reviews, review, rows

START = at("2026-02-01T06:00")
REMOVED = "select review_key from core.current_reviews where is_removed order by 1"


def _reviews(keys: str, day: int, **changes: Any) -> list[Review]:
    """Reviews a, b, c ... posted on 1, 2, 3 January, as seen `day` days after the start."""
    return [
        review(
            review_key=key,
            posted_at=at(f"2026-01-{ord(key) - 96:02}T10:00"),
            seen_at=START + timedelta(days=day),
            **changes,
        )
        for key in keys
    ]


def _read(
    con: Connection, folder: Path, keys: str | Sequence[Review], day: int, *, since: str | None = "a", **changes: Any
) -> LoadCounts:
    """Load a run of that day which showed these reviews and read wholly what is later than review `since`."""
    found = _reviews(keys, day) if isinstance(keys, str) else keys
    started_at = START + timedelta(days=day)
    covered = None if since is None else EVERYTHING if since == "" else at(f"2026-01-{ord(since) - 96:02}T10:00")
    run = replace(
        RUN, run_id=f"run{day}", started_at=started_at, finished_at=started_at, window_end=started_at,
        covered_from=covered,
    )  # fmt: skip
    return load_reviews(con, folder, found, replace(run, **changes))


def test_a_review_missing_from_two_whole_readings_is_gone(con: Connection, tmp_path: Path) -> None:
    _read(con, tmp_path, "abcdefgh", 0)
    assert _read(con, tmp_path, "abcdegh", 1).removed == 0
    assert _read(con, tmp_path, "abcdegh", 2).removed == 1
    assert rows(con, REMOVED) == [("f",)]
    assert _read(con, tmp_path, "abcdegh", 3).removed == 0
    assert rows(con, "select removed from run.source_runs order by run_id") == [(0,), (0,), (1,), (0,)]


def test_the_second_look_must_be_hours_later(con: Connection, tmp_path: Path) -> None:
    _read(con, tmp_path, "abcdef", 0)
    _read(con, tmp_path, "abcdf", 1)
    soon = START + timedelta(days=1, hours=1)
    assert _read(con, tmp_path, "abcdf", 2, started_at=soon, finished_at=soon).removed == 0


def test_a_removed_review_that_returns_is_there_again(con: Connection, tmp_path: Path) -> None:
    for day, keys in enumerate(("abcdef", "abcdf", "abcdf")):
        _read(con, tmp_path, keys, day)
    assert rows(con, REMOVED) == [("e",)]
    assert _read(con, tmp_path, "abcdef", 3).restored == 1
    assert rows(con, REMOVED) == []
    for day in (4, 5):
        _read(con, tmp_path, "abcdf", day)
    assert rows(con, REMOVED) == [("e",)]


@pytest.mark.parametrize("status", ["failed", "partial", "blocked", "not_modified"])
def test_a_run_that_was_not_whole_removes_nothing(con: Connection, tmp_path: Path, status: str) -> None:
    _read(con, tmp_path, "abcdef", 0)
    for day in (1, 2, 3):
        assert _read(con, tmp_path, "ab", day, since=None, status=status).removed == 0
    assert rows(con, REMOVED) == []


def test_what_lies_outside_the_range_is_not_missed(con: Connection, tmp_path: Path) -> None:
    _read(con, tmp_path, "abcdef", 0)
    for day in (1, 2):
        _read(con, tmp_path, "ef", day, since="e")
    assert rows(con, REMOVED) == []


def test_a_page_that_shrank_removes_nothing_and_is_told(con: Connection, tmp_path: Path) -> None:
    _read(con, tmp_path, "abcdefghij", 0)
    for day in (5, 6, 7):
        assert _read(con, tmp_path, "acegi", day).removed == 0
    assert rows(con, REMOVED) == []
    told = rows(con, "select status, message from run.source_runs where run_id in ('run5', 'run6', 'run7')")
    assert {status for status, _ in told} == {"short"}
    assert all("5 of 9" in message for _, message in told)


def test_many_are_gone_at_once_where_the_source_s_own_count_agrees(con: Connection, tmp_path: Path) -> None:
    _read(con, tmp_path, "abcdefghij", 0)
    assert [_read(con, tmp_path, "acegi", day, since="").removed for day in (1, 2, 3)] == [0, 5, 0]


def test_coarse_and_missing_dates_are_missed_only_where_all_was_read(con: Connection, tmp_path: Path) -> None:
    vague = _reviews("xyz", 0, posted_precision="month")
    _read(con, tmp_path, _reviews("abcdefghijklm", 0) + vague, 0)
    for day in (1, 2):
        _read(con, tmp_path, "abcdefghijklm", day)
    assert rows(con, REMOVED) == []
    for day in (3, 4):
        _read(con, tmp_path, "abcdefghijklm", day, since="")
    assert rows(con, REMOVED) == [("x",), ("y",), ("z",)]


def test_a_review_that_another_subscription_shows_is_there(con: Connection, tmp_path: Path) -> None:
    for day in (0, 1, 2):
        _read(con, tmp_path, "abcdef", day, subscription="other", run_id=f"other{day}", started_at=START)
        _read(con, tmp_path, "abcdef" if day == 0 else "abcdf", day)
        _read(con, tmp_path, _reviews("e", day), day, subscription="other", run_id=f"o{day}", since=None)
    assert rows(con, REMOVED) == []


def test_an_import_and_another_subscription_s_reviews_are_nobody_s_to_miss(con: Connection, tmp_path: Path) -> None:
    _read(con, tmp_path, "bcd", 0, is_import=True)
    _read(con, tmp_path, "cd", 0, subscription="other", run_id="other")
    for day in (1, 2):
        _read(con, tmp_path, "a", day, since="")
    assert rows(con, REMOVED) == []


def test_an_own_page_that_is_gone_needs_no_second_look(con: Connection, tmp_path: Path) -> None:
    _read(
        con, tmp_path, [replace(each, url=f"https://p.example/{each.review_key}") for each in _reviews("abcdef", 0)], 0
    )
    _read(con, tmp_path, "abcdf", 1)
    assert sightings.suspects(con) == {"portal-shop": [sightings.Suspect("e", "https://p.example/e")]}
    assert sightings.unconfirmed(con, START) == {"portal-shop"}
    assert _read(con, tmp_path, "f", 1, run_id="again", since=None, gone=("e",)).removed == 1
    assert rows(con, REMOVED) == [("e",)]
    assert sightings.suspects(con) == {}


def test_a_page_that_many_reviews_share_is_nobody_s_own(con: Connection, tmp_path: Path) -> None:
    _read(con, tmp_path, [replace(each, url="https://p.example/all") for each in _reviews("abcdef", 0)], 0)
    _read(con, tmp_path, "abcdf", 1)
    assert sightings.suspects(con) == {}


def test_a_late_load_of_an_older_run_removes_nothing(con: Connection, tmp_path: Path) -> None:
    _read(con, tmp_path, "abcdef", 0)
    _read(con, tmp_path, "abcdef", 5)
    for day in (1, 2):
        _read(con, tmp_path, "abcdf", day)
    assert rows(con, REMOVED) == []


def test_a_backfill_of_old_days_says_nothing_of_today(con: Connection, tmp_path: Path) -> None:
    _read(con, tmp_path, "abcdef", 0)
    for day in (1, 2):
        _read(con, tmp_path, "a", day, window_end=at("2026-01-03"))
    assert rows(con, REMOVED) == []


def test_erasing_forgets_that_a_review_was_seen(con: Connection, tmp_path: Path) -> None:
    _read(con, tmp_path, "abc", 0)
    privacy.erase(con, review_key="b")
    privacy.erase_subscription(con, privacy.Collected("portal-shop", "portal", "shop", None, is_alone=True))
    assert rows(con, "select count(*) from run.sightings") == [(0,)]
    assert load.mark_removed(con, ["a"], START) == 0
