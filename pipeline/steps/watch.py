"""Scan, explain, tell: the steps of `watch_reputation`, and what `leumund alerts` needs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

import numpy as np

from pipeline import notify, progress
from pipeline.errors import PipelineError, UsageError
from pipeline.reputation import alert_text, budget, spike
from pipeline.reputation import incident as incident_rules
from pipeline.reputation import replay as replay_rules
from pipeline.reputation.incident import Circumstances, DataFault, PlannedEvent, SeriesKey
from pipeline.review import Incident, Severity
from pipeline.settings import Settings
from pipeline.steps import explaining, workplace
from pipeline.warehouse import daily, evidence, read, staging
from pipeline.warehouse import incidents as incident_store
from pipeline.warehouse.daily import DailyCounts

RECENT_DAYS = 14  # ALERTS 5.8: late reviews may still change these days
HISTORY_DAYS = 230  # the baseline looks back 180 days
LOOK_BACK_DAYS = 42
FILE_CHANNEL = "file"
OPEN_STATES = ("new", "updated", "acknowledged")
Answer = Literal["acknowledged", "snoozed", "false_alarm"]


@progress.step
def scan_series() -> dict[str, int]:
    """Counts of the scan: series looked at, days on which one fired, incidents that are new or changed."""
    settings = workplace.current()
    now = workplace.now()
    with workplace.warehouse(settings) as con:
        until = now.astimezone(ZoneInfo(settings.time_zone)).date()
        counts = daily.daily_counts(con, knowledge="posted", since=until - timedelta(days=HISTORY_DAYS), until=until)
        if not counts.series:
            return {"series": 0, "fired": 0, "incidents": 0}
        threshold = budget.threshold_for(settings.alerts.per_month, len(counts.series))
        history = history_of(counts)
        found = replay_rules.evidence(history, until - timedelta(days=RECENT_DAYS - 1), until)
        outcome = incident_rules.advance(
            found,
            incident_store.load_incidents(con),
            now,
            threshold=threshold,
            faults=_faults(settings, con, until),
            circumstances=_circumstances(settings, con, now),
        )
        model = read.current_model(con)
        explained = explaining.explained(con, outcome.changed, model)
        incident_store.store_incidents(con, explained)
        incident_store.record_evaluations(con, [_evaluated(each, threshold) for each in found])
    fired = sum(incident_rules.has_fired(each, threshold) for each in found)
    return {"series": len(counts.series), "fired": fired, "incidents": len(outcome.changed)}


@progress.step
def send_alerts() -> dict[str, Any]:
    """What was told: messages sent, held back, and refused by a channel; `told` has their titles.

    Each channel is recorded once it took the message. A crash between the two sends that one message again; it carries
    the incident's id, so that a person sees that it is the same.

    Raises:
        PipelineError: a channel refused; the message is owed and goes out with the next run.
    """
    settings = workplace.current()
    now = workplace.now()
    refused: list[str] = []
    told: list[str] = []
    with workplace.warehouse(settings) as con:
        known = incident_store.load_incidents(con)
        outcome = incident_rules.advance([], known, now, circumstances=_circumstances(settings, con, now))
        snoozed = _snoozed(settings, now)
        owed = [each for each in outcome.to_notify if each.incident_id not in snoozed or each.severity == "P1"]
        done = incident_store.alerts_sent(con)
        budgeted = sorted(owed, key=lambda each: (each.severity, each.alert_day))[: settings.notify.max_per_hour]
        for each in budgeted:
            message = alert_text.message(each, settings.alerts.language, entity_name=settings.entity_title(each.entity))
            told.append(message.title)
            for channel, url in _channels(settings):
                if (each.incident_id, each.severity, channel) in done:
                    continue
                if url is None:
                    _write_alert(settings, each, now)
                elif not notify.send(url, message.title, message.markdown).is_sent:
                    refused.append(channel)
                    continue
                incident_store.record_alert_sent(con, each.incident_id, each.severity, channel, now)
        for each in known:  # what went out before is kept up to date
            if (settings.alerts_dir / f"{each.incident_id}.json").exists():
                _write_alert(settings, each, now)
    if refused:
        raise PipelineError(
            f"{len(refused)} messages not taken by {', '.join(sorted(set(refused)))}",
            where="notify",
            remedy="Check LEUMUND_NOTIFY__URLS; the next run sends what is owed",
        )
    held = len(outcome.held) + len(outcome.to_notify) - len(budgeted)
    return {"sent": len(told), "held": held, "told": told}


def past_incidents(
    con: workplace.Connection, settings: Settings, entity: str, monday: date, as_of: datetime
) -> list[Incident]:
    """What the scan would have opened by the end of a week of history that nobody watched, explained."""
    end = monday + timedelta(days=6)
    since = end - timedelta(days=HISTORY_DAYS + LOOK_BACK_DAYS)
    counts = daily.daily_counts(con, entity=entity, knowledge="posted", as_of=as_of, since=since, until=end)
    if not counts.series:
        return []
    history = history_of(counts)
    found = replay_rules.evidence(history, end - timedelta(days=LOOK_BACK_DAYS - 1), end)
    threshold = budget.threshold_for(settings.alerts.per_month, len(counts.series))
    moment = datetime.combine(end, time(23, 59), as_of.tzinfo)
    outcome = incident_rules.advance(found, [], moment, threshold=threshold)
    model = read.current_model(con)
    shown = [each for each in outcome.changed if each.last_day >= monday]
    return explaining.explained(con, shown, model, as_of=as_of)


def incidents(*, only_open: bool) -> list[Incident]:
    """The stored incidents, oldest alert first."""
    settings = workplace.current()
    with workplace.warehouse(settings) as con:
        return incident_store.load_incidents(con, states=OPEN_STATES if only_open else None)


def answer_incident(incident_id: str, answer: Answer, until: datetime | None = None) -> None:
    """Keep what a person said about an incident.

    Raises:
        UsageError: there is no such incident.
    """
    settings = workplace.current()
    with workplace.warehouse(settings) as con:
        found = next((each for each in incident_store.load_incidents(con) if each.incident_id == incident_id), None)
        if found is None:
            raise UsageError(f"no incident {incident_id!r}", remedy="See `leumund alerts list --all`")
        if answer != "snoozed":
            incident_store.store_incidents(con, [replace(found, state=answer)])
            return
    snoozes = _read_snoozes(settings) | {incident_id: (until or workplace.now()).isoformat()}
    with staging.replacing(settings.alerts_dir / "snoozed.json") as partial:
        partial.write_text(json.dumps(snoozes, indent=1), encoding="utf-8")


def history_of(counts: DailyCounts) -> replay_rules.History:
    """The counts as the rules take them; a part without history is taken to be like its entity."""
    totals = counts.n_reviews.sum(axis=1)
    negatives = counts.n_negative.sum(axis=1)
    own = (negatives + 8 * spike.DEFAULT_SHARE) / (totals + 8)
    parents = np.where(counts.parents >= 0, own[counts.parents], spike.DEFAULT_SHARE)
    return replay_rules.History(
        keys=tuple(SeriesKey(entity=key.entity, level=key.level, name=key.name) for key in counts.series),
        n=counts.n_reviews.astype(np.float64),
        y=counts.n_negative.astype(np.float64),
        last_day=counts.days[-1],
        parent_share=parents,
    )


def _faults(settings: Settings, con: workplace.Connection, today: date) -> list[DataFault]:
    """Sources whose last run cannot be trusted."""
    owners = {each.name: each for each in settings.subscription}
    return [
        DataFault(owners[run.subscription].entity, run.source, today)
        for run in read.latest_runs(con)
        if run.subscription in owners and run.status in {"failed", "blocked", "empty", "partial"}
    ]


def _circumstances(settings: Settings, con: workplace.Connection, now: datetime) -> Circumstances:
    told = incident_store.alerts_sent(con)
    channels = {channel for channel, _ in _channels(settings)}
    pairs: set[tuple[str, Severity]] = {(key, severity) for key, severity, _ in told}  # type: ignore[misc]
    complete = {(key, rank) for key, rank in pairs if all((key, rank, channel) in told for channel in channels)}
    planned = [
        PlannedEvent(event.title, event.start, event.end or event.start, event.entity)
        for event in settings.event
        if event.kind == "campaign"
    ]
    return Circumstances(
        sent=complete,
        planned=planned,
        imported_through=evidence.imported_through(con),
        is_quiet=_is_quiet(settings, now),
    )


def _is_quiet(settings: Settings, now: datetime) -> bool:
    if not settings.alerts.quiet_hours:
        return False
    first, last = (int(part) for part in settings.alerts.quiet_hours.split("-"))
    hour = now.astimezone(ZoneInfo(settings.time_zone)).hour
    return first <= hour < last if first <= last else hour >= first or hour < last


def _evaluated(each: incident_rules.Evaluation, threshold: float) -> incident_store.AlertEvaluation:
    fired = incident_rules.has_fired(each, threshold)
    reason = None if fired else "too little history" if not each.is_usable else "below the threshold"
    series = each.series
    key = series.entity if series.level == "entity" else f"{series.entity}/{series.level}={series.name}"
    score = each.score if np.isfinite(each.score) else None
    return incident_store.AlertEvaluation(spike.RULE_VERSION, key, each.day, score, threshold, fired, reason)


def _channels(settings: Settings) -> Sequence[tuple[str, str | None]]:
    """Channel names and addresses; the file is always one and has none."""
    return [(FILE_CHANNEL, None), *((notify.channel_name(url), url) for url in settings.notify.urls)]


def _write_alert(settings: Settings, each: Incident, now: datetime) -> None:
    path = settings.alerts_dir / f"{each.incident_id}.json"
    created_at = now
    if path.exists():
        created_at = datetime.fromisoformat(json.loads(path.read_text(encoding="utf-8"))["created_at"])
    payload = alert_text.to_json(each, created_at=created_at, updated_at=now)
    with staging.replacing(path) as partial:
        partial.write_text(json.dumps(payload, ensure_ascii=False, indent=1, default=str), encoding="utf-8")


def _read_snoozes(settings: Settings) -> dict[str, str]:
    path = settings.alerts_dir / "snoozed.json"
    if not path.exists():
        return {}
    found: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _snoozed(settings: Settings, now: datetime) -> set[str]:
    return {key for key, until in _read_snoozes(settings).items() if datetime.fromisoformat(until) > now}
