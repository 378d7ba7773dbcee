"""The pieces of a weekly page agree with the marts, and an older moment gives the page of that moment."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from pipeline.errors import UsageError
from pipeline.reputation.week import compose
from pipeline.review import Driver, Incident, Quote
from pipeline.warehouse import dimensions, incidents, load, messages, models, publish, weeks
from pipeline.warehouse.connection import Connection
from tests.warehouse.samples import RUN, SQL_DIR, at, load_reviews, review, rows, score, theme

MONDAY = date(2026, 11, 16)
AS_OF = at("2026-11-24T06:00")


@pytest.fixture
def filled(con: Connection, tmp_path: Path) -> Connection:
    """Ten weeks of twelve reviews; in the last, half are negative about billing, before, a sixth about nothing."""
    reviews, scores = [], []
    for week in range(10):
        for n in range(12):
            key = f"{week}-{n}"
            posted = at("2026-09-14T09:00") + timedelta(weeks=week, hours=7 * n)
            is_bad = n < (6 if week == 9 else 2)
            answered = posted + timedelta(days=2 if n % 2 else 9)
            reviews.append(
                review(review_key=key, posted_at=posted, seen_at=posted + timedelta(hours=3), text_hash=key,
                       text=f"This is what happened on visit {key}", location=("Bonn", "Köln")[n % 2],
                       rating_stars=1.0 if is_bad else 5.0,
                       reply_text="Thank you." if n < 4 else None, reply_at=answered if n < 4 else None)
            )  # fmt: skip
            groups = (theme("billing"), theme("service")) if week == 9 and n < 3 else ()
            scores.append(score(key, "negative" if is_bad else "positive", themes=groups))
    load_reviews(con, tmp_path, reviews)
    load.load_scores(con, scores)
    models.make_current(con, "m1", at("2026-01-01"))
    dimensions.sync(
        con,
        [dimensions.Entity("shop", "The Shop", "Europe/Berlin")],
        [
            dimensions.Event("shop", "campaign", "Autumn sale", date(2026, 11, 2)),
            dimensions.Event("else", "other", "No", MONDAY),
        ],
    )
    return con


def test_pieces_of_a_week(filled: Connection) -> None:
    pieces = weeks.read_week(filled, SQL_DIR, "shop", MONDAY, AS_OF)
    assert (pieces.entity_name, pieces.time_zone) == ("The Shop", "Europe/Berlin")
    assert [(week.n, week.n_negative) for week in pieces.weeks] == [(12, 2)] * 9 + [(12, 6)]
    assert [(part.group, part.n_negative, part.n_negative_baseline) for part in pieces.themes] == [
        ("billing", 1.5, 0.0),
        ("none", 3.0, 16.0),
        ("service", 1.5, 0.0),
    ]
    assert [(place.location, place.n, place.n_negative) for place in pieces.locations] == [
        ("Bonn", 54, 11),
        ("Köln", 54, 11),
    ]
    assert len(pieces.quotes) == 6
    assert len(pieces.praise) == 6
    assert (len(pieces.texts_now["en"]), len(pieces.texts_reference["en"])) == (6, 16)
    assert pieces.replies is not None
    assert (pieces.replies.week_start, pieces.replies.n, pieces.replies.n_replied_7d) == (date(2026, 11, 9), 12, 2)
    assert [event.title for event in pieces.events] == ["Autumn sale"]
    assert pieces.trust.model_version == "m1"
    report = compose(pieces)
    assert sum(part.delta for part in report.contributions) == pytest.approx(6 / 12 - 16 / 96, abs=1e-9)


def test_figures_are_those_of_the_mart(filled: Connection) -> None:
    publish.build_marts(filled, SQL_DIR)
    pieces = weeks.read_week(filled, SQL_DIR, "shop", MONDAY, AS_OF)
    mart = rows(
        filled,
        "select n, n_neg, neg_lo, net, net_hi, rating_bayes, rating_lo, is_complete from mart.v_reputation_weekly"
        " where is_all_locations and is_all_sources order by week_start",
    )
    assert (
        mart[:-1]
        == [
            (w.n, w.n_negative, w.neg_lo, w.net, w.net_hi, w.rating_bayes, w.rating_lo, w.is_complete)
            for w in pieces.weeks
        ][:-1]
    )


def test_an_older_moment_gives_the_page_of_that_moment(filled: Connection, tmp_path: Path) -> None:
    before = weeks.read_week(filled, SQL_DIR, "shop", MONDAY, AS_OF)
    later = [review(review_key=f"9-{n}", posted_at=at("2026-11-17T09:00"), seen_at=at("2026-11-28"), text="Fine now",
                    text_hash="fine") for n in range(6)]  # fmt: skip
    load_reviews(filled, tmp_path, later)
    load.mark_removed(filled, ["9-8"], at("2026-11-28"))
    assert weeks.read_week(filled, SQL_DIR, "shop", MONDAY, AS_OF) == before
    now = weeks.read_week(filled, SQL_DIR, "shop", MONDAY, at("2026-11-29"))
    assert (now.trust.n_edited, now.trust.n_removed) == (6, 1)
    assert now != before


def test_incidents_of_the_week_come_along(filled: Connection) -> None:
    incident = Incident(
        "i1", "worse|shop|billing", "new", "worse", "P1", "shop", "shop", MONDAY, MONDAY + timedelta(days=1),
        MONDAY + timedelta(days=3), 6, 2.0, 0, 5, 12, 0.5, 1 / 6, 5.2, (Driver("theme", "billing", 3, 0.5),),
        ("visit",),
        (Quote("9-1", "This is what happened", "portal", MONDAY),), "m1", "r1",
    )  # fmt: skip
    assert incidents.store_incidents(filled, [incident]) == 1
    assert incidents.store_incidents(filled, [incident]) == 0
    assert incidents.load_incidents(filled, entity="shop") == [incident]
    assert incidents.load_incidents(filled, states=["resolved"]) == []
    assert weeks.read_week(filled, SQL_DIR, "shop", MONDAY, AS_OF).incidents == [incident]
    assert weeks.read_week(filled, SQL_DIR, "shop", MONDAY - timedelta(weeks=1), AS_OF).incidents == []
    assert weeks.read_week(filled, SQL_DIR, "shop", MONDAY, at("2026-11-16T12:00")).incidents == []


def test_nobody_is_told_twice(con: Connection) -> None:
    assert messages.record_alert_sent(con, "i1", "P2", "mail", AS_OF)
    assert not messages.record_alert_sent(con, "i1", "P2", "mail", AS_OF)
    assert messages.record_alert_sent(con, "i1", "P1", "mail", AS_OF)
    told = {(told.incident_id, told.severity, told.channel) for told in messages.alerts_told(con)}
    assert told == {("i1", "P2", "mail"), ("i1", "P1", "mail")}


def test_evaluations_are_kept_once(con: Connection) -> None:
    quiet = incidents.AlertEvaluation("r1", "shop", MONDAY, 1.5, 4.0, False, "below threshold")
    fired = incidents.AlertEvaluation("r1", "shop", MONDAY, 5.5, 4.0, True)
    assert incidents.record_evaluations(con, [quiet]) == 1
    assert incidents.record_evaluations(con, [quiet]) == 0
    assert incidents.record_evaluations(con, [fired]) == 1
    assert incidents.record_evaluations(con, []) == 0
    assert rows(con, "select fired, score from run.alert_evaluations") == [(True, 5.5)]


def test_a_silent_source_is_stale(filled: Connection, tmp_path: Path) -> None:
    old = [review(review_key=f"s{n}", source="silent", posted_at=at("2026-09-21") + timedelta(days=n), text_hash=str(n),
                  text=f"Another text number {n} to read") for n in range(40)]  # fmt: skip
    load_reviews(filled, tmp_path, old, run=RUN)
    sources = {each.source: each for each in weeks.read_week(filled, SQL_DIR, "shop", MONDAY, AS_OF).sources}
    assert (sources["silent"].n_week, sources["silent"].is_stale) == (0, True)
    assert sources["silent"].expected_week == pytest.approx(5, abs=0.5)


def test_wrong_asks_are_told(filled: Connection) -> None:
    with pytest.raises(UsageError, match="no Monday"):
        weeks.read_week(filled, SQL_DIR, "shop", date(2026, 11, 17), AS_OF)
    with pytest.raises(UsageError, match="Known: shop"):
        weeks.read_week(filled, SQL_DIR, "shoe", MONDAY, AS_OF)


def test_entities_follow_the_settings_and_imports_get_the_default_zone(con: Connection, tmp_path: Path) -> None:
    load_reviews(con, tmp_path, [review(entity="imported")])
    for zone in ("Europe/Vienna", "Europe/Berlin", "Europe/Berlin"):
        dimensions.sync(con, [dimensions.Entity("shop", "Shop", zone)], default_time_zone=zone)
    assert rows(con, "select * from core.entities order by 1") == [
        ("imported", "imported", "Europe/Berlin"),
        ("shop", "Shop", "Europe/Berlin"),
    ]
    with pytest.raises(UsageError, match="Known: drift_abstained"):
        dimensions.set_parameters(con, {"half_life": 20})
    dimensions.set_parameters(con, {"half_life_days": 21})
    assert rows(con, "select value from run.settings where setting = 'half_life_days'") == [(21.0,)]


def test_reviews_that_wait_are_read_in_the_order_of_the_queue(filled: Connection) -> None:
    for key, reason in (("9-0", "CHURN"), ("9-4", "LEGAL"), ("9-5", "CHURN"), ("8-5", "MANAGER")):
        filled.execute("update core.scores set escalation = [$1] where text_hash = $2", [reason, key])
    pieces = weeks.read_week(filled, SQL_DIR, "shop", MONDAY, AS_OF)
    # 9-0 was answered; 9-4 is of one star, so the certainty of the model is a reason as well.
    assert [(found.review_key, found.priority) for found in pieces.escalations][:2] == [("9-4", "P1"), ("8-5", "P2")]
    assert pieces.escalations[0].reasons == ("LEGAL", "SEVERE")
    assert "9-0" not in {found.review_key for found in pieces.escalations}
    assert pieces.n_escalations >= len(pieces.escalations)
    earlier = weeks.read_week(filled, SQL_DIR, "shop", MONDAY - timedelta(weeks=1), AS_OF)
    assert not {"9-4", "9-5"} & {found.review_key for found in earlier.escalations}
