"""What explains an incident: cells against normal days, texts of the watched series alone, events and checks."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from pipeline.reputation.cells import Cell
from pipeline.reputation.incident_explanation import Findings, explain
from pipeline.review import Explanation, Incident, KnownEvent
from pipeline.warehouse import dimensions, evidence, load, models
from pipeline.warehouse.connection import Connection
from pipeline.warehouse.evidence import Question, read_findings
from pipeline.warehouse.incidents import load_incidents, store_incidents
from tests.reputation.explained import INCIDENT, findings
from tests.warehouse.samples import RUN, at, load_reviews, review, score, theme

FIRST, LAST = date(2026, 3, 10), date(2026, 3, 12)
ASKED = Question("shop", FIRST, LAST)


def fill(con: Connection, folder: Path, days: list[str], **changes: Any) -> None:
    """Negative reviews, one a day given, in Bonn and nowhere by turns, scored as complaints about billing."""
    load_reviews(
        con,
        folder,
        [
            review(**{
                "review_key": f"r{k}", "posted_at": at(f"{day}T12:00"), "seen_at": at("2026-03-21"),
                "text": f"Charged number {k} wrongly again", "text_hash": f"t{k}",
                "location": "Bonn" if k % 2 else None, "rating_stars": 1.0, "author_key": f"a{k}", **changes,
            })
            for k, day in enumerate(days)
        ],
    )  # fmt: skip
    load.load_scores(con, [score(f"t{k}", "negative", themes=(theme("billing"),)) for k in range(len(days))])
    models.make_current(con, "m1", at("2026-01-01"))


def test_cells_texts_and_days(con: Connection, tmp_path: Path) -> None:
    fill(con, tmp_path, ["2026-02-20", "2026-03-10", "2026-03-10", "2026-03-12", "2026-03-13"])
    found = read_findings(con, ASKED)
    assert found.cells == [
        Cell("language", "en", 3, 1),
        Cell("location", "", 1, 1),
        Cell("location", "Bonn", 2, 0),
        Cell("source", "portal", 3, 1),
        Cell("theme", "billing", 3, 1, 3.0, 1.0),
        Cell("version", "", 3, 1),
    ]
    assert (found.n_reviews, found.n_negative, found.n_texts, found.n_negative_baseline) == (3, 3, 3, 1)
    assert {told.review_key for told in found.reviews} == {"r1", "r2", "r3"}
    assert [text for _, text in found.reference] == ["Charged number 0 wrongly again"]
    # The entity is known since 20 February: days before it are no days without reviews.
    assert found.baseline[0] == (date(2026, 2, 20), 1.0)
    assert len(found.baseline) == 18


def test_a_part_and_an_earlier_time_see_only_their_own(con: Connection, tmp_path: Path) -> None:
    fill(con, tmp_path, ["2026-02-20", "2026-03-10", "2026-03-11"])
    part = read_findings(con, replace(ASKED, level="location", name="Köln"))
    assert (part.cells, part.n_reviews) == ([], 0)
    early = read_findings(con, ASKED, as_of=at("2026-03-01"))
    assert (early.reviews, early.baseline) == ([], [])


def test_versions_of_an_app_are_cells(con: Connection, tmp_path: Path) -> None:
    fill(con, tmp_path, ["2026-03-10", "2026-03-11"], extra_json='{"version": "8.1"}')
    assert Cell("version", "8.1", 2, 0) in read_findings(con, ASKED).cells
    assert read_findings(con, replace(ASKED, level="version", name="8.1")).n_negative == 2


def test_a_review_of_two_themes_counts_half_in_each(con: Connection, tmp_path: Path) -> None:
    fill(con, tmp_path, ["2026-03-10"])
    load.load_scores(
        con, [score("t0", "negative", model_version="m2", themes=(theme("billing"), theme("service")))]
    )  # fmt: skip
    models.make_current(con, "m2", at("2026-01-01"))
    themes = [cell for cell in read_findings(con, ASKED).cells if cell.dimension == "theme"]
    assert themes == [Cell("theme", "billing", 1, 0, 0.5, 0.0), Cell("theme", "service", 1, 0, 0.5, 0.0)]


def test_days_of_other_incidents_are_not_normal(con: Connection, tmp_path: Path) -> None:
    fill(con, tmp_path, ["2026-01-01", "2026-02-25", "2026-02-26", "2026-03-10"])
    other = replace(
        INCIDENT, entity="shop", incident_id="old", start_day=date(2026, 2, 25), alert_day=date(2026, 2, 25),
        last_day=date(2026, 2, 26),
    )  # fmt: skip
    store_incidents(con, [other])
    found = read_findings(con, ASKED)
    assert len(found.baseline) == 54
    assert found.n_negative_baseline == 0
    assert len(read_findings(con, replace(ASKED, incident_id="old")).baseline) == 56
    store_incidents(con, [replace(other, state="false_alarm")])
    assert len(read_findings(con, ASKED).baseline) == 56
    # Where nearly every day belongs to some incident they have to serve.
    store_incidents(con, [replace(other, start_day=date(2026, 1, 10), last_day=date(2026, 3, 9))])
    assert len(read_findings(con, ASKED).baseline) == 56


def test_star_only_reviews_count_and_have_no_text(con: Connection, tmp_path: Path) -> None:
    fill(con, tmp_path, ["2026-03-10", "2026-03-11"], text=None, text_hash=None)
    found = read_findings(con, ASKED)
    assert (found.n_negative, found.n_texts, found.reviews) == (2, 0, [])
    assert Cell("theme", "none", 2, 0, 2.0, 0.0) in found.cells


def test_reviews_that_are_gone_or_gainsaid_by_their_stars_are_not_quoted(con: Connection, tmp_path: Path) -> None:
    fill(con, tmp_path, ["2026-03-10"], rating_stars=5.0)
    assert [told.is_quotable for told in read_findings(con, ASKED).reviews] == [False]


def test_positive_reviews_are_explained_when_they_are_what_counts(con: Connection, tmp_path: Path) -> None:
    fill(con, tmp_path, ["2026-03-10", "2026-03-11"])
    load.load_scores(con, [score("t1", "positive", model_version="m2"), score("t0", "negative", model_version="m2")])
    models.make_current(con, "m2", at("2026-01-01"))
    found = read_findings(con, replace(ASKED, counted="positive"))
    assert [told.review_key for told in found.reviews] == ["r1"]
    assert [text for _, text in found.others] == ["Charged number 0 wrongly again"]


def test_copies_are_left_out_and_told_by_the_check(con: Connection, tmp_path: Path) -> None:
    fill(con, tmp_path, ["2026-03-10"] * 6, text="The very same words in each of these reviews", text_hash="t0")
    found = read_findings(con, ASKED)
    checks = {check.code: check for check in found.checks}
    assert (found.n_negative, checks["copies"].n, checks["copies"].is_ok) == (1, 5, False)
    assert read_findings(con, replace(ASKED, counted="all")).n_negative == 6


def test_a_failed_run_makes_its_source_stale(con: Connection, tmp_path: Path) -> None:
    fill(con, tmp_path, ["2026-02-01", "2026-03-10"])
    load_reviews(con, tmp_path, [], replace(RUN, run_id="run9", status="failed", started_at=at("2026-03-12T06:00")))
    fresh = [check for check in read_findings(con, ASKED).checks if check.code == "fresh"]
    assert [(check.name, check.is_ok) for check in fresh] == [("portal", False)]


def test_events_near_by_are_known(con: Connection, tmp_path: Path) -> None:
    fill(con, tmp_path, ["2026-03-10"])
    events = [
        dimensions.Event("shop", "campaign", "Spring", date(2026, 2, 1), date(2026, 3, 1)),
        dimensions.Event("shop", "recall", "Kettle", date(2026, 3, 12), None),
        dimensions.Event("shop", "policy", "Old", date(2026, 1, 1), None),
        dimensions.Event("shop", "release", "Later", date(2026, 3, 13), None),
    ]
    dimensions.sync(con, entities=[], events=events, default_time_zone="UTC")
    assert read_findings(con, ASKED).events == [
        KnownEvent("campaign", "Spring", date(2026, 2, 1), date(2026, 3, 1)),
        KnownEvent("recall", "Kettle", date(2026, 3, 12), None),
    ]


def test_an_entity_without_reviews_has_no_findings(con: Connection) -> None:
    found = read_findings(con, ASKED)
    assert (found.n_reviews, found.cells, found.baseline, found.reviews) == (0, [], [], [])


def test_an_explained_incident_is_read_back_as_it_was_stored(con: Connection) -> None:
    stored: list[Incident] = [explain(INCIDENT, findings(), model_version="m1"), replace(INCIDENT, incident_id="bare")]
    store_incidents(con, stored)
    assert sorted(load_incidents(con), key=lambda i: i.incident_id) == stored
    assert isinstance(stored[0].explanation, Explanation)


def test_a_window_of_a_hundred_thousand_reviews_is_sampled_not_read(con: Connection) -> None:
    con.execute(
        "insert into core.review_versions (review_key, seen_at, source, entity, posted_at, posted_precision, language,"
        " text, text_hash, rating_stars) select 'k' || i, timestamptz '2026-03-13', 'portal', 'shop',"
        " timestamptz '2026-03-11 10:00', 'second', 'en', 'The telephone was dead, call number ' || i, 't' || i, 1"
        " from range(100000) as many(i)"
    )
    found = read_findings(con, ASKED)
    assert (found.n_negative, found.n_texts, len(found.reviews)) == (100_000, 100_000, evidence.SAMPLE)
    again = read_findings(con, ASKED)
    assert [told.review_key for told in found.reviews] == [told.review_key for told in again.reviews]
    assert isinstance(found, Findings)


def test_imports_say_how_far_history_goes(con: Connection, tmp_path: Path) -> None:
    fill(con, tmp_path, ["2026-03-10"], is_imported=True)
    assert evidence.imported_through(con) == {"shop": FIRST}
    assert FIRST + timedelta(days=2) == LAST
