"""Migrations run once, whole, in order, and never change."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from pipeline.errors import WarehouseError
from pipeline.warehouse import migrate
from pipeline.warehouse.connection import Connection
from tests.warehouse.samples import SQL_DIR, rows

LAST = max(each.number for each in migrate.read_migrations(SQL_DIR))
MORE, BROKEN = f"{LAST + 1:04d}_more.sql", f"{LAST + 1:04d}_broken.sql"


@pytest.fixture
def sql_dir(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SQL_DIR, tmp_path / "sql"))


def test_a_second_run_changes_nothing(con: Connection) -> None:
    assert migrate.migrate(con, SQL_DIR) == []


def test_the_next_number_is_applied_alone(con: Connection, sql_dir: Path) -> None:
    (sql_dir / "migrations" / MORE).write_text("create table core.more (n integer);")
    assert migrate.migrate(con, sql_dir) == [LAST + 1]
    assert migrate.migrate(con, sql_dir) == []


def test_an_edited_migration_is_refused(con: Connection, sql_dir: Path) -> None:
    first = sql_dir / "migrations" / "0001_core.sql"
    first.write_text(first.read_text() + "-- afterthought\n")
    with pytest.raises(WarehouseError, match="edited after it was applied"):
        migrate.migrate(con, sql_dir)


def test_a_newer_database_is_refused(con: Connection, sql_dir: Path) -> None:
    (sql_dir / "migrations" / MORE).write_text("create table core.more (n integer);")
    migrate.migrate(con, sql_dir)
    with pytest.raises(WarehouseError, match=f"has migration {LAST + 1:04d}, this version ends at {LAST:04d}"):
        migrate.migrate(con, SQL_DIR)


def test_a_failing_migration_leaves_nothing_behind(con: Connection, sql_dir: Path) -> None:
    broken = sql_dir / "migrations" / BROKEN
    broken.write_text("create table core.half (n integer); select nonsense;")
    with pytest.raises(WarehouseError, match=rf"{BROKEN}.*Nothing was changed"):
        migrate.migrate(con, sql_dir)
    assert rows(con, "select count(*) from duckdb_tables() where table_name = 'half'") == [(0,)]
    broken.write_text("create table core.half (n integer);")
    assert migrate.migrate(con, sql_dir) == [LAST + 1]


@pytest.mark.parametrize("name", ["0001_again.sql", "two.sql"], ids=["twice", "no number"])
def test_names_and_numbers_are_held_to(sql_dir: Path, name: str) -> None:
    (sql_dir / "migrations" / name).write_text("select 1;")
    with pytest.raises(WarehouseError):
        migrate.migrate(duckdb.connect(), sql_dir)


def test_changed_formulas_follow_the_code(con: Connection, sql_dir: Path) -> None:
    (sql_dir / "macros" / "rules.sql").open("a").write("\ncreate or replace macro answer() as 42;\n")
    migrate.migrate(con, sql_dir)
    assert rows(con, "select answer()") == [(42,)]


def test_no_table_has_a_key_or_an_index(con: Connection) -> None:
    kinds = (
        "select count(*) from duckdb_constraints() where constraint_type in ('PRIMARY KEY', 'UNIQUE', 'FOREIGN KEY')"
    )
    assert rows(con, kinds) == [(0,)]
    assert rows(con, "select count(*) from duckdb_indexes()") == [(0,)]
