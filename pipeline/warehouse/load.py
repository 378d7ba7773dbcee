"""Loads into the core: only what changed, every version kept, one transaction with its run and its watermark."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from pathlib import Path

import duckdb

from pipeline.errors import BadInput
from pipeline.review import Score
from pipeline.warehouse import copies, sightings, statements
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


Judge = Callable[[SourceRun], SourceRun]


def load_staged(
    con: duckdb.DuckDBPyConnection, paths: Sequence[Path], run: SourceRun, judge: Judge | None = None
) -> LoadCounts:
    """Load staged reviews with their run record and watermark, all in one transaction; return what became of them.

    Of several states of one review in the batch the one seen last counts. Reviews that the run shows to be gone are
    marked. `judge` is given the run with all its counts and says what they mean; it may change status and message. The
    counts go into the stored run record; the watermark moves only if the run read its window completely.

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
        con.execute(copies.QUEUE)
        con.execute(statements.MERGE_VERSIONS)
        look = sightings.record(con, run)
        counts = LoadCounts(
            new=kinds.get("new", 0),
            edited=kinds.get("edit", 0) + kinds.get("correction", 0),
            restored=kinds.get("restored", 0),
            unchanged=unchanged,
            removed=look.removed,
            repeated=repeated,
            refused=refused,
        )
        run = _with_counts(con, run, counts)
        if judge is not None:
            run = judge(run)
        if look.is_doubtful and run.status == "ok":
            told = (
                f"{look.missing} of {look.expected} reviews shown before are missing at once; none was marked removed"
            )
            run = replace(run, status="short", message=told)
        if run.status in ("ok", "not_modified"):
            con.execute(statements.MERGE_WATERMARK, {"subscription": run.subscription})
        _merge_run(con, run)
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
            _merge_run(con, _with_counts(con, run, LoadCounts()))


def mark_removed(con: duckdb.DuckDBPyConnection, keys: Iterable[str], seen_at: datetime, run_id: str = "") -> int:
    """Note that reviews were gone when looked for at `seen_at`, and return how many that was news for."""
    with transaction(con):
        return sightings.mark_removed(con, list(keys), seen_at, run_id)


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


def _with_counts(con: duckdb.DuckDBPyConnection, run: SourceRun, counts: LoadCounts) -> SourceRun:
    """The run with what this load found, and what an earlier load of the same run had found."""
    stored = con.execute(
        "select new, edited, removed from run.source_runs where run_id = $run_id and subscription = $subscription",
        {"run_id": run.run_id, "subscription": run.subscription},
    ).fetchone()
    new, edited, removed = stored or (0, 0, 0)
    return replace(
        run,
        new=new + run.new + counts.new,
        edited=edited + run.edited + counts.edited + counts.restored,
        removed=removed + run.removed + counts.removed,
        unchanged=run.unchanged + counts.unchanged,
    )


def _merge_run(con: duckdb.DuckDBPyConnection, run: SourceRun) -> None:
    row = {field.name: getattr(run, field.name) for field in fields(SourceRun) if field.name != "gone"}
    types = dict(con.execute(statements.RUN_TYPES).fetchall())
    columns = ", ".join(f"${name}::{types[name]} as {name}" for name in row)
    con.execute(statements.MERGE_RUN.replace("{columns}", columns), row)


def _columns(schema: dict[str, str]) -> str:
    return "{" + ", ".join(f"'{name}': '{kind}'" for name, kind in schema.items()) + "}"
