"""The pieces of one weekly report, as known at a given moment and by the marts' own formulas."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from pipeline.errors import UsageError
from pipeline.reputation.week import Event, QuoteCandidate, ReplyCohort, TrustCounts, WeekCounts, WeekPieces
from pipeline.reputation.weekly import Escalation, LocationFigures, SourceFreshness, ThemeCount
from pipeline.review import Quote
from pipeline.warehouse import facts
from pipeline.warehouse import week_queries as queries
from pipeline.warehouse.connection import EPOCH, Connection, from_epoch_us
from pipeline.warehouse.incidents import load_incidents

_WEEK = timedelta(days=7)
_QUOTE_LENGTH = 240
# Weekly reviews expected of a source below which a week without any says nothing (Poisson: 5 % at 3).
_STALE_EXPECTED = 3.0


def entities(con: Connection) -> list[str]:
    """The entities that have reviews, by name."""
    return [
        row[0] for row in con.execute("select distinct entity from core.review_versions order by entity").fetchall()
    ]


def read_week(con: Connection, sql_dir: Path, entity: str, week_start: date, as_of: datetime) -> WeekPieces:
    """Everything the report of an entity's ISO week needs, as it was known at `as_of`.

    Many pages of one moment cost one pass over the reviews if wrapped in `facts.materialised(con, as_of)`.

    Raises:
        UsageError: `week_start` is no Monday, or the entity has no reviews.
    """
    if week_start.weekday():
        raise UsageError(f"{week_start} is no Monday", remedy="Name a week such as 2026-W47.")
    row = con.execute(queries.ENTITY, {"entity": entity}).fetchone()
    if row is None:
        known = ", ".join(entities(con)) or "none"
        raise UsageError(f"no reviews of entity {entity!r}", remedy=f"Known: {known}.")
    given: dict[str, Any] = {"entity": entity, "week_start": week_start}
    with facts.materialised(con, as_of):
        waiting, n_waiting = _escalations(con, sql_dir, given)
        return WeekPieces(
            entity=entity,
            entity_name=row[0],
            week_start=week_start,
            time_zone=row[1],
            as_of=as_of,
            weeks=_weeks(con, sql_dir, given),
            themes=[ThemeCount(*theme) for theme in con.execute(queries.THEMES, given).fetchall()],
            locations=[LocationFigures(*place) for place in con.execute(queries.LOCATIONS, given).fetchall()],
            quotes=_quotes(con, queries.NEGATIVE_QUOTES, given),
            praise=_quotes(con, queries.POSITIVE_QUOTES, given),
            texts_now=_texts(con, given, first=week_start, end=week_start + _WEEK),
            texts_reference=_texts(con, given, first=week_start - 8 * _WEEK, end=week_start),
            replies=_replies(con, given, as_of),
            sources=_sources(con, given, as_of),
            trust=_trust(con, given),
            incidents=[
                incident
                for incident in load_incidents(con, entity=entity)
                if incident.start_day < week_start + _WEEK
                and incident.last_day >= week_start
                and incident.alert_day <= as_of.date()
                and incident.state != "false_alarm"
            ],
            events=[Event(*event) for event in con.execute(queries.EVENTS, given).fetchall()],
            escalations=waiting,
            n_escalations=n_waiting,
        )


def _weeks(con: Connection, sql_dir: Path, given: dict[str, Any]) -> list[WeekCounts]:
    mart = (sql_dir / "marts" / "v_reputation_weekly.sql").read_text(encoding="utf-8")
    found = con.execute(queries.WEEKS.replace("{weekly}", mart), given)
    names = [column[0] for column in found.description or []]
    return [WeekCounts(**dict(zip(names, row, strict=True))) for row in found.fetchall()]


def _escalations(con: Connection, sql_dir: Path, given: dict[str, Any]) -> tuple[list[Escalation], int]:
    """The first reviews that wait for a person, and how many do."""
    mart = (sql_dir / "marts" / "v_escalation_queue.sql").read_text(encoding="utf-8")
    rows = con.execute(queries.ESCALATIONS.replace("{queue}", mart), given).fetchall()
    waiting = [
        Escalation(
            key,
            priority,
            tuple(reasons),
            EPOCH + timedelta(microseconds=due_us),
            is_overdue,
            excerpt(text),
            source,
            url,
        )
        for key, priority, reasons, due_us, is_overdue, text, source, url, _ in rows
    ]
    return waiting, rows[0][-1] if rows else 0


def _quotes(con: Connection, sql: str, given: dict[str, Any]) -> list[QuoteCandidate]:
    return [
        QuoteCandidate(
            quote=Quote(key, excerpt(text), source, posted_on, url, stars),
            p_neg=p_neg,
            groups=tuple(groups),
            language=language,
        )
        for key, text, source, posted_on, url, stars, p_neg, groups, language in con.execute(sql, given).fetchall()
    ]


def excerpt(text: str) -> str:
    """At most 240 characters, cut at a word."""
    flat = " ".join(text.split())
    if len(flat) <= _QUOTE_LENGTH:
        return flat
    cut = flat[: _QUOTE_LENGTH - 1]
    return (cut.rsplit(" ", 1)[0] if " " in cut else cut) + "…"


def _texts(con: Connection, given: dict[str, Any], *, first: date, end: date) -> dict[str, list[str]]:
    texts: defaultdict[str, list[str]] = defaultdict(list)
    rows = con.execute(queries.NEGATIVE_TEXTS, {"entity": given["entity"], "first": first, "end": end}).fetchall()
    for language, text in rows:
        texts[language].append(text)
    return dict(texts)


def _replies(con: Connection, given: dict[str, Any], as_of: datetime) -> ReplyCohort | None:
    """The newest week, up to the reported one, whose last review is seven days old."""
    for back in range(3):
        monday = given["week_start"] - back * _WEEK
        if monday + 2 * _WEEK > as_of.date():
            continue
        row = con.execute(queries.REPLIES, {"entity": given["entity"], "week_start": monday}).fetchone()
        return ReplyCohort(monday, row[0], row[1]) if row and row[0] else None
    return None


def _sources(con: Connection, given: dict[str, Any], as_of: datetime) -> list[SourceFreshness]:
    return [
        SourceFreshness(
            source=source,
            newest_posted_at=from_epoch_us(newest_us),
            last_run_at=from_epoch_us(run_us),
            last_status=status,
            n_week=n_week,
            expected_week=expected,
            is_stale=(expected is not None and expected >= _STALE_EXPECTED and not n_week)
            or (good_us is not None and _is_unread(good_us, given["week_start"], as_of)),
        )
        for source, newest_us, run_us, status, good_us, n_week, expected in con.execute(
            queries.SOURCES, {**given, "as_of": as_of}
        ).fetchall()
    ]


def _is_unread(good_us: int, week_start: date, as_of: datetime) -> bool:
    """Whether the last good run is more than two days older than the end of the week, or than now if that is sooner."""
    good = from_epoch_us(good_us)
    end = datetime.combine(week_start + _WEEK, datetime.min.time(), tzinfo=as_of.tzinfo)
    return good is not None and min(end, as_of) - good > timedelta(days=2)


def _trust(con: Connection, given: dict[str, Any]) -> TrustCounts:
    found = con.execute(queries.TRUST, given)
    names = [column[0] for column in found.description or []]
    row = found.fetchone() or ()
    return TrustCounts(**dict(zip(names, row, strict=True)))
