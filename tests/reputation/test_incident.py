"""Few incidents from many alarms, one message each, and none twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from pipeline.reputation.incident import (
    Circumstances,
    DataFault,
    Evaluation,
    Outcome,
    PlannedEvent,
    SeriesKey,
    advance,
)
from pipeline.review import Incident, Severity

DAY = date(2026, 11, 17)
SHOP = SeriesKey("Lindgrün")


def alarm(series: SeriesKey = SHOP, day: date = DAY, score: float = 6.0, **changes: object) -> Evaluation:
    base = Evaluation(series, day, day - timedelta(days=1), score, 3.5, 4.0, 12, 3.0, 0, 8, 30, 0.12, True)
    return replace(base, **changes)  # type: ignore[arg-type]


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 20, tzinfo=UTC)


def run(*found: Evaluation, known: tuple[Incident, ...] = (), now: date = DAY, **context: object) -> Outcome:
    return advance(found, known, at(now), circumstances=Circumstances(**context))  # type: ignore[arg-type]


def sent_of(outcome: Outcome) -> set[tuple[str, Severity]]:
    return {(i.incident_id, i.severity) for i in outcome.to_notify}


def test_an_alarm_opens_one_incident_and_tells_once() -> None:
    first = run(alarm())
    assert [i.state for i in first.changed] == ["new"]
    assert first.to_notify == first.changed
    assert first.changed[0].severity == "P1"
    assert first.changed[0].kind == "more_and_worse"
    again = run(alarm(), known=first.changed, sent=sent_of(first))
    assert again == Outcome((), (), ())


def test_an_unsent_message_is_still_owed() -> None:
    first = run(alarm())
    assert run(alarm(), known=first.changed).to_notify == first.changed


def test_alarms_within_seven_days_join_and_later_ones_open_anew() -> None:
    first = run(alarm())
    later = DAY + timedelta(days=7)
    joined = run(alarm(day=later), known=first.changed, now=later, sent=sent_of(first))
    assert [(i.incident_id, i.state, i.last_day) for i in joined.changed] == [
        (first.changed[0].incident_id, "updated", later)
    ]
    assert not joined.to_notify
    after = DAY + timedelta(days=8)
    fresh = run(alarm(day=after), known=first.changed, now=after, sent=sent_of(first))
    assert {i.state for i in fresh.changed} == {"new", "resolved"}
    assert len(fresh.to_notify) == 1


def test_a_higher_severity_is_told_again() -> None:
    first = run(alarm(share_score=0.5))
    assert first.changed[0].severity == "P2"
    assert first.changed[0].kind == "more"
    next_day = DAY + timedelta(days=1)
    worse = run(alarm(day=next_day, score=9.0), known=first.changed, now=next_day, sent=sent_of(first))
    assert [i.severity for i in worse.to_notify] == ["P1"]


def test_forty_alarms_of_parts_make_one_incident() -> None:
    parts = [alarm(SeriesKey("Lindgrün", "location", f"Ort {i}"), score=6 + i / 100) for i in range(40)]
    with_parent = run(alarm(), *parts)
    assert len(with_parent.changed) == len(with_parent.to_notify) == 1
    assert with_parent.changed[0].scope == "entity"
    assert len(with_parent.changed[0].drivers) == 40
    alone = run(*parts)
    assert len(alone.changed) == 1
    assert alone.changed[0].scope == "location:Ort 39"


def test_a_part_alone_must_be_rarer_than_its_entity() -> None:
    assert run(alarm(score=4.9)).changed
    assert not run(alarm(SeriesKey("Lindgrün", "theme", "billing"), score=4.9)).changed


def test_the_entity_takes_over_the_incident_of_a_part() -> None:
    part = run(alarm(SeriesKey("Lindgrün", "theme", "billing")))
    assert part.changed[0].dedup_key == "reputation|Lindgrün|billing"
    next_day = DAY + timedelta(days=1)
    whole = run(alarm(day=next_day), known=part.changed, now=next_day, sent=sent_of(part))
    assert [(i.incident_id, i.scope) for i in whole.changed] == [(part.changed[0].incident_id, "entity")]
    assert not whole.to_notify


def test_a_stale_source_inhibits_what_rests_on_it() -> None:
    fault = DataFault("Lindgrün", "portal", DAY, 2, 20)
    source = alarm(SeriesKey("Lindgrün", "source", "portal"), observed=11)
    outcome = advance([alarm(), source], (), at(DAY), faults=[fault])
    assert [i.kind for i in outcome.changed] == ["data"]
    other = alarm(SeriesKey("Lindgrün", "source", "portal"), observed=5)
    assert {i.kind for i in advance([alarm(), other], (), at(DAY), faults=[fault]).changed} == {
        "data",
        "more_and_worse",
    }


@pytest.mark.parametrize(
    ("context", "reason"),
    [
        ({"planned": [PlannedEvent("Sale", DAY, DAY)]}, "planned_event"),
        ({"is_quiet": True}, "quiet_hours"),
        ({"imported_through": {"Lindgrün": DAY}}, "history"),
    ],
)
def test_silence_has_a_reason(context: dict[str, object], reason: str) -> None:
    outcome = run(alarm(share_score=0.5), **context)  # type: ignore[arg-type]
    assert not outcome.to_notify
    assert outcome.held == ((outcome.changed[0].incident_id, reason),)
    urgent = run(alarm(), **context)  # type: ignore[arg-type]
    assert bool(urgent.to_notify) is (reason != "history")


def test_backfilled_days_never_notify() -> None:
    outcome = run(alarm(), now=DAY + timedelta(days=15))
    assert not outcome.to_notify
    assert outcome.changed[0].state == "resolved"


def test_a_false_alarm_stays_silent() -> None:
    mine = replace(run(alarm()).changed[0], state="false_alarm")
    next_day = DAY + timedelta(days=1)
    outcome = run(alarm(day=next_day, score=9.0), known=(mine,), now=next_day)
    assert not outcome.to_notify
    assert outcome.changed[0].state == "false_alarm"
