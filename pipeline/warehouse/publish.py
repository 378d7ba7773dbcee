"""From core to what people read: marts, checks, and the published files, each swapped in whole."""

# ruff: noqa: S608 - what is put into a statement are constants and names of this package; values are bound.

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import duckdb

from pipeline.errors import WarehouseError
from pipeline.warehouse import facts
from pipeline.warehouse.connection import count, transaction
from pipeline.warehouse.migrate import macro_texts
from pipeline.warehouse.parquet import Manifest, ReviewFiles, quoted, read_manifest, write_manifest, write_months
from pipeline.warehouse.staging import replacing

PUBLISHED_NAME = "reputation.duckdb"
REVIEW_VIEWS = ("v_billing", "v_escalation_queue", "v_review", "v_review_history", "v_review_theme")
_DICTIONARY = "v_data_dictionary"

_MERGE_CHECK = """
merge into run.checks as stored
using (select $name as check_name, $failures::bigint as failure_count, $example::varchar as example) as fresh
    on stored.check_name = fresh.check_name
when matched
    and (stored.failure_count <> fresh.failure_count or stored.example is distinct from fresh.example)
    then update set failure_count = fresh.failure_count, example = fresh.example
when not matched then insert by name
"""


@dataclass(frozen=True)
class CheckResult:
    """How one check ended; `example` names a row that fails it, by its keys."""

    name: str
    severity: Literal["error", "warn"]
    row_count: int
    example: str | None

    @property
    def is_ok(self) -> bool:
        """Whether no row fails."""
        return self.row_count == 0


@dataclass(frozen=True)
class Published:
    """What `publish` wrote: months rewritten and months kept, over all review-level views."""

    path: Path
    marts: tuple[str, ...]
    months_written: int
    months_kept: int


def mart_files(sql_dir: Path) -> list[Path]:
    """The mart files in the order they are built; the dictionary describes the others and comes last."""
    return sorted((sql_dir / "marts").glob("v_*.sql"), key=lambda path: (path.stem == _DICTIONARY, path.stem))


def build_marts(con: duckdb.DuckDBPyConnection, sql_dir: Path) -> list[str]:
    """Rebuild every mart from core in one transaction and return their names; readers see all of them new or none.

    Raises:
        WarehouseError: A mart's SQL fails; names the file.
    """
    names = []
    with facts.materialised(con), transaction(con):
        con.execute("delete from run.data_dictionary")
        con.execute(
            "insert into run.data_dictionary by name select * from read_csv($path, all_varchar = true, delim = ',')",
            {"path": str(sql_dir / "dictionary.csv")},
        )
        for path in mart_files(sql_dir):
            try:
                con.execute(f"create or replace table mart.{path.stem} as\n{path.read_text(encoding='utf-8')}")
            except duckdb.Error as error:
                raise WarehouseError(str(error).splitlines()[0], where=f"marts/{path.name}") from error
            names.append(path.stem)
        for gone in sorted(set(_built(con)) - set(names)):
            con.execute(f'drop table mart."{gone}"')
    return names


def run_checks(con: duckdb.DuckDBPyConnection, sql_dir: Path) -> list[CheckResult]:
    """Run every check and return the results, also kept in `run.checks`; a row found is a failure.

    A check's first line says `-- severity: error` (do not publish) or `-- severity: warn` (publish and tell).
    """
    results = [_run_check(con, path) for path in sorted((sql_dir / "checks").glob("*.sql"))]
    with transaction(con):
        for result in results:
            con.execute(
                _MERGE_CHECK,
                {"name": result.name, "failures": result.row_count, "example": result.example},
            )
    return results


def publish(con: duckdb.DuckDBPyConnection, out_dir: Path, *, keep_previous: bool = True) -> Published:
    """Write the analysts' files into `out_dir` and swap them in; whoever reads meanwhile sees the old or the new state.

    Review-level views lie over one Parquet file a month, named after its content, so only touched months are written.
    Files of the publication before stay until the next, for readers that opened it; after an erasure, or with
    `keep_previous=False`, they go at once.
    """
    out_dir = out_dir.resolve()
    out_dir.mkdir(parents=True, exist_ok=True)
    names = _built(con)
    if not names:
        raise WarehouseError("no marts to publish", remedy="Build them first.")
    review_files = [write_months(con, name, out_dir) for name in REVIEW_VIEWS if name in names]
    small = [name for name in names if name not in REVIEW_VIEWS]
    with replacing(out_dir / PUBLISHED_NAME) as temporary:
        temporary.unlink()
        _write_marts(con, temporary, small, review_files)
    erasures = count(con, "select count(*) from core.tombstones")
    _sweep(
        out_dir, Manifest(frozenset(path for files in review_files for path in files.paths), erasures), keep_previous
    )
    return Published(
        path=out_dir / PUBLISHED_NAME,
        marts=tuple(names),
        months_written=sum(files.written for files in review_files),
        months_kept=sum(len(files.paths) - files.written for files in review_files),
    )


def _run_check(con: duckdb.DuckDBPyConnection, path: Path) -> CheckResult:
    sql = path.read_text(encoding="utf-8")
    first = sql.splitlines()[0] if sql else ""
    if first not in ("-- severity: error", "-- severity: warn"):
        raise WarehouseError("the first line names no severity", where=f"checks/{path.name}")
    row = con.execute(f"select count(*), min(example::varchar) from (\n{sql}\n) as failures").fetchone()
    failures, example = row if row else (0, None)
    return CheckResult(path.stem, "error" if first.endswith("error") else "warn", failures, example)


def _built(con: duckdb.DuckDBPyConnection) -> list[str]:
    rows = con.execute(
        "select table_name from duckdb_tables() where schema_name = 'mart' and database_name = current_database()"
    ).fetchall()
    return sorted(row[0] for row in rows)


def _write_marts(
    con: duckdb.DuckDBPyConnection, path: Path, small: Sequence[str], review_files: Sequence[ReviewFiles]
) -> None:
    row = con.execute("select current_database()").fetchone()
    home = row[0] if row else "memory"
    con.execute(f"attach {quoted(str(path))} as published")
    try:
        con.execute("create schema published.mart")
        for name in small:
            con.execute(f'create table published.mart."{name}" as select * from "{home}".mart."{name}"')
        for files in review_files:
            con.execute(files.view_sql("published", home))
        formulas = macro_texts(con)
        con.execute("use published")
        for macros in formulas:
            con.execute(macros)
    finally:
        con.execute(f'use "{home}"')
        con.execute("detach published")


def _sweep(out_dir: Path, current: Manifest, keep_previous: bool) -> None:
    """Remove month files that neither this publication nor, if kept, the one before names, and half-written files."""
    before = read_manifest(out_dir)
    keep = current.files
    if keep_previous and before.erasures == current.erasures:
        keep |= before.files
    for path in [*out_dir.glob("review/*/*.parquet"), *out_dir.glob(f".{PUBLISHED_NAME}.*")]:
        if path not in keep:
            path.unlink(missing_ok=True)
    write_manifest(out_dir, current)
