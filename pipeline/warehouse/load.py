"""Loads into the core: only what changed, every version kept, one transaction with its run and its watermark."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path

import duckdb

from pipeline.errors import BadInput
from pipeline.review import Score
from pipeline.warehouse import statements
from pipeline.warehouse.connection import count, transaction
from pipeline.warehouse.staging import REVIEW_SCHEMA, SCORE_SCHEMA, SourceRun, write_scores


@dataclass(frozen=True)
class LoadCounts:
    """Reviews of a load by what became of them; `repeated` were in the batch more than once, `refused` were erased."""

    new: int = 0
    edited: int = 0
    restored: int = 0
    unchanged: int = 0
    removed: int = 0
    repeated: int = 0
    refused: int = 0


def load_staged(con: duckdb.DuckDBPyConnection, paths: Sequence[Path], run: SourceRun) -> LoadCounts:
    """Load staged reviews with their run record and watermark, all in one transaction; return what became of them.

    Of several states of one review in the batch the one seen last counts. The counts go into the stored run record;
    the watermark moves only if the run read its window completely.

    Raises:
        BadInput: A staged file is missing or is not what `staging.write_reviews` wrote.
    """
    with transaction(con):
        repeated, refused = _stage(con, paths)
        con.execute(statements.COMPARE)
        kinds = dict(
            con.execute("select change_kind, count(*) from compared where is_changed group by change_kind").fetchall()
        )
        unchanged = count(con, "select count(*) from compared where not is_changed")
        con.execute(statements.MERGE_VERSIONS)
        if run.status in ("ok", "not_modified"):
            con.execute(statements.MERGE_WATERMARK, {"subscription": run.subscription})
        counts = LoadCounts(
            new=kinds.get("new", 0),
            edited=kinds.get("edit", 0) + kinds.get("correction", 0),
            restored=kinds.get("restored", 0),
            unchanged=unchanged,
            repeated=repeated,
            refused=refused,
        )
        _merge_run(con, run, counts)
        con.execute("drop table temp.staged")
        con.execute("drop table temp.compared")
    return counts


def load_scores(con: duckdb.DuckDBPyConnection, scores: Iterable[Score]) -> int:
    """Store scores and return how many were new; a text scored before in that model version keeps its score."""
    with tempfile.TemporaryDirectory(prefix="leumund-scores-") as folder:
        path = Path(folder) / "scores.jsonl"
        if not write_scores(path, scores):
            return 0
        with transaction(con):
            before = count(con, "select count(*) from core.scores")
            con.execute(statements.MERGE_SCORES.replace("{columns}", _columns(SCORE_SCHEMA)), {"paths": [str(path)]})
            return count(con, "select count(*) from core.scores") - before


def refresh_rules(con: duckdb.DuckDBPyConnection, scores: Iterable[Score]) -> int:
    """Replace what rules found in texts scored before, and return how many scores came; model figures stay."""
    with tempfile.TemporaryDirectory(prefix="leumund-rules-") as folder:
        path = Path(folder) / "scores.jsonl"
        written = write_scores(path, scores)
        if written:
            with transaction(con):
                con.execute(
                    statements.REFRESH_RULES.replace("{columns}", _columns(SCORE_SCHEMA)), {"paths": [str(path)]}
                )
        return written


def record_runs(con: duckdb.DuckDBPyConnection, runs: Sequence[SourceRun]) -> None:
    """Store run records of subscriptions that loaded nothing: failed, refused, not modified."""
    with transaction(con):
        for run in runs:
            _merge_run(con, run, LoadCounts())


def set_current_model(con: duckdb.DuckDBPyConnection, model_version: str) -> None:
    """Make a model version the one whose scores count; the others stay stored."""
    with transaction(con):
        con.execute(statements.MERGE_MODEL, {"model_version": model_version})


def mark_removed(con: duckdb.DuckDBPyConnection, keys: Iterable[str], seen_at: datetime, run_id: str = "") -> int:
    """Note that reviews were gone when looked for at `seen_at`, and return how many that was news for."""
    rows = sorted(set(keys))
    if not rows:
        return 0
    with transaction(con):
        before = count(con, "select count(*) from core.review_versions")
        con.execute(
            "create or replace temp table gone as select unnest($keys::varchar[]) as review_key", {"keys": rows}
        )
        con.execute(statements.REMOVE, {"seen_at": seen_at, "run_id": run_id})
        con.execute("drop table temp.gone")
        return count(con, "select count(*) from core.review_versions") - before


def _stage(con: duckdb.DuckDBPyConnection, paths: Sequence[Path]) -> tuple[int, int]:
    """Fill the temporary table `staged`, one row a review; how many rows repeated others, how many are erased."""
    for path in paths:
        if not path.is_file():
            raise BadInput("no such staged file", where=str(path), remedy="Run the ingest step again.")
    columns = ", ".join(f"{name} {kind}" for name, kind in REVIEW_SCHEMA.items())
    con.execute(f"create or replace temp table staged ({columns}, state_hash varchar)")
    try:
        if paths:
            sql = statements.STAGE.replace("{columns}", _columns(REVIEW_SCHEMA))
            con.execute(sql, {"paths": [str(path) for path in paths]})
    except duckdb.InvalidInputException as error:
        raise BadInput(
            f"staged file is not as written: {str(error).splitlines()[0]}", remedy="Run the ingest step again."
        ) from error
    staged = count(con, "select count(*) from staged")
    con.execute(statements.DEDUPLICATE)
    distinct = count(con, "select count(*) from staged")
    con.execute(statements.REFUSE_ERASED)
    return staged - distinct, distinct - count(con, "select count(*) from staged")


def _merge_run(con: duckdb.DuckDBPyConnection, run: SourceRun, counts: LoadCounts) -> None:
    row = {field.name: getattr(run, field.name) for field in fields(SourceRun)}
    row["new"] = run.new + counts.new
    row["edited"] = run.edited + counts.edited + counts.restored
    row["unchanged"] = run.unchanged + counts.unchanged
    types = dict(con.execute(statements.RUN_TYPES).fetchall())
    columns = ", ".join(f"${name}::{types[name]} as {name}" for name in row)
    con.execute(statements.MERGE_RUN.replace("{columns}", columns), row)


def _columns(schema: dict[str, str]) -> str:
    return "{" + ", ".join(f"'{name}': '{kind}'" for name, kind in schema.items()) + "}"
