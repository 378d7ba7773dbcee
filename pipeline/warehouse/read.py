"""What steps ask of the warehouse: texts without a score, watermarks, how runs ended."""

# ruff: noqa: S608 - what is put into a statement are constants and names of this package; values are bound.

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from pipeline.reputation.coverage import PastRun
from pipeline.warehouse.connection import EPOCH, Connection, count, from_epoch_us

_BATCH = 10_000


class UnscoredText(NamedTuple):
    """A distinct masked text to be scored."""

    text_hash: str
    text: str
    language: str | None


class JudgedText(NamedTuple):
    """A text with what the model said of it, for rules that changed since."""

    text_hash: str
    text: str
    language: str | None
    label: str | None
    polarity: float | None
    p_neg: float | None
    confidence: float | None
    themes: list[dict[str, Any]] | None = None


@dataclass(frozen=True)
class RunState:
    """How the latest run of a subscription, or one run of it, ended."""

    subscription: str
    source: str
    status: str
    message: str | None
    finished_at: datetime
    parsed: int
    is_import: bool = False


@dataclass(frozen=True)
class Totals:
    """What the warehouse holds."""

    reviews: int
    versions: int
    texts_unscored: int


_UNSCORED = """
with texts as (
    select
        text_hash,
        min_by(text, review_key) as text,
        min_by(language, review_key) as language
    from core.review_versions
    where text_hash is not null and text is not null
    group by text_hash
)

select texts.text_hash, texts.text, texts.language
from texts
anti join (select text_hash from core.scores where model_version = $model_version) as scored
    on texts.text_hash = scored.text_hash
order by texts.text_hash
"""

_OUTDATED = """
with texts as (
    select
        text_hash,
        min_by(text, review_key) as text
    from core.review_versions
    where text_hash is not null and text is not null
    group by text_hash
)

select
    scores.text_hash,
    texts.text,
    scores.language,
    scores.label,
    scores.polarity,
    scores.p_neg,
    scores.confidence,
    scores.themes
from core.scores as scores
inner join texts
    on scores.text_hash = texts.text_hash
where
    scores.model_version = $model_version
    and scores.abstained is null
    and scores.rules_version is distinct from $rules_version
order by scores.text_hash
"""

_RUN_COLUMNS = """
    subscription, source, status, message, epoch_us(coalesce(finished_at, started_at)), parsed, is_import
"""

FAULTY = ("partial", "failed", "blocked", "empty", "short")

_FAULTS = f"""
select {_RUN_COLUMNS}
from run.source_runs
where run_id = $run_id and status in {FAULTY}
order by subscription
"""

# Runs that read the source; the first stays in the list, however long ago it was, since it brought the backlog.
_PAST = """
with reading as (
    select
        started_at,
        parsed,
        new,
        status,
        coalesce(is_whole, false) as is_whole,
        row_number() over (order by started_at) as number
    from run.source_runs
    where
        subscription = $subscription
        and not is_import
        and run_id <> $run_id
        and started_at < $before
        and status in ('ok', 'not_modified', 'empty', 'short')
        and coalesce(window_end, started_at) >= started_at - interval 2 day
)

select epoch_us(started_at), parsed, new, status, is_whole
from reading
qualify number = 1 or row_number() over (order by started_at desc) <= $most
order by started_at
"""

# A review that cannot be kept makes a reading partial for ever; all must not be asked for every day because of it.
_WHOLE = """
select subscription, epoch_us(max(started_at))
from run.source_runs
where is_whole and (status in ('ok', 'empty', 'short') or (status = 'partial' and parsed > 0))
group by subscription
"""


def unscored_texts(con: Connection, model_version: str, limit: int | None = None) -> Iterator[UnscoredText]:
    """Yield each distinct text that has no score in this model version, in a fixed order, at most `limit`."""
    # A cursor of its own: the caller may use the connection between two texts.
    texts = con.cursor()
    texts.execute(_UNSCORED + (" limit $limit" if limit is not None else ""), _without_none(model_version, limit))
    while rows := texts.fetchmany(_BATCH):
        yield from (UnscoredText(*row) for row in rows)


