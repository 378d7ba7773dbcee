"""Whom to tell of which incident: what stays silent and why, and how few messages the rest fits into."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pipeline.reputation.evaluation import RANK
from pipeline.review import Incident, Severity

BACKFILL_DAYS = 14
# Reviews of a campaign come until a week after it.
EVENT_TAIL = timedelta(days=7)
# Quiet hours hold a message until morning. Where no run ever comes by day it must not wait for ever.
HELD_DAYS = 2


@dataclass(frozen=True)
class PlannedEvent:
    """A known event that explains more reviews; silences all but P1. `entity` None means every entity."""

    name: str
    start: date
    end: date
    entity: str | None = None


@dataclass(frozen=True)
class Circumstances:
    """What decides on silence.

    `sent` holds (incident_id, severity) of messages that went out; `quiet` are the entities in whose time zone the
    quiet hours are on.
    """

    sent: Collection[tuple[str, Severity]] = ()
    planned: Sequence[PlannedEvent] = ()
    quiet: Collection[str] = ()


@dataclass(frozen=True)
class Announcement:
    """`to_notify` people must be told of; `held` names the reason for each other that was not told yet."""

    to_notify: tuple[Incident, ...]
    held: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class MessagePlan:
    """The messages of one channel, each about one or several incidents, and what waits for a free place."""

    messages: tuple[tuple[Incident, ...], ...]
    waiting: tuple[Incident, ...]


def announce(incidents: Iterable[Incident], now: datetime, circumstances: Circumstances) -> Announcement:
    """Whom people must be told of at `now` (aware, in the business time zone), each severity once."""
    tell, held = [], []
    for incident in incidents:
        if incident.state == "false_alarm" or incident.parent_id or was_told(incident, circumstances.sent):
            continue
        reason = reason_for_silence(incident, now, circumstances)
        if reason:
            held.append((incident.incident_id, reason))
        else:
            tell.append(incident)
    return Announcement(tuple(tell), tuple(held))


def was_told(incident: Incident, sent: Collection[tuple[str, Severity]]) -> bool:
    """Whether a message of this severity or a graver one went out."""
    owed = RANK[incident.owed]
    return any(RANK[severity] >= owed for key, severity in sent if key == incident.incident_id)


def reason_for_silence(incident: Incident, now: datetime, circumstances: Circumstances) -> str | None:
    """The reason why nobody is told of an incident now; None where people must be told. A P1 waits for nothing."""
    today = now.date()
    if incident.owed is None or (today - incident.last_day).days > BACKFILL_DAYS:
        return "history"
    if incident.owed == "P1":
        return None
    if incident.state in ("acknowledged", "resolved"):
        return incident.state
    if incident.owed == "P3":
        return "next_report"
    if incident.snoozed_until is not None and incident.snoozed_until > now:
        return "snoozed"
    for event in circumstances.planned:
        mine = event.entity in (None, incident.entity)
        if mine and incident.kind != "data" and event.start <= incident.last_day <= event.end + EVENT_TAIL:
            return "planned_event"
    is_held = (
        incident.entity in circumstances.quiet
        and (today - (incident.noticed_day or incident.alert_day)).days < HELD_DAYS
    )
    return "quiet_hours" if is_held else None


def plan_messages(owed: Sequence[Incident], sent_in_the_hour: int, limit: int) -> MessagePlan:
    """How one channel is told of `owed` with at most `limit` messages an hour, the gravest first.

    What does not fit goes together into the last message; the last place of an hour is kept for a P1, where there are
    more than one.

    Raises:
        ValueError: the limit is below one.
    """
    if limit < 1:
        raise ValueError(f"a channel needs room for one message an hour, got {limit}")
    ranked = sorted(owed, key=lambda i: (-RANK[i.owed], i.alert_day, i.incident_id))
    has_urgent = any(i.owed == "P1" for i in ranked)
    places = max(0, limit - sent_in_the_hour - (0 if has_urgent or limit == 1 else 1))
    if not places:
        return MessagePlan((), tuple(ranked))
    if len(ranked) <= places:
        return MessagePlan(tuple((i,) for i in ranked), ())
    alone, together = ranked[: places - 1], ranked[places - 1 :]
    return MessagePlan((*((i,) for i in alone), tuple(together)), ())
