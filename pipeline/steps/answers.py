"""Take people's answers to incidents: by command, or by a signed link."""

from __future__ import annotations

from datetime import datetime, timedelta

from pipeline.errors import UsageError
from pipeline.reputation.answering import ANSWERS, Answer, answered
from pipeline.reputation.signed_answer import SignedAnswer, sign, verify
from pipeline.review import Incident
from pipeline.settings import Settings
from pipeline.steps import workplace
from pipeline.warehouse import answers as answer_log
from pipeline.warehouse import incidents as incident_store

SNOOZE = timedelta(days=7)


def incidents(*, only_open: bool) -> list[Incident]:
    """The stored incidents, oldest alert first."""
    settings = workplace.current()
    with workplace.warehouse(settings) as con:
        found = incident_store.load_incidents(con)
    return [each for each in found if each.is_open or not only_open]


def answer_incident(
    incident_id: str, answer: Answer, *, by: str, via: str = "command", until: datetime | None = None
) -> Incident:
    """Keep what a person said about an incident, and give it back as it is now. A snooze lasts a week unless told.

    Raises:
        UsageError: there is no such incident, or it is over.
    """
    settings = workplace.current()
    now = workplace.now()
    if answer == "snoozed":
        until = until or now + SNOOZE
    with workplace.warehouse(settings) as con:
        known = incident_store.load_incidents(con)
        found = next((each for each in known if each.incident_id == incident_id), None)
        if found is None:
            raise UsageError(f"no incident {incident_id!r}", remedy="See `leumund alerts list --all`")
        changed = answered(found, answer, until, known)
        incident_store.store_incidents(con, [changed], now)
        answer_log.record_answer(con, answer_log.AnswerGiven(incident_id, answer, by, via, now, until))
    return changed


def read_link(link: str) -> SignedAnswer:
    """What a signed link says.

    Raises:
        UsageError: it is not ours, was changed, or has expired.
    """
    return verify(link, workplace.current().secret(), workplace.now())


def answer_by_link(link: str, *, by: str, via: str = "link") -> Incident:
    """Carry out what a signed link says, and give back the incident as it is now.

    Raises:
        UsageError: the link is not ours or has expired, or the incident is over.
    """
    said = read_link(link)
    return answer_incident(said.incident_id, said.answer, by=by, via=via)


def links(settings: Settings, incident_id: str, now: datetime) -> dict[str, str]:
    """The address of each answer to an incident, signed; empty where the settings name no `link_base`."""
    base = settings.notify.link_base.rstrip("/")
    if not base:
        return {}
    until = now + timedelta(days=settings.notify.link_days)
    secret = settings.secret()
    return {
        each: f"{base}/reputation/answer/{sign(SignedAnswer(incident_id, each, until), secret)}" for each in ANSWERS
    }
