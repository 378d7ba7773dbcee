"""Loads keep every version once, whatever order and however often the files come."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import BadInput
from pipeline.review import Score
from pipeline.warehouse import load, models, read, staging
from pipeline.warehouse.connection import Connection
from tests.warehouse.samples import RUN, at, load_reviews, review, rows, score, theme

VERSIONS = "select version_no, change_kind, is_removed, text from core.review_versions order by seen_at, version_no"


def test_the_same_file_twice_adds_nothing(con: Connection, tmp_path: Path) -> None:
    reviews = [review(), review(review_key="r2", text=None, text_hash=None)]
    first = load_reviews(con, tmp_path, reviews)
    stored = rows(
        con, "select * exclude (seen_at, posted_at, edited_at, reply_at) from core.review_versions order by all"
    )
    runs = rows(con, "select run_id, new, edited, unchanged from run.source_runs")
    second = load_reviews(con, tmp_path, reviews)
    assert (first.new, first.unchanged) == (2, 0)
    assert (second.new, second.edited, second.unchanged) == (0, 0, 2)
    assert stored == rows(
        con, "select * exclude (seen_at, posted_at, edited_at, reply_at) from core.review_versions order by all"
    )
    assert runs == rows(con, "select run_id, new, edited, unchanged from run.source_runs") == [("run1", 2, 0, 0)]


def test_edited_review_keeps_the_older_text_and_shows_the_newer(con: Connection, tmp_path: Path) -> None:
    load_reviews(con, tmp_path, [review()])
    counts = load_reviews(con, tmp_path, [review(text="Now worse.", seen_at=at("2026-01-05"))])
    assert counts.edited == 1
    assert rows(con, VERSIONS) == [(1, "new", False, "A fine shop with kind staff."), (2, "edit", False, "Now worse.")]
    assert rows(con, "select text, version_count from core.current_reviews") == [("Now worse.", 2)]


def test_a_late_observation_goes_to_its_own_time(con: Connection, tmp_path: Path) -> None:
    load_reviews(con, tmp_path, [review(text="first", seen_at=at("2026-01-02"))])
    load_reviews(con, tmp_path, [review(text="third", seen_at=at("2026-01-09"))])
    counts = load_reviews(con, tmp_path, [review(text="second", seen_at=at("2026-01-05"))])
    again = load_reviews(con, tmp_path, [review(text="second", seen_at=at("2026-01-05"))])
    assert (counts.edited, again.edited, again.unchanged) == (1, 0, 1)
    assert [row[3] for row in rows(con, VERSIONS)] == ["first", "second", "third"]
    assert rows(con, "select text from core.current_reviews") == [("third",)]


def test_a_late_observation_that_says_nothing_new_is_left_out(con: Connection, tmp_path: Path) -> None:
    load_reviews(con, tmp_path, [review(seen_at=at("2026-01-02"))])
    assert load_reviews(con, tmp_path, [review(seen_at=at("2025-12-30"))]).unchanged == 1
    assert load_reviews(con, tmp_path, [review(seen_at=at("2026-02-30T00:00".replace("30T", "20T")))]).unchanged == 1
    assert len(rows(con, VERSIONS)) == 1


def test_of_two_states_in_one_batch_the_later_counts(con: Connection, tmp_path: Path) -> None:
    older, newer = review(text="old"), review(text="new", seen_at=at("2026-01-03"))
    counts = load_reviews(con, tmp_path, [newer, older, newer])
    assert (counts.new, counts.repeated) == (1, 2)
    assert rows(con, "select text from core.current_reviews") == [("new",)]


def test_removed_and_returned_reviews_are_versions_too(con: Connection, tmp_path: Path) -> None:
    load_reviews(con, tmp_path, [review()])
    assert load.mark_removed(con, ["r1", "unknown"], at("2026-01-04"), "run2") == 1
    assert load.mark_removed(con, ["r1"], at("2026-01-04"), "run2") == 0
    assert load.mark_removed(con, ["r1"], at("2026-01-06"), "run3") == 0
    assert load_reviews(con, tmp_path, [review(seen_at=at("2026-01-08"))]).restored == 1
    assert [row[1:3] for row in rows(con, VERSIONS)] == [("new", False), ("removal", True), ("restored", False)]
    assert rows(con, "select is_removed, edit_count from core.current_reviews") == [(False, 0)]


@pytest.mark.parametrize(
    ("changes", "is_new_version"),
    [
        ({"reply_text": "Sorry!"}, True),
        ({"rating_value": 2.0, "rating_stars": 2.0}, True),
        ({"location": "Leipzig"}, True),
        ({"posted_at": at("2026-01-01T09:00")}, True),
        ({"posted_at": at("2025-12-25"), "posted_precision": "week"}, False),
        ({"extra_json": '{"votes": 3}', "url": "https://portal.example/1?session=2"}, False),
    ],
    ids=["reply", "rating", "location", "exact date", "coarse date", "votes and address"],
)
def test_what_makes_a_version(
    con: Connection, tmp_path: Path, changes: dict[str, object], is_new_version: bool
) -> None:
    first = review(posted_precision=changes.get("posted_precision", "second"))
    load_reviews(con, tmp_path, [first])
    counts = load_reviews(con, tmp_path, [replace(first, **changes, seen_at=at("2026-01-05"))])  # type: ignore[arg-type]
    assert counts.edited == is_new_version


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(4)))
def test_order_of_files_does_not_change_the_history(con: Connection, tmp_path: Path, order: list[int]) -> None:
    con.execute("delete from core.review_versions")
    texts = ["a", "b", "b", "c"]
    for position in order:
        load_reviews(con, tmp_path, [review(text=texts[position], seen_at=at(f"2026-01-0{position + 1}"))])
    history = rows(con, VERSIONS)
    collapsed = [text for index, (*_, text) in enumerate(history) if index == 0 or history[index - 1][3] != text]
    assert collapsed == ["a", "b", "c"]
    assert rows(con, "select text from core.current_reviews") == [("c",)]


def test_odd_signs_survive_and_half_characters_do_not_break_a_load(con: Connection, tmp_path: Path) -> None:
    load_reviews(con, tmp_path, [review(text='"quoted"\n\\ü😀\x00 \ud83d end')])
    assert rows(con, "select text from core.current_reviews") == [('"quoted"\n\\ü😀\x00 ? end',)]


def test_watermark_moves_with_complete_loads_only(con: Connection, tmp_path: Path) -> None:
    load_reviews(con, tmp_path, [review()], replace(RUN, status="partial"))
    assert read.watermarks(con) == {}
    load_reviews(con, tmp_path, [review(), review(review_key="odd", posted_at=at("2031-01-01"))])
    assert read.watermarks(con) == {"portal-shop": at("2026-01-02T06:00")}
    load_reviews(con, tmp_path, [review(review_key="old", posted_at=at("2020-01-01"))])
    assert read.watermarks(con) == {"portal-shop": at("2026-01-02T06:00")}


def test_an_empty_load_still_leaves_its_run(con: Connection, tmp_path: Path) -> None:
    assert load_reviews(con, tmp_path, []).new == 0
    load.load_staged(con, [], replace(RUN, run_id="run2", status="not_modified"))
    assert rows(con, "select run_id, status from run.source_runs order by 1") == [
        ("run1", "ok"),
        ("run2", "not_modified"),
    ]


def test_a_broken_staged_file_changes_nothing(con: Connection, tmp_path: Path) -> None:
    path = tmp_path / "broken.jsonl"
    staging.write_reviews(path, [review()])
    path.write_text(path.read_text() + '{"review_key": "x", "sou')
    with pytest.raises(BadInput, match="ingest step"):
        load.load_staged(con, [path], RUN)
    with pytest.raises(BadInput, match="no such staged file"):
        load.load_staged(con, [tmp_path / "gone.jsonl"], RUN)
    assert rows(con, "select count(*) from core.review_versions") == [(0,)]
    assert rows(con, "select count(*) from run.source_runs") == [(0,)]


def test_run_records_survive_the_way_through_a_file(tmp_path: Path) -> None:
    run = replace(RUN, window_start=at("2026-01-01"), message="two pages", source_total=12)
    staging.write_run(tmp_path / "a.run.json", run, tmp_path / "a.jsonl.gz")
    assert list(staging.read_runs(tmp_path)) == [(run, tmp_path / "a.jsonl.gz")]


def test_each_text_is_scored_once_a_model_version(con: Connection, tmp_path: Path) -> None:
    load_reviews(
        con, tmp_path, [review(), review(review_key="r2"), review(review_key="r3", text="Other", text_hash="t2")]
    )
    assert [tuple(text) for text in read.unscored_texts(con, "m1")] == [
        ("t1", "A fine shop with kind staff.", "en"),
        ("t2", "Other", "en"),
    ]
    scores: list[Score] = [score("t1", "positive", themes=(theme("service"),)), score("t2", None)]
    assert load.load_scores(con, scores) == 2
    assert load.load_scores(con, [score("t1", "negative")]) == 0
    assert list(read.unscored_texts(con, "m1")) == []
    assert len(list(read.unscored_texts(con, "m2", limit=1))) == 1
    assert rows(con, "select label, themes[1].theme_group from core.scores order by text_hash") == [
        ("positive", "service"),
        (None, None),
    ]


def test_one_model_version_is_current(con: Connection) -> None:
    for version in ("m1", "m2", "m2"):
        models.make_current(con, version, at("2026-01-01"))
    assert rows(con, "select model_version, is_current from run.model_versions order by 1") == [
        ("m1", False),
        ("m2", True),
    ]


def test_what_was_not_read_or_gave_too_little_is_a_fault(con: Connection) -> None:
    runs = [replace(RUN, run_id=f"run{day}", parsed=3, started_at=at(f"2026-01-0{day}")) for day in range(1, 7)]
    load.record_runs(con, [*runs, replace(RUN, run_id="late", status="empty", parsed=0, started_at=at("2026-01-09"))])
    load.record_runs(con, [replace(RUN, run_id="late", subscription="b", status="blocked", message="no permission")])
    assert read.run_count(con, "late") == 2
    assert [(fault.subscription, fault.status) for fault in read.coverage_faults(con, "late")] == [
        ("b", "blocked"),
        ("portal-shop", "empty"),
    ]
    assert read.coverage_faults(con, "run3") == []
    assert [run.subscription for run in read.latest_runs(con)] == ["b", "portal-shop"]