def watermarks(con: Connection) -> dict[str, datetime]:
    """The newest `posted_at` loaded, by subscription."""
    rows = con.execute("select subscription, epoch_us(newest_posted_at) from run.watermarks").fetchall()
    return {name: at for name, microseconds in rows if (at := from_epoch_us(microseconds)) is not None}


def latest_runs(con: Connection) -> list[RunState]:
    """How the latest run of each subscription ended, imports left out, by name."""
    sql = f"""
        select {_RUN_COLUMNS}
        from run.source_runs
        where not is_import
        qualify row_number() over (partition by subscription order by started_at desc, run_id desc) = 1
        order by subscription
    """
    return [_run_state(row) for row in con.execute(sql).fetchall()]


def coverage_faults(con: Connection, run_id: str) -> list[RunState]:
    """The subscriptions a run did not read completely, or that gave less than their past lets expect."""
    return [_run_state(row) for row in con.execute(_FAULTS, {"run_id": run_id}).fetchall()]


def past_runs(con: Connection, subscription: str, run_id: str, before: datetime, most: int = 60) -> list[PastRun]:
    """What earlier runs of a subscription brought, oldest first: the first of all, and the latest."""
    given = {"subscription": subscription, "run_id": run_id, "before": before, "most": most}
    rows = con.execute(_PAST, given).fetchall()
    return [PastRun(EPOCH + timedelta(microseconds=at), *rest) for at, *rest in rows]


def last_whole_reads(con: Connection) -> dict[str, datetime]:
    """When all that a subscription's source shows was last read, by subscription."""
    return {name: EPOCH + timedelta(microseconds=at) for name, at in con.execute(_WHOLE).fetchall()}


def run_count(con: Connection, run_id: str) -> int:
    """How many subscriptions a run has records of."""
    return count(con, "select count(*) from run.source_runs where run_id = $1", [run_id])


def outdated_texts(con: Connection, model_version: str, rules_version: str) -> Iterator[JudgedText]:
    """Yield each text that other rules than these have read since the model scored it, in a fixed order."""
    texts = con.cursor()
    texts.execute(_OUTDATED, {"model_version": model_version, "rules_version": rules_version})
    while rows := texts.fetchmany(_BATCH):
        yield from (JudgedText(*row) for row in rows)


def run_started_at(con: Connection, run_id: str) -> datetime | None:
    """When the first run of that id started; None where there was none."""
    row = con.execute("select epoch_us(min(started_at)) from run.source_runs where run_id = $1", [run_id]).fetchone()
    return from_epoch_us(row[0]) if row else None


def totals(con: Connection) -> Totals:
    """Counts of reviews, versions, and texts the current model has not scored."""
    unscored = """
        select count(distinct text_hash)
        from core.review_versions
        where text is not null and text_hash not in (
            select scores.text_hash
            from core.scores as scores
            inner join run.model_versions as model_versions
                on scores.model_version = model_versions.model_version
            where model_versions.is_current
        )
    """
    return Totals(
        reviews=count(con, "select count(distinct review_key) from core.review_versions"),
        versions=count(con, "select count(*) from core.review_versions"),
        texts_unscored=count(con, unscored),
    )


def _run_state(row: tuple[str, str, str, str | None, int, int, bool]) -> RunState:
    subscription, source, status, message, finished_us, parsed, is_import = row
    finished_at = EPOCH + timedelta(microseconds=finished_us)
    return RunState(subscription, source, status, message, finished_at, parsed, is_import)


def _without_none(model_version: str, limit: int | None) -> dict[str, object]:
    return {"model_version": model_version} | ({} if limit is None else {"limit": limit})
