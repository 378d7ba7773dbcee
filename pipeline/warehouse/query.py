"""SQL over the published files: reading only, nothing but those files, at most so many rows."""

# ruff: noqa: S608 - what is put into a statement are constants and names of this package; values are bound.

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from pipeline.errors import UsageError, WarehouseError
from pipeline.warehouse.connection import Connection, configure, count
from pipeline.warehouse.parquet import quoted
from pipeline.warehouse.publish import PUBLISHED_NAME
from pipeline.warehouse.staging import replacing

_REMEDY = "See `select * from v_data_dictionary`."
_READING = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN)


@dataclass(frozen=True)
class QueryResult:
    """Columns and rows of a query; `is_cut` where there were more rows than the limit."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    is_cut: bool


@contextmanager
def open_published(published_dir: Path, *, output: Path | None = None) -> Iterator[Connection]:
    """Yield a read-only connection to the published state of this moment; it can read no other file.

    Only `output`, if given, may be written.

    Raises:
        WarehouseError: Nothing has been published yet, or the file cannot be opened.
    """
    path = published_dir.resolve() / PUBLISHED_NAME
    if not path.exists():
        raise WarehouseError("nothing published yet", where=str(published_dir), remedy="Run `leumund run` first.")
    try:
        con = duckdb.connect(str(path), read_only=True)
    except duckdb.Error as error:
        raise WarehouseError(str(error).splitlines()[0], where=str(path), remedy="Publish again.") from error
    try:
        configure(con)
        con.execute("set search_path = 'mart,main'")
        con.execute("set allowed_directories = $1", [[str(path.parent / "review")]])
        if output is not None:
            con.execute("set allowed_paths = $1", [[str(output.resolve())]])
        con.execute("set enable_external_access = false")
        con.execute("set lock_configuration = true")
        yield con
    finally:
        con.close()


def run_sql(published_dir: Path, sql: str, limit: int | None = None) -> QueryResult:
    """What one reading statement answers, at most `limit` rows. Times come back as aware text in UTC.

    Raises:
        UsageError: Not exactly one reading statement, or DuckDB refuses it; with DuckDB's own first line.
    """
    with open_published(published_dir) as con:
        found = _execute(con, sql)
        columns = tuple(column[0] for column in found.description or [])
        rows = found.fetchall() if limit is None else found.fetchmany(limit + 1)
    is_cut = limit is not None and len(rows) > limit
    return QueryResult(columns, rows[:limit], is_cut)


def write_parquet(published_dir: Path, sql: str, path: Path) -> int:
    """Write what a reading statement answers to a Parquet file, with its types, and return the number of rows."""
    with replacing(path) as temporary, open_published(published_dir, output=temporary) as con:
        _one_reading(con, sql)
        target = f"to {quoted(str(temporary))} (format parquet, compression zstd, use_tmp_file false)"
        try:
            return count(con, f"copy (\n{sql.strip().rstrip(';')}\n) {target}")
        except duckdb.Error as error:
            raise UsageError(_first_line(error), where="SQL", remedy=_REMEDY) from error


def _one_reading(con: Connection, sql: str) -> None:
    try:
        statements = con.extract_statements(sql)
    except duckdb.Error as error:
        raise UsageError(_first_line(error), where="SQL") from error
    if len(statements) != 1 or statements[0].type not in _READING:
        raise UsageError("only one reading statement is allowed", where="SQL", remedy='Write one "select ...".')


def _execute(con: Connection, sql: str) -> Connection:
    """Run a statement with its times as text: the driver would need another time-zone library to give them back."""
    _one_reading(con, sql)
    try:
        found = con.execute(sql)
        described = [(column[0], str(column[1])) for column in found.description or []]
        if not any("WITH TIME ZONE" in kind for _, kind in described):
            return found
        columns = ", ".join(_as_text(name, kind) for name, kind in described)
        return con.execute(f"select {columns} from (\n{sql.strip().rstrip(';')}\n) as answer")
    except duckdb.Error as error:
        raise UsageError(_first_line(error), where="SQL", remedy=_REMEDY) from error


def _as_text(name: str, kind: str) -> str:
    column = '"' + name.replace('"', '""') + '"'
    return f"{column}::varchar as {column}" if "WITH TIME ZONE" in kind else column


def _first_line(error: duckdb.Error) -> str:
    return str(error).splitlines()[0].rstrip(".")
