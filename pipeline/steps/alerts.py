"""Tell people and other DAGs of incidents: the steps of `tell_alerts`, and a test message for each channel."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from filelock import FileLock, Timeout

from pipeline import notify, progress
from pipeline.errors import PipelineError, UsageError
from pipeline.reputation import alert_text, announcement, envelope
from pipeline.reputation.alert_text import Message
from pipeline.reputation.announcement import Circumstances, PlannedEvent
from pipeline.reputation.quiet_hours import parse_quiet_hours
from pipeline.reputation.wording import ENVELOPE
from pipeline.review import Incident, Severity
from pipeline.settings import Settings
from pipeline.steps import answers, workplace
from pipeline.warehouse import incidents as incident_store
from pipeline.warehouse import messages, staging
from pipeline.warehouse.incidents import IncidentTimes
from pipeline.warehouse.messages import Told, Unfinished

FILE_CHANNEL = "file"
ASSET_CHANNEL = "asset"  # other people's DAGs
HOUR = timedelta(hours=1)
LOCK_SECONDS = 600
TONES: Mapping[Severity, notify.Tone] = {"P1": "failure", "P2": "warning", "P3": "info"}
# Reasons for which a message waits; what is history or waits for the report is not on its way.
WAITS_FOR = ("quiet_hours", "planned_event", "snoozed")


@dataclass(frozen=True)
class Planned:
    """One message that is to go out: which incidents, on which channel (`url` None: the file), and what was said."""

    channel: str
    url: str | None
    incidents: tuple[Incident, ...]
    reminded: frozenset[str]
    maybe_twice: bool

    @property
    def told(self) -> list[tuple[str, Severity]]:
        """What is told by it: incident and severity."""
        return [(each.incident_id, each.owed or each.severity) for each in self.incidents]


@progress.step
def send_alerts(dry_run: bool = False) -> dict[str, Any]:
    """What was told: incidents sent, held back; `told` has their titles and `incidents` their ids.

    Each message is written down before it is sent and again after. One that was begun and never ended may have gone
    out: it is sent again and says so. With `dry_run` nothing is sent or written.

    Raises:
        PipelineError: a channel refused; the message is owed and goes out with the next run.
    """
    settings = workplace.current()
    settings.home.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(settings.home / "sending.lock", timeout=LOCK_SECONDS):
            return _send(settings, workplace.now(), dry_run)
    except Timeout:
        raise PipelineError(
            "another process has been sending for ten minutes", where="notify", remedy="Try again when it is done"
        ) from None


def _send(settings: Settings, now: datetime, dry_run: bool) -> dict[str, Any]:
    with workplace.warehouse(settings) as con:
        known = incident_store.load_incidents(con)
        times = incident_store.incident_times(con)
        plan, waiting = _plan(settings, known, now, _past(con, now))
    told: dict[str, str] = {}
    refused: dict[str, str] = {}
    for message in plan:
        if dry_run or _deliver(settings, message, times, refused):
            told |= {each.incident_id: _text(settings, each).title for each in message.incidents}
    if not dry_run:
        for each in known:  # what went out before is kept up to date
            if (settings.alerts_dir / f"{each.incident_id}.json").exists():
                _write_alert(settings, each, times)
    if refused:
        said = "; ".join(f"{channel}: {reason}" for channel, reason in sorted(refused.items()))
        raise PipelineError(
            f"messages not taken ({said})",
            where="notify",
            remedy="Check LEUMUND_NOTIFY__URLS with `leumund alerts test`; the next run sends what is owed",
        )
    return {"sent": len(told), "held": len(waiting), "told": list(told.values()), "incidents": list(told)}


@dataclass(frozen=True)
class _Past:
    told: Sequence[Told]
    in_the_hour: Mapping[str, int]
    unfinished: Sequence[Unfinished]


def _past(con: workplace.Connection, now: datetime) -> _Past:
    return _Past(messages.alerts_told(con), messages.messages_since(con, now - HOUR), messages.unfinished_messages(con))


def _plan(settings: Settings, known: Sequence[Incident], now: datetime, past: _Past) -> tuple[list[Planned], set[str]]:
    """The messages of every channel, and the incidents of which one waits."""
    local = now.astimezone(ZoneInfo(settings.time_zone))
    due = {each.incident_id: each.snoozed_until for each in known if _is_due(each, now)}
    plan: list[Planned] = []
    waiting: set[str] = set()
    for channel, url in _channels(settings):
        mine = [one for one in past.told if one.channel == channel]
        again = {one.incident_id for one in mine if _was_put_off(one, due)}
        sent = {(one.incident_id, one.severity) for one in mine if not _was_put_off(one, due)}
        outcome = announcement.announce(known, local, _circumstances(settings, known, now, sent))
        waiting |= {key for key, reason in outcome.held if reason in WAITS_FOR}
        groups: tuple[tuple[Incident, ...], ...] = tuple((each,) for each in outcome.to_notify)
        if url is not None:
            fitted = announcement.plan_messages(
                outcome.to_notify, past.in_the_hour.get(channel, 0), settings.notify.max_per_hour
            )
            groups = fitted.messages
            waiting |= {each.incident_id for each in fitted.waiting}
        for group in groups:
            begun = {pair for one in past.unfinished if one.channel == channel for pair in one.told}
            is_begun = any((each.incident_id, each.owed or each.severity) in begun for each in group)
            plan.append(Planned(channel, url, group, frozenset(again), is_begun))
    return plan, waiting


def _is_due(incident: Incident, now: datetime) -> bool:
    """Whether a snooze has ended and people should hear of the incident again."""
    until = incident.snoozed_until
    return until is not None and until <= now and incident.state in ("new", "updated")


def _was_put_off(one: Told, due: Mapping[str, datetime | None]) -> bool:
    until = due.get(one.incident_id)
    return until is not None and one.last_sent_at < until


def _circumstances(
    settings: Settings, known: Sequence[Incident], now: datetime, sent: set[tuple[str, Severity]]
) -> Circumstances:
    planned = [
        PlannedEvent(event.title, event.start, event.end or event.start, event.entity)
        for event in settings.event
        if event.kind == "campaign"
    ]
    hours = parse_quiet_hours(settings.alerts.quiet_hours)
    entities = {each.entity for each in known} if hours else set()
    quiet = {entity for entity in entities if hours and hours.holds(now, settings.entity_zone(entity))}
    return Circumstances(sent=sent, planned=planned, quiet=quiet)


def _deliver(settings: Settings, planned: Planned, times: Mapping[str, IncidentTimes], refused: dict[str, str]) -> bool:
    """Whether a message went out; what was refused is noted by channel."""
    at = workplace.now()
    if planned.url is None:
        for each in planned.incidents:
            _write_alert(settings, each, times)
        with workplace.warehouse(settings) as con:
            for key, severity in planned.told:
                messages.record_alert_sent(con, key, severity, planned.channel, at)
        return True
    said = repr((planned.channel, planned.told, at.isoformat()))
    message_id = sha256(said.encode()).hexdigest()[:16]
    message = _composed(settings, planned, at)
    with workplace.warehouse(settings) as con:
        messages.begin_message(con, message_id, planned.channel, planned.told, at)
    # The network is asked without holding the warehouse.
    gravest = min(each.severity for each in planned.incidents)
    delivery = notify.send(planned.url, message.title, message.markdown, tone=TONES[gravest])
    with workplace.warehouse(settings) as con:
        messages.end_message(con, message_id, planned.channel, planned.told, workplace.now(), is_sent=delivery.is_sent)
    if not delivery.is_sent:
        refused[planned.channel] = delivery.reason
    return delivery.is_sent


def _composed(settings: Settings, planned: Planned, now: datetime) -> Message:
    language = settings.alerts.language
    if len(planned.incidents) > 1:
        pairs = [(each, _text(settings, each)) for each in planned.incidents]
        return envelope.digest(pairs, language, maybe_twice=planned.maybe_twice)
    each = planned.incidents[0]
    return envelope.enclosed(
        _text(settings, each), each, language, links=answers.links(settings, each.incident_id, now),
        is_reminder=each.incident_id in planned.reminded, maybe_twice=planned.maybe_twice,
    )  # fmt: skip


def _text(settings: Settings, each: Incident) -> Message:
    return alert_text.message(each, settings.alerts.language, entity_name=settings.entity_title(each.entity))


@progress.step
def alerts_for_others() -> dict[str, Any]:
    """The incidents people were told of since this was last asked; each severity is handed out once.

    What other DAGs get: ids, kinds and severities; never a name or a text.
    """
    settings = workplace.current()
    with workplace.warehouse(settings) as con:
        told = messages.alerts_told(con)
        done = {(one.incident_id, one.severity) for one in told if one.channel == ASSET_CHANNEL}
        fresh = sorted({(one.incident_id, one.severity) for one in told} - done)
        kinds = {each.incident_id: each.kind for each in incident_store.load_incidents(con)}
        for key, severity in fresh:
            messages.record_alert_sent(con, key, severity, ASSET_CHANNEL, workplace.now())
    return {"alerts": [{"incident_id": key, "severity": rank, "kind": kinds.get(key, "")} for key, rank in fresh]}


def try_channels() -> list[notify.Delivery]:
    """What became of a test message on each channel.

    Raises:
        UsageError: the settings name no channel.
    """
    settings = workplace.current()
    if not settings.notify.urls:
        raise UsageError("no channels", where="[notify] urls", remedy="Set LEUMUND_NOTIFY__URLS; see docs/operators.md")
    words = ENVELOPE[settings.alerts.language]
    return notify.send_all(settings.notify.urls, words["test_title"], words["test_body"])


def _channels(settings: Settings) -> Sequence[tuple[str, str | None]]:
    """Channel names and addresses; the file is always one and has none."""
    urls = dict.fromkeys(settings.notify.urls)
    return [(FILE_CHANNEL, None), *((notify.channel_name(url), url) for url in urls)]


def _write_alert(settings: Settings, each: Incident, times: Mapping[str, IncidentTimes]) -> None:
    """Write the incident's file; the same incident gives the same bytes."""
    known = times.get(each.incident_id, IncidentTimes(None, None))
    created_at = known.created_at or datetime.combine(each.alert_day, datetime.min.time(), ZoneInfo("UTC"))
    updated_at = known.updated_at or created_at
    payload = alert_text.to_json(
        each, created_at=created_at, updated_at=updated_at, links=answers.links(settings, each.incident_id, updated_at)
    )
    with staging.replacing(settings.alerts_dir / f"{each.incident_id}.json") as partial:
        partial.write_text(json.dumps(payload, ensure_ascii=False, indent=1, default=str), encoding="utf-8")
