"""Numbered migrations, each in one transaction with its record; and the macros and views that follow them."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipeline.errors import WarehouseError
from pipeline.warehouse.connection import transaction

_NAME = re.compile(r"^(\d{4})_[a-z0-9_]+\.sql$")


@dataclass(frozen=True)
class Migration:
    """One forward-only step of the schema."""

    number: int
    name: str
    sql: str

    @property
    def sha256(self) -> str:
        """Digest of the text; an applied migration must never change."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def migrate(con: duckdb.DuckDBPyConnection, sql_dir: Path) -> list[int]:
    """Bring the database to the schema of `sql_dir` and return the numbers applied now; none the second time.

    Raises:
        WarehouseError: An applied migration was edited, the database is newer than the code, or a step fails.
    """
    migrations = read_migrations(sql_dir)
    con.execute("create table if not exists main.migrations (number integer, name varchar, sha256 varchar)")
    applied = dict(con.execute("select number, sha256 from main.migrations").fetchall())
    _refuse_unknown(applied, migrations)
    done: list[int] = []
    for migration in migrations:
        if migration.number in applied:
            continue
        try:
            with transaction(con):
                con.execute(migration.sql)
                con.execute(
                    "insert into main.migrations values ($1, $2, $3)",
                    [migration.number, migration.name, migration.sha256],
                )
        except duckdb.Error as error:
            raise WarehouseError(
                f"migration failed: {str(error).splitlines()[0]}", where=migration.name, remedy="Nothing was changed."
            ) from error
        done.append(migration.number)
    _define(con, sql_dir)
    return done


def read_migrations(sql_dir: Path) -> list[Migration]:
    """The migrations below `sql_dir`, in order; numbers start at 1 and none is given twice."""
    folder = sql_dir / "migrations"
    migrations = []
    for path in sorted(folder.glob("*.sql")):
        match = _NAME.match(path.name)
        if not match:
            raise WarehouseError("not named NNNN_words.sql", where=str(path), remedy="Rename the migration.")
        migrations.append(Migration(int(match.group(1)), path.name, path.read_text(encoding="utf-8")))
    numbers = [migration.number for migration in migrations]
    if numbers[:1] != [1] or len(set(numbers)) != len(numbers):
        raise WarehouseError(
            "migrations are missing or numbered twice", where=str(folder), remedy="Number them 0001, 0002, ..."
        )
    return migrations


def _refuse_unknown(applied: dict[int, str], migrations: list[Migration]) -> None:
    known = {migration.number: migration for migration in migrations}
    newer = sorted(set(applied) - set(known))
    if newer:
        raise WarehouseError(
            f"the database has migration {newer[-1]:04d}, this version ends at {max(known):04d}",
            remedy="Update Leumund; a newer database cannot be taken back.",
        )
    for number, digest in sorted(applied.items()):
        if known[number].sha256 != digest:
            raise WarehouseError(
                "this migration was edited after it was applied",
                where=known[number].name,
                remedy="Restore the file and put the change into a new migration.",
            )


def _define(con: duckdb.DuckDBPyConnection, sql_dir: Path) -> None:
    """Bring macros and core views to the files' state; they hold no data. Their text is kept, for `publish`."""
    paths = [*sorted((sql_dir / "macros").glob("*.sql")), *sorted((sql_dir / "views").glob("*.sql"))]
    wanted = [(f"{path.parent.name}/{path.name}", path.read_text(encoding="utf-8")) for path in paths]
    with transaction(con):
        con.execute("create table if not exists main.definitions (position integer, name varchar, sql varchar)")
        stored = con.execute("select name, sql from main.definitions order by position").fetchall()
        if stored == wanted:
            return
        con.execute("delete from main.definitions")
        for position, (name, sql) in enumerate(wanted):
            con.execute(sql)
            con.execute("insert into main.definitions values ($1, $2, $3)", [position, name, sql])


def macro_texts(con: duckdb.DuckDBPyConnection) -> list[str]:
    """The statements that define the formulas, as last applied."""
    rows = con.execute("select sql from main.definitions where name like 'macros/%' order by position").fetchall()
    return [row[0] for row in rows]
