"""`leumund alerts replay`: what would have fired on one's own history, for choosing a budget by looking."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from pipeline.cli.console import Ticker, err, out
from pipeline.errors import UsageError

if TYPE_CHECKING:
    from pipeline.steps.replay import Replayed

YEAR = timedelta(days=365)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is no date", remedy="Write 2026-11-23") from error


def replay(
    entity: Annotated[str | None, typer.Option(help="What is reviewed; all entities where it is left out.")] = None,
    start: Annotated[str | None, typer.Option("--from", help="First day; a year before the last.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="Last day; yesterday.")] = None,
    per_month: Annotated[float | None, typer.Option(min=0.01, max=100, help="False alerts a month you accept.")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="The alerts of that budget as a JSON list on stdout.")
    ] = False,
    picture: Annotated[Path | None, typer.Option(help="Draw it into this file, .svg or .png.")] = None,
    lang: Annotated[Literal["en", "de"] | None, typer.Option(help="Language of the picture.")] = None,
) -> None:
    """What would have fired, and when, knowing only the past of each day; for several budgets of false alerts."""
    from pipeline import progress
    from pipeline.steps import replay as steps

    if picture:
        steps.picture_form(picture)  # a wrong name is told before the work, not after it
    last = _day(end) if end else datetime.now(UTC).date() - timedelta(days=1)
    with Ticker() as ticker, progress.journal(ticker.listen):
        replayed = steps.replay_alerts(entity, _day(start) if start else last - YEAR, last, per_month)
    if picture:
        steps.write_picture(replayed, picture, lang)
        err.print(f"drawn into {picture}", markup=False)
    if as_json:
        json.dump([asdict(alert) for alert in replayed.alerts], sys.stdout, default=str, indent=1)
        sys.stdout.write("\n")
    else:
        _print(replayed, with_entity=entity is None)


def _print(replayed: Replayed, *, with_entity: bool) -> None:
    from pipeline.cli.rows import as_table

    columns = ["alert_day", "start_day", "scope", "kind", "severity", "observed", "expected"]
    columns = ["entity", *columns] if with_entity else columns
    if replayed.alerts:
        cells = [[_shown(getattr(alert, column)) for column in columns] for alert in replayed.alerts]
        out.print(as_table(columns, cells))
    days = (replayed.end - replayed.start).days + 1
    n = len(replayed.alerts)
    out.print(
        f"{n} alert{'' if n == 1 else 's'} in {days} days if you accept {replayed.per_month:g} false alerts a month."
        " What other budgets would have sent:"
    )
    budgets = [
        (
            f"{row.false_alerts_a_month:g}" + (" *" if row.false_alerts_a_month == replayed.per_month else ""),
            row.n_alerts,
            f"{row.alerts_a_month:.1f}",
            "-" if row.delay_days is None else f"{row.delay_days:g}",
            f"{row.threshold:.2f}",
        )
        for row in replayed.rows
    ]
    out.print(as_table(["false a month", "alerts", "alerts a month", "days to alert", "threshold"], budgets))


def _shown(value: object) -> object:
    return f"{value:.1f}" if isinstance(value, float) else value
