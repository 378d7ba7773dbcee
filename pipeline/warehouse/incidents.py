"""The state that watching needs between runs: incidents, who was told of them, and what each rule decided."""

# ruff: noqa: S608 - what is put into a statement are constants and names of this package; values are bound.

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from pipeline.review import Driver, Incident, Quote
from pipeline.warehouse.connection import Connection, count, transaction
from pipeline.warehouse.stored_explanation import explanation_from_json

_KEYS = (
    "incident_id", "dedup_key", "state", "kind", "severity", "entity", "scope", "start_day", "alert_day", "last_day"
)  # fmt: skip

_MERGE_INCIDENT = f"""
merge into core.incidents as stored
using (select {", ".join(f"${key} as {key}" for key in _KEYS)}, $payload as payload) as fresh
    on stored.incident_id = fresh.incident_id
when matched and stored.payload <> fresh.payload
    then update set {", ".join(f"{key} = fresh.{key}" for key in (*_KEYS[1:], "payload"))}
when not matched then insert by name
"""

_MERGE_SENT = """
merge into core.alerts_sent as stored
using (select $incident_id as incident_id, $severity as severity, $channel as channel, $sent_at as sent_at) as fresh
    on
        stored.incident_id = fresh.incident_id
        and stored.severity = fresh.severity
        and stored.channel = fresh.channel
when not matched then insert by name
"""

_EVALUATION_TYPE = """struct(
    rule_version varchar, series_key varchar, day date, score double, threshold double, fired boolean,
    reason_not_fired varchar
)[]"""

_MERGE_EVALUATIONS = f"""
merge into run.alert_evaluations as stored
using (select unnest($rows::{_EVALUATION_TYPE}, recursive := true)) as fresh
    on
        stored.rule_version = fresh.rule_version
        and stored.series_key = fresh.series_key
        and stored.day = fresh.day
when matched
    and (
        stored.score is distinct from fresh.score
        or stored.fired <> fresh.fired
        or stored.reason_not_fired is distinct from fresh.reason_not_fired
    )
    then update set
        score = fresh.score,
        threshold = fresh.threshold,
        fired = fresh.fired,
        reason_not_fired = fresh.reason_not_fired
when not matched then insert by name
"""


@dataclass(frozen=True)
class AlertEvaluation:
    """What a rule decided for a series on a day; kept whether it fired or not, so thresholds can be replayed."""

    rule_version: str
    series_key: str
    day: date
    score: float | None
    threshold: float | None
    fired: bool
    reason_not_fired: str | None = None


def store_incidents(con: Connection, incidents: Iterable[Incident]) -> int:
    """Store the latest state of incidents by their id, and return how many were new or different."""
    changed = 0
    with transaction(con):
        for incident in incidents:
            row = {key: getattr(incident, key) for key in _KEYS}
            row["payload"] = json.dumps(asdict(incident), default=str, ensure_ascii=False, sort_keys=True)
            changed += count(con, _MERGE_INCIDENT, row)
    return changed


def load_incidents(
    con: Connection, *, entity: str | None = None, states: Sequence[str] | None = None
) -> list[Incident]:
    """The stored incidents, oldest alert first; of one entity, or in some states only, where asked."""
    rows = con.execute(
        "select payload from core.incidents"
        " where ($entity::varchar is null or entity = $entity)"
        " and ($states::varchar[] is null or list_contains($states::varchar[], state))"
        " order by alert_day, incident_id",
        {"entity": entity, "states": None if states is None else list(states)},
    ).fetchall()
    return [incident_from_json(row[0]) for row in rows]


def incident_from_json(payload: str) -> Incident:
    """The incident a stored payload holds."""
    row: dict[str, Any] = json.loads(payload)
    for key in ("start_day", "alert_day", "last_day"):
        row[key] = date.fromisoformat(row[key])
    row["drivers"] = tuple(Driver(**driver) for driver in row["drivers"])
    row["words"] = tuple(row["words"])
    row["quotes"] = tuple(
        Quote(**{**quote, "posted_on": date.fromisoformat(quote["posted_on"]) if quote["posted_on"] else None})
        for quote in row["quotes"]
    )
    if row.get("explanation"):
        row["explanation"] = explanation_from_json(row["explanation"])
    return Incident(**row)


def record_alert_sent(con: Connection, incident_id: str, severity: str, channel: str, sent_at: datetime) -> bool:
    """Note that a channel was told of an incident at a severity; False if that was noted before."""
    sent = {"incident_id": incident_id, "severity": severity, "channel": channel, "sent_at": sent_at}
    with transaction(con):
        return count(con, _MERGE_SENT, sent) > 0


def alerts_sent(con: Connection) -> set[tuple[str, str, str]]:
    """Who was told of what: (incident_id, severity, channel)."""
    return set(con.execute("select incident_id, severity, channel from core.alerts_sent").fetchall())


def record_evaluations(con: Connection, evaluations: Iterable[AlertEvaluation]) -> int:
    """Store what rules decided, by rule version, series and day; returns how many rows were new or different."""
    rows = [asdict(evaluation) for evaluation in evaluations]
    if not rows:
        return 0
    with transaction(con):
        return count(con, _MERGE_EVALUATIONS, {"rows": rows})
