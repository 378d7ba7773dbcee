"""The scenarios that alerting is judged by, from reviews in the warehouse to messages."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from pipeline.review import Review
from pipeline.steps import answers, workplace
from tests.alerts.conftest import TODAY, Shop
from tests.warehouse.samples import rows

WEEK = [TODAY - timedelta(days=back) for back in range(6, -1, -1)]


A_WEEK_OF_COMPLAINTS = [(day, stars, 2) for day in WEEK for stars in (1, 5)]
A_DAY_OF_ONE_STARS = [*((day, 5, 4) for day in WEEK), (WEEK[5], 1, 30)]
FOUR_FURIOUS = [(WEEK[5], 1, 4)]
PRAISE_TRIPLES = [(day, 5, 12) for day in WEEK]
SCENARIOS = [
    pytest.param("shop", A_WEEK_OF_COMPLAINTS, 1, id="A: volume flat, half turn to one star"),
    pytest.param("shop", A_DAY_OF_ONE_STARS, 1, id="B: thirty one-stars without text"),
    pytest.param("tiny", FOUR_FURIOUS, 1, id="C: a tiny shop, four furious reviews"),
    pytest.param("shop", PRAISE_TRIPLES, 0, id="D: praise triples"),
]


def history(shop: Shop, kind: str) -> list[Review]:
    if kind == "shop":
        return shop.quiet_weeks()
    days = [WEEK[0] - timedelta(days=7 * week + 1) for week in range(9)]
    return [one for week, day in enumerate(days) for one in shop.stars(day, 1 if week % 4 == 3 else 5)]


@pytest.mark.parametrize(("kind", "week", "alerts"), SCENARIOS)
def test_a_bad_week_alerts_once_and_praise_never(
    shop: Shop, kind: str, week: list[tuple[date, float, int]], alerts: int
) -> None:
    shop.load(history(shop, kind) + [one for day, stars, n in week for one in shop.stars(day, stars, n)])
    assert len(shop.watch()) == alerts
    shop.now += timedelta(days=1)
    assert shop.watch() == []
    kinds = [each.kind for each in answers.incidents(only_open=True)]
    assert len(kinds) == 1
    assert (kinds == ["positive_surge"]) is (alerts == 0)


def test_watched_day_by_day_a_bad_week_is_one_thread_told_again_only_when_it_rises(shop: Shop) -> None:
    shop.load(history(shop, "shop") + [one for day, s, n in A_WEEK_OF_COMPLAINTS for one in shop.stars(day, s, n)])
    told = []
    for day in WEEK[1:]:
        shop.now = datetime.combine(day, time(12), UTC)
        told += shop.watch()
    assert [title[:4] for title in told] == ["[P2]", "[P1]"]
    assert len(shop.told()) == 1


def test_a_first_import_of_ten_thousand_rows_sends_nothing_and_neither_does_a_second_run(shop: Shop) -> None:
    imported = {"is_imported": True, "seen_at": shop.now}
    history = shop.quiet_weeks(weeks=120, until=TODAY + timedelta(days=1), **imported)
    history += shop.stars(TODAY - timedelta(days=3), 1, 6640, **imported)
    assert len(history) == 10_000
    shop.load(history)
    assert shop.watch() == []
    assert shop.watch() == []
    assert shop.told() == []
    assert [each.owed for each in answers.incidents(only_open=False) if each.kind != "positive_surge"] == [None]


def test_a_backfill_that_reaches_an_open_incident_raises_it_silently(shop: Shop) -> None:
    shop.load(shop.quiet_weeks())
    shop.load([one for day in WEEK[4:6] for one in shop.stars(day, 5, 36) + shop.stars(day, 1, 4)])  # more, no worse
    shop.watch()
    before = shop.told()
    assert [one["severity"] for one in before] == ["P2"]
    history = {"is_imported": True, "seen_at": shop.now}
    shop.load([one for day in WEEK[:6] for one in shop.stars(day, 1, 40, **history)])
    assert shop.watch() == []
    after = shop.told()
    assert [one["severity"] for one in after] == ["P1"]
    assert int(str(after[0]["observed"])) > int(str(before[0]["observed"]))


def test_forty_signals_of_parts_make_one_message_and_updates(shop: Shop) -> None:
    places = [f"Ort {number}" for number in range(40)]
    calm = [WEEK[0] - timedelta(days=back + 1) for back in range(63)]
    shop.load(
        [
            one
            for number, place in enumerate(places)
            for back, day in enumerate(calm)
            for one in shop.stars(day, 1 if (back + number) % 9 == 4 else 5, location=place)
        ]
    )
    shop.load([one for place in places for one in shop.stars(WEEK[5], 1, 6, location=place)])
    shop.now = datetime.combine(WEEK[5], time(12), UTC)
    assert len(shop.watch()) == 1
    shop.now += timedelta(days=1)
    shop.load([one for place in places for one in shop.stars(WEEK[6], 1, 6, location=place)])
    assert shop.watch() == []
    open_now = answers.incidents(only_open=True)
    assert [(each.scope, each.state) for each in open_now] == [("entity", "updated")]
    assert sum(part.startswith("location:") for part in open_now[0].parts) == 40


def test_every_step_may_be_run_twice(shop: Shop) -> None:
    shop.load(shop.quiet_weeks())
    shop.load(shop.stars(WEEK[5], 1, 30))
    shop.watch()

    def stored() -> list[tuple[object, ...]]:
        tables = ("core.incidents", "core.alerts_sent", "core.alert_messages", "run.alert_evaluations")
        with workplace.warehouse(workplace.current()) as con:
            return [
                row
                for table in tables
                for row in rows(con, f"select columns(*)::varchar from {table} order by all")  # noqa: S608
            ]

    before, files = stored(), shop.told()
    shop.now += timedelta(minutes=5)
    assert shop.watch() == []
    assert stored() == before
    assert shop.told() == files


@pytest.mark.parametrize("stars", [1.0, 5.0], ids=["complaints", "praise"])
def test_late_reviews_of_the_last_fourteen_days_still_alert(shop: Shop, stars: float) -> None:
    shop.load(shop.quiet_weeks(until=TODAY + timedelta(days=1)))
    assert shop.watch() == []
    late = TODAY - timedelta(days=5)
    shop.load(shop.stars(late, stars, 30, seen_at=shop.now))
    assert len(shop.watch()) == (1 if stars == 1 else 0)
