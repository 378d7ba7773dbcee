"""An incident for other programs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime

from pipeline.review import DataCheck, Explanation, Incident, KnownEvent

SCHEMA_VERSION = 1
P_NOTE = (
    "p_count and p_share are 10 to the power of minus the scores: tails of the scan's model, not corrected for the "
    "many days, windows and series looked at. They rank incidents; they are not the chance of a false alarm."
)
_LEVELS = ("location", "theme", "language", "source", "version")


def to_json(
    incident: Incident,
    *,
    created_at: datetime,
    updated_at: datetime,
    links: Mapping[str, str] | None = None,
) -> dict[str, object]:
    """The incident with all keys always there; dates are ISO 8601, shares in [0, 1], null is not known."""
    is_scored = incident.kind != "data"
    found = incident.explanation
    return {
        "schema_version": SCHEMA_VERSION,
        "incident_id": incident.incident_id,
        "dedup_key": incident.dedup_key,
        "state": incident.state,
        "kind": incident.kind,
        "severity": incident.severity,
        "entity_id": incident.entity,
        "scope": {f"{level}s": _scope_names(incident, level) for level in _LEVELS},
        "window": {"start": incident.start_day.isoformat(), "end": incident.last_day.isoformat()},
        "alert_day": incident.alert_day.isoformat(),
        "observed": incident.observed,
        "expected": round(incident.expected, 3),
        "pi_low": incident.expected_low,
        "pi_high": incident.expected_high,
        "score": round(incident.score, 3),
        "count_score": round(incident.count_score, 3) if is_scored else None,
        "share_score": round(incident.share_score, 3) if is_scored else None,
        "p_count": 10**-incident.count_score if is_scored else None,
        "p_share": 10**-incident.share_score if is_scored else None,
        "p_note": P_NOTE,
        "share": incident.share,
        "share_baseline": incident.share_baseline,
        "n": incident.n_reviews,
        "n_baseline": found.n_baseline if found else None,
        "excess": _excess(incident),
        "drivers": [
            {
                "dimension": d.dimension,
                "name": d.name,
                "observed": d.observed,
                "expected": round(d.expected, 3),
                "excess_part": round(d.excess if d.part is None else d.part, 3),
            }
            for d in incident.drivers
        ],
        "words": list(incident.words),
        "phrases": [{**asdict(phrase), "z": round(phrase.z, 3)} for phrase in (found.phrases if found else ())],
        "compared_with": found.compared_with if found else "nothing",
        "topic": asdict(found.topic) if found and found.topic else None,
        "quotes": [
            {"review_id": q.review_key, "url": q.url, "text_masked": q.text, "n_similar": q.n_similar}
            for q in incident.quotes
        ],
        "events": [_event(event) for event in (found.events if found else ())],
        "data_checks": [_check(check) for check in (found.checks if found else ())],
        "model_version": incident.model_version,
        "rule_version": incident.rule_version,
        "created_at": created_at.isoformat(),
        "updated_at": updated_at.isoformat(),
        "links": dict(links or {}),
    }


def _scope_names(incident: Incident, level: str) -> list[str]:
    """The part the incident is about, or all of that level (an empty list)."""
    kind, _, name = incident.scope.partition(":")
    return [name] if kind == level else []


def _excess(incident: Incident) -> dict[str, float | None]:
    found: Explanation | None = incident.explanation
    more, worse = (found.from_more, found.from_worse) if found else (None, None)
    return {
        "total": round(incident.observed - incident.expected, 3),
        "from_more_reviews": None if more is None else round(more, 3),
        "from_worse_reviews": None if worse is None else round(worse, 3),
    }


def _event(event: KnownEvent) -> dict[str, str | None]:
    end = event.end.isoformat() if event.end else None
    return {"kind": event.kind, "title": event.title, "start": event.start.isoformat(), "end": end}


def _check(check: DataCheck) -> dict[str, object]:
    return {
        "code": check.code,
        "is_ok": check.is_ok,
        "source": check.name or None,
        "n": check.n,
        "value": round(check.value, 4),
        "usual": None if check.usual is None else round(check.usual, 4),
    }
