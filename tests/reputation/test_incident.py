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
    Sign,
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
    assert run(alarm(score=3.9)).changed
    assert not run(alarm(SeriesKey("Lindgrün", "theme", "billing"), score=3.9)).changed


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
        ({"quiet": {"Lindgrün"}}, "quiet_hours"),
    ],
)
def test_silence_has_a_reason(context: dict[str, object], reason: str) -> None:
    outcome = run(alarm(share_score=0.5), **context)  # type: ignore[arg-type]
    assert not outcome.to_notify
    assert outcome.held == ((outcome.changed[0].incident_id, reason),)
    assert run(alarm(), **context).to_notify  # type: ignore[arg-type]


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


@pytest.mark.parametrize(
    ("share", "count", "volume", "kind", "severity"),
    [
        (4.0, 1.0, None, "worse", "P2"),
        (4.0, 4.0, 0.5, "worse", "P1"),  # twice the share is twice the negatives: only all reviews tell of more
        (4.0, 4.0, 2.0, "more_and_worse", "P1"),
        (4.0, 4.0, None, "more_and_worse", "P1"),
        (2.0, 3.0, 3.0, "more_and_worse", "P1"),
        (2.0, 2.9, 3.0, "more_and_worse", "P2"),
        (1.9, 6.0, 6.0, "more", "P2"),
        (0.0, 6.0, 6.0, "more", "P2"),
    ],
)
def test_kind_and_severity_follow_the_scores(
    share: float, count: float, volume: float | None, kind: str, severity: str
) -> None:
    one = alarm(share_score=share, count_score=count, volume_score=volume)
    assert (one.kind, one.severity) == (kind, severity)


def test_a_safety_or_legal_text_makes_an_alarm_a_p1_and_says_so() -> None:
    (incident,) = run(alarm(share_score=0.5, is_urgent=True)).changed
    assert (incident.severity, incident.owed, incident.signs) == ("P1", "P1", ("safety_or_legal",))


def place(name: str, **changes: object) -> Evaluation:
    return alarm(SeriesKey("Lindgrün", "location", name), **changes)  # type: ignore[arg-type]


def test_forty_parts_stay_one_thread_on_the_days_that_follow() -> None:
    first = run(*(place(f"Ort {i}", score=6 + i / 100) for i in range(40)))
    day = DAY + timedelta(days=1)
    again = run(
        *(place(f"Ort {i}", score=7 - i / 100, day=day) for i in range(40)), known=first.changed, now=day,
        sent=sent_of(first),
    )  # fmt: skip
    assert [i.incident_id for i in again.changed] == [first.changed[0].incident_id]
    assert not again.to_notify


def test_another_branch_on_another_day_is_another_cause() -> None:
    north = run(place("Nord"))
    day = DAY + timedelta(days=2)
    south = run(place("Nord", day=day), place("Süd", day=day), known=north.changed, now=day, sent=sent_of(north))
    assert [i.scope for i in south.to_notify] == ["location:Süd"]


def test_two_threads_of_parts_become_one_when_the_entity_fires() -> None:
    known = (*run(place("Nord")).changed, *run(alarm(SeriesKey("Lindgrün", "theme", "billing"))).changed)
    day = DAY + timedelta(days=1)
    whole = run(alarm(day=day), place("Nord", day=day), known=known, now=day)
    left = {i.incident_id: i for i in (*known, *whole.changed)}
    assert [i.scope for i in left.values() if i.is_open] == ["entity"]
    (parent,) = (i for i in left.values() if i.is_open)
    assert [i.parent_id for i in left.values() if not i.is_open] == [parent.incident_id]
    assert set(parent.parts) == {"location:Nord", "theme:billing"}
    assert run(alarm(day=day), place("Nord", day=day), known=tuple(left.values()), now=day).changed == ()


def test_a_graver_part_raises_the_incident_of_its_entity() -> None:
    first = run(alarm(share_score=0.5))
    worse = run(alarm(share_score=0.5), place("Nord"), known=first.changed, sent=sent_of(first))
    assert [(i.scope, i.severity) for i in worse.to_notify] == [("entity", "P1")]


def test_history_opens_and_raises_incidents_but_tells_nobody() -> None:
    past = run(alarm(is_history=True))
    assert past.held == ((past.changed[0].incident_id, "history"),)
    live = run(alarm(share_score=0.5, score=5.0), known=past.changed)
    assert [(i.severity, i.owed) for i in live.to_notify] == [("P1", "P2")]
    silent = run(alarm(is_history=True, score=9.0), known=live.changed, sent={(live.changed[0].incident_id, "P2")})
    assert not silent.to_notify


def test_a_false_alarm_that_gets_a_class_worse_opens_again() -> None:
    called = replace(run(alarm(share_score=0.5)).changed[0], state="false_alarm")
    day = DAY + timedelta(days=1)
    assert run(alarm(share_score=0.5, day=day, score=9), known=(called,), now=day).to_notify == ()
    worse = run(alarm(day=day), known=(called,), now=day)
    assert [(i.incident_id, i.state, i.severity) for i in worse.to_notify] == [(called.incident_id, "updated", "P1")]


