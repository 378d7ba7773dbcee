"""What the settings say and marts need: entities with their names and time zones, the calendar, business parameters."""

# ruff: noqa: S608 - what is put into a statement are constants and names of this package; values are bound.

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from pipeline.errors import UsageError
from pipeline.warehouse.connection import Connection, transaction


@dataclass(frozen=True)
class Entity:
    """What is reviewed: its key, the name people read, its business time zone (IANA)."""

    entity: str
    name: str
    time_zone: str


@dataclass(frozen=True)
class Event:
    """A dated entry of the calendar; `end` None means one day."""

    entity: str
    kind: str
    title: str
    start: date
    end: date | None = None


# Entities that came by import and stand in no settings get the default zone, so a change of it reaches them too.
_MERGE_ENTITIES = """
merge into core.entities as stored
using (
    with given as (
        select unnest($entities::struct(entity varchar, entity_name varchar, time_zone varchar)[], recursive := true)
    ),

    unnamed as (
        select distinct
            entity,
            entity as entity_name,
            $default_time_zone as time_zone
        from core.review_versions
        where entity not in (select entity from given)
    )

    select * from given
    union all
    select * from unnamed
) as fresh
    on stored.entity = fresh.entity
when matched and (stored.entity_name <> fresh.entity_name or stored.time_zone <> fresh.time_zone)
    then update set entity_name = fresh.entity_name, time_zone = fresh.time_zone
when not matched then insert by name
"""

_EVENT_TYPE = "struct(entity varchar, kind varchar, title varchar, start_date date, end_date date)[]"


def sync(
    con: Connection, entities: Sequence[Entity], events: Sequence[Event] = (), default_time_zone: str = "UTC"
) -> None:
    """Make the warehouse know these entities and this calendar; writes only what differs."""
    given = [{"entity": each.entity, "entity_name": each.name, "time_zone": each.time_zone} for each in entities]
    calendar = [
        {"entity": e.entity, "kind": e.kind, "title": e.title, "start_date": e.start, "end_date": e.end} for e in events
    ]
    with transaction(con):
        con.execute(_MERGE_ENTITIES, {"entities": given, "default_time_zone": default_time_zone})
        fresh = f"select unnest($events::{_EVENT_TYPE}, recursive := true)"
        changed = con.execute(
            f"(select * from core.events except all ({fresh}))"
            f" union all (({fresh}) except all select * from core.events)",
            {"events": calendar},
        ).fetchone()
        if changed:
            con.execute("delete from core.events")
            con.execute(f"insert into core.events by name {fresh}", {"events": calendar})


def set_parameters(con: Connection, parameters: Mapping[str, float]) -> None:
    """Change business parameters of the marts (half-life, prior weight ...); see `run.settings` for their names.

    Raises:
        UsageError: A name is unknown.
    """
    known = {row[0] for row in con.execute("select setting from run.settings").fetchall()}
    unknown = sorted(set(parameters) - known)
    if unknown:
        raise UsageError(f"unknown parameter {unknown[0]!r}", remedy=f"Known: {', '.join(sorted(known))}.")
    with transaction(con):
        for name, value in parameters.items():
            con.execute(
                "update run.settings set value = $value where setting = $name and value <> $value",
                {"name": name, "value": value},
            )
