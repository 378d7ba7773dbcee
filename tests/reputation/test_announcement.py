"""Whom to tell when: quiet hours, planned events, snoozes, and three messages an hour."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import UsageError
from pipeline.reputation.announcement import Circumstances, PlannedEvent, plan_messages, reason_for_silence
from pipeline.reputation.answering import answered
from pipeline.reputation.quiet_hours import parse_quiet_hours
from pipeline.review import Incident, Severity

DAY = date(2026, 11, 17)
NOW = datetime(2026, 11, 17, 12, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def incident(owed: Severity | None = "P2", number: int = 1, **changes: object) -> Incident:
    base = Incident(
        incident_id=f"i{number}", dedup_key=f"reputation|shop|{number}", state="new", kind="worse",
        severity=owed or "P2", entity="shop", scope="entity", start_day=DAY, alert_day=DAY, last_day=DAY, observed=9,
        expected=2.0, expected_low=0, expected_high=5, n_reviews=30, share=0.3, share_baseline=0.1, score=6.0,
        owed=owed,
    )  # fmt: skip
    return replace(base, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("hours", "local", "is_quiet"),
    [
        ("21-7", "2026-11-17T21:00", True),
        ("21-7", "2026-11-18T06:59", True),
        ("21-7", "2026-11-18T07:00", False),
        ("21-7", "2026-11-17T20:59", False),
        ("1-5", "2026-11-17T04:59", True),
        ("1-5", "2026-11-17T05:00", False),
        ("21-24", "2026-11-17T23:59", True),
        ("21-24", "2026-11-18T00:00", False),
        ("7-7", "2026-11-17T07:30", False),
        ("21-7", "2026-03-29T06:30", True),  # the day that lacks an hour
        ("21-7", "2026-03-29T07:00", False),
        ("21-7", "2026-10-25T06:30", True),  # the day that has one twice
        ("21-7", "2026-10-25T07:00", False),
    ],
)
def test_the_clock_on_the_wall_decides_what_is_night(hours: str, local: str, is_quiet: bool) -> None:
    quiet = parse_quiet_hours(hours)
    assert quiet is not None
    assert quiet.holds(datetime.fromisoformat(local).replace(tzinfo=BERLIN).astimezone(UTC), BERLIN) is is_quiet


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25)], ids=["spring", "autumn"])
def test_a_night_on_which_the_clock_changes_ends_at_seven_all_the_same(day: date) -> None:
    quiet = parse_quiet_hours("21-7")
    assert quiet is not None
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=4)
    moments = [start + timedelta(minutes=10 * step) for step in range(90)]
    ends = [moment for before, moment in pairwise(moments)
            if quiet.holds(before, BERLIN) and not quiet.holds(moment, BERLIN)]  # fmt: skip
    assert [moment.astimezone(BERLIN).strftime("%d %H:%M") for moment in ends] == [f"{day.day} 07:00"]


@pytest.mark.parametrize("text", ["25-7", "21", "a-b", "21-7-8", "-3"])
def test_what_is_no_hours_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="quiet hours"):
        parse_quiet_hours(text)
    assert parse_quiet_hours("") is None


def silence(one: Incident, now: datetime = NOW, **context: object) -> str | None:
    return reason_for_silence(one, now, Circumstances(**context))  # type: ignore[arg-type]


def test_a_planned_event_silences_what_comes_with_it_and_shortly_after() -> None:
    sale = [PlannedEvent("Sale", DAY - timedelta(days=3), DAY)]
    for days, reason in ((0, "planned_event"), (7, "planned_event"), (8, None)):
        last = DAY + timedelta(days=days)
        one = incident(last_day=last)
        assert silence(one, NOW + timedelta(days=days), planned=sale) == reason
        assert silence(incident("P1", last_day=last), NOW + timedelta(days=days), planned=sale) is None
    assert silence(incident(kind="data"), planned=sale) is None
    other = [PlannedEvent("Sale", DAY, DAY, "other shop")]
    assert silence(incident(), planned=other) is None


def test_quiet_hours_hold_for_a_night_but_not_for_ever() -> None:
    assert silence(incident(), quiet={"shop"}) == "quiet_hours"
    assert silence(incident(), quiet={"other shop"}) is None
    assert silence(incident(), NOW + timedelta(days=2), quiet={"shop"}) is None


def test_answers_decide_what_is_silent() -> None:
    until = NOW + timedelta(days=2)
    snoozed = answered(incident(), "snoozed", until)
    assert silence(snoozed) == "snoozed"
    assert silence(snoozed, until) is None
    assert silence(answered(incident(), "acknowledged")) == "acknowledged"
    assert silence(answered(incident("P1"), "acknowledged")) is None
    assert answered(answered(incident(), "acknowledged"), "acknowledged") == answered(incident(), "acknowledged")


def test_what_is_over_can_only_be_called_false() -> None:
    over = incident(state="resolved")
    assert answered(over, "false_alarm").state == "false_alarm"
    with pytest.raises(UsageError, match="is over since"):
        answered(over, "acknowledged")
    with pytest.raises(UsageError, match="taken over by i9"):
        answered(incident(parent_id="i9"), "false_alarm")
    with pytest.raises(UsageError, match="needs an end"):
        answered(incident(), "snoozed")


owed_lists = st.lists(st.sampled_from(["P1", "P2"]), max_size=12).map(
    lambda ranks: [incident(rank, number) for number, rank in enumerate(ranks)]  # type: ignore[arg-type]
)


@given(owed=owed_lists, sent=st.integers(0, 6), limit=st.integers(1, 5))
def test_no_plan_breaks_the_limit_or_loses_an_incident(owed: list[Incident], sent: int, limit: int) -> None:
    plan = plan_messages(owed, sent, limit)
    assert len(plan.messages) + sent <= max(limit, sent)
    told = [one for message in plan.messages for one in message]
    assert sorted(i.incident_id for i in (*told, *plan.waiting)) == sorted(i.incident_id for i in owed)
    assert [i.severity for i in told] == sorted(i.severity for i in told)
    if sent < limit and any(i.severity == "P1" for i in owed):
        assert not plan.waiting


def test_the_last_place_of_an_hour_is_kept_for_a_p1() -> None:
    assert plan_messages([incident("P2")], 2, 3).waiting
    assert not plan_messages([incident("P1")], 2, 3).waiting
    assert not plan_messages([incident("P2")], 0, 1).waiting
    with pytest.raises(ValueError, match="room for one"):
        plan_messages([], 0, 0)
