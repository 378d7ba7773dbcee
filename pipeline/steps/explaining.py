"""Explains incidents from the warehouse: what every step asks that shows or stores one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pipeline.reputation.incident_explanation import explain
from pipeline.review import Incident, Kind
from pipeline.steps import workplace
from pipeline.warehouse import evidence, facts
from pipeline.warehouse.evidence import Counted

# What the incidents of a kind count; negative reviews where it is not named.
COUNTED: dict[Kind, Counted] = {"positive_surge": "positive", "manipulation": "all"}


def explained(
    con: workplace.Connection, found: Sequence[Incident], model: str | None, *, as_of: datetime | None = None
) -> list[Incident]:
    """The incidents with drivers, words, quotes and explanation, from what was known at `as_of` (None: now).

    A data fault, or one that is over, stays as it is.
    """
    if all(_is_settled(each) for each in found):
        return list(found)
    # Judging all reviews is the dear part, so it is done once for all incidents.
    with facts.materialised(con, as_of):
        return [each if _is_settled(each) else _explained(con, each, model, as_of) for each in found]


def _is_settled(incident: Incident) -> bool:
    return incident.kind == "data" or incident.state == "resolved"


def _explained(con: workplace.Connection, found: Incident, model: str | None, as_of: datetime | None) -> Incident:
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
    return explain(found, evidence.read_findings(con, asked, as_of=as_of), model_version=model)
