"""What a person's answer does to an incident."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Literal, get_args

from pipeline.errors import UsageError
from pipeline.review import Incident

Answer = Literal["acknowledged", "snoozed", "false_alarm"]
ANSWERS: tuple[Answer, ...] = get_args(Answer)


def answered(
    incident: Incident, answer: Answer, until: datetime | None = None, others: Iterable[Incident] = ()
) -> Incident:
    """The incident after an answer; the same answer twice changes nothing.

    A snooze needs the moment it ends. An incident that is over can still be called a false alarm, nothing else; a false
    alarm may be taken back unless one of `others` has taken its thread up.

    Raises:
        UsageError: the incident is over, belongs to another one, or the snooze has no end.
    """
    if incident.parent_id:
        raise UsageError(
            f"incident {incident.incident_id} was taken over by {incident.parent_id}",
            remedy=f"Answer {incident.parent_id}",
        )
    if answer == "false_alarm":
        return replace(incident, state="false_alarm", snoozed_until=None)
    if incident.state == "resolved":
        raise UsageError(
            f"incident {incident.incident_id} is over since {incident.last_day}",
            remedy="It can only be called a false alarm",
        )
    heir = next((i for i in others if i.is_open and i.dedup_key == incident.dedup_key), incident)
    if heir.incident_id != incident.incident_id:
        raise UsageError(
            f"incident {incident.incident_id} goes on as {heir.incident_id}", remedy=f"Answer {heir.incident_id}"
        )
    if answer == "acknowledged":
        return replace(incident, state="acknowledged", snoozed_until=None)
    if until is None:
        raise UsageError("a snooze needs an end", remedy="Give --days")
    return replace(
        incident, state="updated" if incident.state == "false_alarm" else incident.state, snoozed_until=until
    )
