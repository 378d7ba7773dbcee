"""What lies behind an incident: its days, cells, texts and events against normal days before, and what to trust."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from pipeline.reputation.cells import Cell, days_between, exposure
from pipeline.reputation.data_checks import CheckCounts, Share, SourceCount, data_checks
from pipeline.reputation.incident_explanation import Findings
from pipeline.reputation.quoting import NegativeReview
from pipeline.review import DataCheck, KnownEvent
from pipeline.warehouse import evidence_queries as queries
from pipeline.warehouse import facts
from pipeline.warehouse.connection import Connection

Counted = Literal["negative", "positive", "all"]

BASELINE_DAYS = 56
# Fewer normal days than this are no measure: then the days of other incidents must serve as well.
FEWEST_DAYS = 14
REFERENCE_DAYS = 182
EVENT_DAYS = 14
# More texts than this say no more; they are drawn in a fixed order.
SAMPLE = 10_000


@dataclass(frozen=True)
class Question:
    """The days `first` to `last` of a series (`level` and `name`) of an entity, and what the incident counts."""

    entity: str
    first: date
    last: date
    level: str = "entity"
    name: str = ""
    counted: Counted = "negative"
    incident_id: str = ""


def read_findings(con: Connection, asked: Question, *, as_of: datetime | None = None) -> Findings:
    """The findings about the days asked for, against the normal days of the eight weeks before."""
    with facts.materialised(con, as_of):
        normal = _normal_days(con, asked)
        given: dict[str, Any] = {
            "entity": asked.entity, "level": asked.level, "name": asked.name, "first": asked.first, "last": asked.last,
            "counted": asked.counted, "normal": normal, "earliest": asked.first - timedelta(days=REFERENCE_DAYS),
        }  # fmt: skip
        days = {day: (n, n_hit) for day, n, n_hit in con.execute(queries.DAYS, given).fetchall()}
        window = [counts for day, counts in days.items() if day >= asked.first]
        baseline = [(day, float(days.get(day, (0, 0))[0])) for day in normal]
        return Findings(
            first=asked.first,
            last=asked.last,
            cells=[Cell(*row) for row in con.execute(queries.CELLS, given).fetchall()],
            n_reviews=sum(n for n, _ in window),
            n_negative=sum(n_hit for _, n_hit in window),
            n_negative_baseline=sum(days.get(day, (0, 0))[1] for day in normal),
            baseline=baseline,
            n_texts=_one(con, queries.TEXT_COUNT, given)[0],
            reviews=_reviews(con, given),
            reference=_texts(con, queries.REFERENCE, given),
            others=_texts(con, queries.OTHERS, given),
            events=_events(con, asked),
            checks=_checks(con, asked, given, baseline),
        )


def _normal_days(con: Connection, asked: Question) -> list[date]:
    """The days of the eight weeks before, since the entity has reviews, that belong to no other incident."""
    row = con.execute(queries.FIRST_DAY, {"entity": asked.entity}).fetchone()
    if row is None or row[0] is None or row[0] >= asked.first:
        return []
    first = max(row[0], asked.first - timedelta(days=BASELINE_DAYS))
    every = days_between(first, asked.first - timedelta(days=1))
    others = con.execute(queries.OTHER_INCIDENTS, {"entity": asked.entity, "incident_id": asked.incident_id}).fetchall()
    calm = [day for day in every if not any(start <= day <= end for start, end in others)]
    return calm if len(calm) >= FEWEST_DAYS else every


def _reviews(con: Connection, given: dict[str, Any]) -> list[NegativeReview]:
    return [
        NegativeReview(key, text, source, on, tuple(groups), url, stars, language, is_quotable)
        for key, text, source, on, groups, url, stars, language, is_quotable in con.execute(
            queries.REVIEWS, {**given, "sample": SAMPLE}
        ).fetchall()
    ]


def _texts(con: Connection, sql: str, given: dict[str, Any]) -> list[tuple[str | None, str]]:
    return [(language, text) for language, text in con.execute(sql, {**given, "sample": SAMPLE}).fetchall()]


def _events(con: Connection, asked: Question) -> list[KnownEvent]:
    near = {"entity": asked.entity, "last": asked.last, "near": asked.first - timedelta(days=EVENT_DAYS)}
    return [KnownEvent(*row) for row in con.execute(queries.EVENTS, near).fetchall()]


def _checks(
    con: Connection, asked: Question, given: dict[str, Any], baseline: Sequence[tuple[date, float]]
) -> tuple[DataCheck, ...]:
    # Of no rows DuckDB counts null.
    row = [value or 0 for value in _one(con, queries.CHECKS, given)]
    days = {"entity": asked.entity, "first": asked.first, "last": asked.last}
    usual = exposure(days_between(asked.first, asked.last), baseline)
    n, n_negative, n_copies, n_negative_copies = row[:4]
    counts = CheckCounts(
        n,
        n_negative,
        n_copies,
        n_negative_copies,
        set_aside=_one(con, queries.SET_ASIDE, days)[0],
        new_authors=Share(*row[4:8]),
        unscored=Share(*row[8:12]),
        imported=Share(*row[12:16]),
        sources=[SourceCount(*source) for source in con.execute(queries.SOURCES, given).fetchall()],
    )
    return data_checks(counts, days=usual.days, baseline_days=usual.baseline_days)


def _one(con: Connection, sql: str, given: dict[str, Any]) -> tuple[Any, ...]:
    return con.execute(sql, given).fetchone() or ()


def imported_through(con: Connection) -> dict[str, date]:
    """The last day, by entity, that came by an import: history up to there notifies nobody."""
    rows = con.execute(
        "select entity, max(posted_on) from core.current_reviews"
        " where is_imported and posted_on is not null group by entity"
    ).fetchall()
    return dict(rows)
