"""Writes the weekly pages: the step of `report_weekly`, and `leumund report`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Literal

from pipeline import progress
from pipeline.report import page
from pipeline.reputation import week
from pipeline.reputation.weekly import WeekReport
from pipeline.settings import Settings
from pipeline.steps import watch, workplace
from pipeline.warehouse import facts, staging, weeks

Language = Literal["en", "de"]


@progress.step
def render_reports(interval_start: datetime | None) -> dict[str, int]:
    """How many pages were written, of every entity, for the week of the interval; else for the last whole week."""
    settings = workplace.current()
    now = workplace.now()
    day = interval_start.date() if interval_start else (now - timedelta(days=7)).date()
    monday = day - timedelta(days=day.weekday())
    written = 0
    with workplace.warehouse(settings) as con, facts.materialised(con, now):
        for entity in weeks.entities(con):
            report = _report(con, settings, entity, monday, now)
            written += len(_write(settings, report, settings.report.languages, None))
            progress.report("report", written)
    return {"pages": written}


def write_report(
    entity: str,
    monday: date,
    languages: Sequence[Language],
    *,
    as_of: datetime | None = None,
    folder: Path | None = None,
) -> list[Path]:
    """The pages of one entity and week, as known at `as_of` (default now); returns the HTML and Markdown files.

    Raises:
        UsageError: the entity has no reviews.
    """
    settings = workplace.current()
    moment = (as_of.replace(tzinfo=UTC) if as_of and as_of.tzinfo is None else as_of) or workplace.now()
    with workplace.warehouse(settings) as con:
        report = _report(con, settings, entity, monday, moment)
    return _write(settings, report, languages, folder)


def _report(con: workplace.Connection, settings: Settings, entity: str, monday: date, moment: datetime) -> WeekReport:
    """The report of a week; imported weeks that nobody watched get the incidents a watch would have opened."""
    pieces = weeks.read_week(con, settings.sql_dir, entity, monday, moment)
    if not pieces.incidents:
        pieces = replace(pieces, incidents=watch.past_incidents(con, settings, entity, monday, moment))
    return week.compose(pieces)


def _write(settings: Settings, report: WeekReport, languages: Sequence[Language], folder: Path | None) -> list[Path]:
    target = folder or settings.reports_dir / _file_name(report.entity) / f"{report.week_start:%G-W%V}"
    written = []
    for language in languages:
        for ending, render in (("html", page.render_html), ("md", page.render_markdown)):
            path = target / f"{language}.{ending}"
            with staging.replacing(path) as partial:
                partial.write_text(render(report, language), encoding="utf-8")
            written.append(path)
    return written


def _file_name(entity: str) -> str:
    """An entity as a folder name: no separators, nothing hidden."""
    return "".join(sign if sign.isalnum() or sign in "-_ ." else "_" for sign in entity).lstrip(".") or "_"
