"""Warehouse fixtures: a real database with the real migrations, in memory or in a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pipeline.warehouse import connection, migrate
from pipeline.warehouse.connection import Connection

SQL_DIR = Path(__file__).resolve().parents[2] / "warehouse"


@pytest.fixture
def con() -> Iterator[Connection]:
    """A migrated database in memory."""
    opened = duckdb.connect()
    connection.configure(opened, threads=2)
    migrate.migrate(opened, SQL_DIR)
    yield opened
    opened.close()
