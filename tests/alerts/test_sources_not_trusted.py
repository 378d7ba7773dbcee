"""A faulty source is told of as such, and no alarm is drawn from it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from pipeline.steps import answers, workplace
from pipeline.warehouse import incidents, load, suspicion
from pipeline.warehouse.history_days import marked
from tests.alerts.conftest import TODAY, Shop
from tests.warehouse.samples import RUN, load_reviews, review, rows

SETTINGS = (
    "[[subscription]]",
    'name = "portal-shop"',
    'source = "web_page"',
    'site = "portal"',
    'entity = "shop"',
    'url = "https://portal.example/shop"',
)


def runs(shop: Shop, *last: tuple[str, int], days: int = 12) -> None:
    """A run a day that gave forty reviews each, and then those named, the last of them today."""
    ended = [("ok", 40)] * days + list(last)
    made = []
    for number, (status, parsed) in enumerate(ended):
        day = TODAY - timedelta(days=len(ended) - 1 - number)
        at = datetime.combine(day, time(6), UTC)
        made.append(
            load.SourceRun(
                run_id=f"day-{day}-{len(ended)}", subscription="portal-shop", source="portal", entity="shop",
                location=None, started_at=at, finished_at=at, window_end=datetime.combine(day, time(0), UTC),
                parsed=parsed, fetched=1, status=status,
            )
        )  # fmt: skip
    with workplace.warehouse(workplace.current()) as con:
        load.record_runs(con, made)


def test_where_a_good_source_falls_silent_the_mix_alone_alarms_nobody(shop: Shop) -> None:
    shop.configure(*SETTINGS)
    shop.load(shop.quiet_weeks(source="portal"))
    shop.load([one for back in range(70) for one in shop.stars(TODAY - timedelta(days=back), 1, 2, source="grim")])
    runs(shop, ("failed", 0), ("failed", 0))
    assert [title[:17] for title in shop.watch()] == ["[P2] Data problem"]
    (only,) = answers.incidents(only_open=True)
    assert (only.kind, only.scope, only.signs) == ("data", "source:portal", ("failed",))


def test_what_a_partly_read_source_shows_is_no_alarm_and_its_evaluation_says_why(shop: Shop) -> None:
    shop.configure(*SETTINGS)
    shop.load(shop.quiet_weeks(until=TODAY, source="portal"))
    shop.load(shop.stars(TODAY, 1, 30, source="portal", seen_at=shop.now))
    runs(shop, ("blocked", 0))
    assert [title[:17] for title in shop.watch()] == ["[P2] Data problem"]
    with workplace.warehouse(workplace.current()) as con:
        assert ("shop/source=portal", False) in rows(
            con,
            "select series_key, fired from run.alert_evaluations where reason_not_fired = 'inhibited by a data fault'",
        )
    runs(shop, ("blocked", 0), ("ok", 40), days=1)
    shop.now += timedelta(hours=2)
    assert [title[:4] for title in shop.watch()] == ["[P1]"]
    assert {each.kind: each.state for each in answers.incidents(only_open=False)}["data"] == "resolved"


def test_a_burst_of_copies_is_suspected_manipulation(shop: Shop) -> None:
    shop.load(shop.quiet_weeks())
    made = []
    for number in range(15):
        at = datetime.combine(TODAY - timedelta(days=1), time(9, number), UTC)
        made.append(
            review(
                review_key=f"copy{number}", text="Beware of this shop, it took my money and is silent",
                text_hash="copied", rating_stars=1.0, rating_value=1.0, posted_at=at, seen_at=at,
                author_key=f"x{number}",
            )
        )  # fmt: skip
    shop.load(made)
    told = shop.watch()
    assert len(told) == 1
    assert "Suspicious reviews" in told[0]
    (found,) = answers.incidents(only_open=True)
    assert (found.kind, found.severity, found.signs) == ("manipulation", "P2", ("copies",))
    assert shop.watch() == []


def test_an_author_is_new_once_at_a_source_and_imports_are_history(shop: Shop) -> None:
    day = TODAY - timedelta(days=3)
    at = datetime.combine(day, time(9), UTC)
    again = at + timedelta(days=1)
    with workplace.warehouse(workplace.current()) as con:
        load_reviews(
            con,
            shop.home,
            [
                review(review_key="one", author_key="jo", posted_at=at, seen_at=at, text="a", text_hash="a"),
                review(review_key="two", author_key="jo", posted_at=again, seen_at=again, text="b", text_hash="b"),
                review(review_key="three", author_key="kim", posted_at=again, seen_at=again, text="c", text_hash="c",
                       is_imported=True),
                review(review_key="four", author_key=None, posted_at=again, seen_at=again, text="d", text_hash="d"),
            ],
        )  # fmt: skip
        with marked(con, day):
            found = suspicion.source_days(con, day, TODAY)
    assert found.pairs == (("shop", "portal"),)
    n, _, authored, newcomers, _, _, history = (list(counts[0]) for counts in found.counts)
    assert (n, authored, newcomers, history) == ([1, 3, 0, 0], [1, 2, 0, 0], [1, 1, 0, 0], [0, 1, 0, 0])


def test_a_backfilled_day_is_history_and_what_else_the_site_shows_is_not(shop: Shop) -> None:
    old, new = (datetime.combine(TODAY - timedelta(days=back), time(9), UTC) for back in (8, 1))
    end = datetime.combine(TODAY - timedelta(days=7), time(0), UTC)
    run = load.SourceRun(
        run_id="backfill__2026-11-16", subscription="portal-shop", source="portal", entity="shop", location=None,
        started_at=shop.now, finished_at=shop.now, window_end=end,
    )  # fmt: skip
    made = [
        review(review_key=key, posted_at=at, seen_at=shop.now, run_id=run.run_id, text=key, text_hash=key)
        for key, at in (("old", old), ("new", new))
    ]
    with workplace.warehouse(workplace.current()) as con:
        load_reviews(con, shop.home, made, run)
        with marked(con, date(2026, 11, 1)):
            assert rows(con, "select review_key from history_keys") == [("old",)]
    assert RUN.run_id != run.run_id


def test_what_a_person_calls_false_is_handed_to_calibration(shop: Shop) -> None:
    shop.load([*shop.quiet_weeks(), *shop.stars(TODAY - timedelta(days=1), 1, 30)])
    shop.watch()
    (found,) = answers.incidents(only_open=True)
    with workplace.warehouse(workplace.current()) as con:
        assert incidents.false_alarms(con) == []
    answers.answer_incident(found.incident_id, "false_alarm", by="jo")
    with workplace.warehouse(workplace.current()) as con:
        false = incidents.false_alarms(con)
    assert {one.series_key for one in false} == {"shop", "shop/source=portal"}
    assert found.score in {one.score for one in false if one.series_key == "shop"}
    assert {one.day for one in false} == {TODAY - timedelta(days=1), TODAY}
