"""What every step needs first: the settings in force and an open, migrated warehouse that knows the entities."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from pipeline import settings as settings_room
from pipeline.settings import Settings
from pipeline.warehouse import connection, dimensions, migrate
from pipeline.warehouse.connection import Connection

__all__ = ["Connection", "current", "now", "warehouse"]


def current() -> Settings:
    """The settings in force for this process."""
    return settings_room.load()


def now() -> datetime:
    """The clock, in UTC; the only place where a step asks for it."""
    return datetime.now(UTC)


@contextmanager
def warehouse(settings: Settings) -> Iterator[Connection]:
    """The warehouse, open for writing, migrated, and knowing the entities and events of the settings."""
    settings.home.mkdir(parents=True, exist_ok=True)
    with connection.open_warehouse(settings.warehouse_path) as con:
        migrate.migrate(con, settings.sql_dir)
        dimensions.sync(
            con,
            entities=[
                dimensions.Entity(entity.name, entity.title or entity.name, entity.time_zone or settings.time_zone)
                for entity in settings.entity
            ],
            events=[
                dimensions.Event(event.entity, event.kind, event.title, event.start, event.end)
                for event in settings.event
            ],
            default_time_zone=settings.time_zone,
        )
        yield con