def test_a_p1_learnt_of_late_is_told_though_it_is_over() -> None:
    late = run(alarm(), now=DAY + timedelta(days=10))
    assert [(i.state, i.severity) for i in late.to_notify] == [("resolved", "P1")]
    assert not run(alarm(share_score=0.5), now=DAY + timedelta(days=10)).to_notify


def test_an_alarm_before_the_start_of_an_incident_joins_it() -> None:
    first = run(alarm())
    earlier = DAY - timedelta(days=4)
    weaker = run(alarm(day=earlier), known=first.changed, sent=sent_of(first))
    assert [(i.incident_id, i.alert_day) for i in weaker.changed] == [(first.changed[0].incident_id, earlier)]
    stronger = run(alarm(day=earlier, start_day=earlier, score=9), known=first.changed, sent=sent_of(first))
    assert [(i.incident_id, i.start_day) for i in stronger.changed] == [(first.changed[0].incident_id, earlier)]
    assert not stronger.to_notify


def suspicion(**changes: object) -> Sign:
    base = Sign("manipulation", SeriesKey("Lindgrün", "source", "portal"), DAY, DAY, 7.0, 20, 1.0, 0, 3, 22, 0.3, 10,
                ("new_authors",))  # fmt: skip
    return replace(base, **changes)  # type: ignore[arg-type]


def test_an_excess_by_suspicious_reviews_is_suspected_manipulation_told_all_the_same() -> None:
    outcome = advance([alarm()], (), at(DAY), signs=[suspicion()])
    assert [(i.kind, i.severity, i.signs) for i in outcome.to_notify] == [("manipulation", "P1", ("new_authors",))]
    assert advance([alarm()], outcome.changed, at(DAY), signs=[suspicion()]).changed == ()


def test_suspicious_praise_beside_real_complaints_is_another_thread() -> None:
    outcome = advance([alarm()], (), at(DAY), signs=[suspicion(n_negative=1)])
    assert {(i.kind, i.severity) for i in outcome.changed} == {("more_and_worse", "P1"), ("manipulation", "P2")}


@pytest.mark.parametrize("kind", ["drift", "positive_surge"])
def test_drift_and_praise_wait_for_the_report(kind: str) -> None:
    sign = suspicion(kind=kind, series=SHOP, reasons=())
    outcome = advance([], (), at(DAY), signs=[sign])
    assert [(i.kind, i.severity) for i in outcome.changed] == [(kind, "P3")]
    assert outcome.held == ((outcome.changed[0].incident_id, "next_report"),)
    assert advance([], outcome.changed, at(DAY), signs=[sign]).changed == ()


def test_a_faulty_source_that_gives_again_ends_its_incident_and_failing_again_is_no_news() -> None:
    fault = DataFault("Lindgrün", "portal", DAY, 0, 20, "blocked")
    first = advance([], (), at(DAY), faults=[fault])
    assert [(i.kind, i.signs) for i in first.to_notify] == [("data", ("blocked",))]
    unknown = advance([], first.changed, at(DAY + timedelta(days=1)))
    assert not unknown.changed
    well = advance([], first.changed, at(DAY + timedelta(days=1)), faults=[])
    assert [i.state for i in well.changed] == ["resolved"]
    sent = Circumstances(sent=sent_of(first))
    day = DAY + timedelta(days=2)
    again = advance([], well.changed, at(day), faults=[replace(fault, day=day)], circumstances=sent)
    assert [(i.incident_id, i.state) for i in again.changed] == [(first.changed[0].incident_id, "updated")]
    assert not again.to_notify


def test_a_fault_that_a_person_calls_false_inhibits_no_longer() -> None:
    fault = DataFault("Lindgrün", "portal", DAY, 0, 20)
    source = alarm(SeriesKey("Lindgrün", "source", "portal"), observed=11)
    first = advance([alarm(), source], (), at(DAY), faults=[fault])
    assert first.inhibited == (alarm(), source)
    called = tuple(replace(i, state="false_alarm") for i in first.changed)
    assert [i.kind for i in advance([alarm(), source], called, at(DAY), faults=[fault]).to_notify] == ["more_and_worse"]


def test_a_source_that_gives_a_third_spoils_the_parts_no_count_splits_by_source() -> None:
    billing = alarm(SeriesKey("Lindgrün", "theme", "billing"))
    for weight, kinds in ((0.4, {"data"}), (0.1, {"data", "more_and_worse"})):
        fault = DataFault("Lindgrün", "portal", DAY, weight=weight)
        assert {i.kind for i in advance([billing], (), at(DAY), faults=[fault]).changed} == kinds


def test_a_small_fault_is_noted_and_inhibits_nothing() -> None:
    fault = DataFault("Lindgrün", "portal", DAY, reason="partial", severity="P3", inhibits=False)
    source = alarm(SeriesKey("Lindgrün", "source", "portal"))
    outcome = advance([source], (), at(DAY), faults=[fault])
    assert {(i.kind, i.severity) for i in outcome.changed} == {("data", "P3"), ("more_and_worse", "P1")}
