"""Explains incidents from the warehouse: what every step asks that shows or stores one."""

from __future__ import annotations

from pipeline.reputation.incident_explanation import explain
from pipeline.review import Incident, Kind
from pipeline.steps import workplace
from pipeline.warehouse import evidence
from pipeline.warehouse.evidence import Counted

# What the incidents of a kind count; negative reviews where it is not named.
COUNTED: dict[Kind, Counted] = {"positive_surge": "positive", "manipulation": "all"}


def explained(con: workplace.Connection, found: Incident, model: str | None) -> Incident:
    """The incident with drivers, words, quotes and explanation; a data fault, or one that is over, as it is."""
    if found.kind == "data" or found.state == "resolved":
        return found
    level, _, name = found.scope.partition(":")
    asked = evidence.Question(
        found.entity,
        found.start_day,
        found.last_day,
        level=level,
        name=name,
        counted=COUNTED.get(found.kind, "negative"),
        incident_id=found.incident_id,
    )
    return explain(found, evidence.read_findings(con, asked), model_version=model)
