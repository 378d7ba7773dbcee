"""The state that watching needs between runs: incidents, and what each rule decided of which series."""

# ruff: noqa: S608 - what is put into a statement are constants and names of this package; values are bound.

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from pipeline.review import Driver, Incident, Quote
from pipeline.warehouse.connection import Connection, count, from_epoch_us, transaction
from pipeline.warehouse.stored_explanation import explanation_from_json

_KEYS = (
    "incident_id", "dedup_key", "state", "kind", "severity", "entity", "scope", "start_day", "alert_day", "last_day"
)  # fmt: skip

_MERGE_INCIDENT = f"""
merge into core.incidents as stored
using (
    select
        {", ".join(f"${key} as {key}" for key in _KEYS)},
        $payload as payload,
        $at::timestamptz as created_at,
        $at::timestamptz as updated_at
) as fresh
    on stored.incident_id = fresh.incident_id
when matched and stored.payload <> fresh.payload
    then update set {", ".join(f"{key} = fresh.{key}" for key in (*_KEYS[1:], "payload", "updated_at"))}
when not matched then insert by name
"""

_EVALUATION_TYPE = """struct(
    rule_version varchar, series_key varchar, day date, score double, threshold double, fired boolean,
    reason_not_fired varchar, entity varchar, scope varchar, start_day date, share_score double, count_score double,
    observed integer, expected double, n_reviews integer
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
        or stored.n_reviews is distinct from fresh.n_reviews
    )
    then update set
        score = fresh.score,
        threshold = fresh.threshold,
        fired = fresh.fired,
        reason_not_fired = fresh.reason_not_fired,
        entity = fresh.entity,
        scope = fresh.scope,
        start_day = fresh.start_day,
        share_score = fresh.share_score,
        count_score = fresh.count_score,
        observed = fresh.observed,
        expected = fresh.expected,
        n_reviews = fresh.n_reviews
when not matched then insert by name
"""


# An incident is about all evaluations of its entity that fired while it went on: its parts are folded into it.
_FALSE_ALARMS = """
select
    evaluations.series_key,
    evaluations.day,
    max(evaluations.score) as score
from core.incidents as incidents
inner join run.alert_evaluations as evaluations
    on
        incidents.entity = evaluations.entity
        and evaluations.day between incidents.start_day and incidents.last_day
        and evaluations.rule_version = (incidents.payload ->> '$.rule_version')
where
    incidents.state = 'false_alarm'
    and incidents.kind not in ('data', 'manipulation', 'positive_surge')
    and evaluations.fired
    and evaluations.score is not null
    and (
        incidents.scope in ('entity', evaluations.scope)
        or list_contains((incidents.payload -> '$.parts')::varchar[], evaluations.scope)
    )
group by evaluations.series_key, evaluations.day
order by evaluations.series_key, evaluations.day
"""


@dataclass(frozen=True)
class AlertEvaluation:
    """What a rule decided for a series on a day; kept whether it fired or not, so thresholds can be replayed.

    The counts are those of the strongest window, which starts on `start_day`.
    """

    rule_version: str
    series_key: str
    day: date
    score: float | None
    threshold: float | None
    fired: bool
    reason_not_fired: str | None = None
    entity: str | None = None
    scope: str | None = None
    start_day: date | None = None
    share_score: float | None = None
    count_score: float | None = None
    observed: int | None = None
    expected: float | None = None
    n_reviews: int | None = None


@dataclass(frozen=True)
class FalseAlarm:
    """An alarm of a series on a day that a person called false, with its score; what calibration reads."""

    series_key: str
    day: date
    score: float


@dataclass(frozen=True)
class IncidentTimes:
    """When an incident was first and last stored, in UTC; None for those of an older version."""

    created_at: datetime | None
    updated_at: datetime | None


def store_incidents(con: Connection, incidents: Iterable[Incident], at: datetime | None = None) -> int:
    """Store the latest state of incidents by their id, as of `at`, and return how many were new or different."""
    changed = 0
    with transaction(con):
        for incident in incidents:
            row = {key: getattr(incident, key) for key in _KEYS}
            row["payload"] = json.dumps(asdict(incident), default=str, ensure_ascii=False, sort_keys=True)
            changed += count(con, _MERGE_INCIDENT, {**row, "at": at})
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
    row["noticed_day"] = date.fromisoformat(row["noticed_day"]) if row.get("noticed_day") else None
    row["words"], row["parts"], row["signs"] = (tuple(row.get(key, ())) for key in ("words", "parts", "signs"))
    row["snoozed_until"] = datetime.fromisoformat(row["snoozed_until"]) if row.get("snoozed_until") else None
    row.setdefault("owed", row["severity"])  # stored before history was told apart
    row["quotes"] = tuple(
        Quote(**{**quote, "posted_on": date.fromisoformat(quote["posted_on"]) if quote["posted_on"] else None})
        for quote in row["quotes"]
    )
    if row.get("explanation"):
        row["explanation"] = explanation_from_json(row["explanation"])
    return Incident(**row)


def incident_times(con: Connection) -> dict[str, IncidentTimes]:
    """When each incident was made and last changed."""
    rows = con.execute("select incident_id, epoch_us(created_at), epoch_us(updated_at) from core.incidents").fetchall()
    return {key: IncidentTimes(from_epoch_us(made), from_epoch_us(changed)) for key, made, changed in rows}


def false_alarms(con: Connection) -> list[FalseAlarm]:
    """What people called false: series, day and score of every alarm in it, once each, in a fixed order."""
    return [FalseAlarm(*row) for row in con.execute(_FALSE_ALARMS).fetchall()]


def record_evaluations(con: Connection, evaluations: Iterable[AlertEvaluation]) -> int:
    """Store what rules decided, by rule version, series and day; returns how many rows were new or different."""
    rows = [asdict(evaluation) for evaluation in evaluations]
    if not rows:
        return 0
    with transaction(con):
        return count(con, _MERGE_EVALUATIONS, {"rows": rows})
