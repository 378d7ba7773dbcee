"""`leumund alerts ...`: look back at what would have fired, and answer what did."""

from __future__ import annotations

import json
import sys
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Literal

import typer

from pipeline.cli.console import Ticker, out
from pipeline.errors import UsageError

app = typer.Typer(help="Incidents and alerts.", no_args_is_help=True)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is no date", remedy="Write 2026-11-23") from error


@app.command("replay")
def replay(
    entity: Annotated[str, typer.Option(help="What is reviewed.")],
    start: Annotated[str, typer.Option("--from", help="First day.")],
    end: Annotated[str, typer.Option("--to", help="Last day.")],
    per_month: Annotated[float | None, typer.Option(help="False alerts a month you accept.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON list on stdout.")] = False,
) -> None:
    """What would have fired, and when, knowing only the past of each day."""
    from pipeline import progress
    from pipeline.cli.rows import as_table
    from pipeline.steps.watch import replay_alerts

    with Ticker() as ticker, progress.journal(ticker.listen):
        alerts = replay_alerts(entity, _day(start), _day(end), per_month)
    if as_json:
        json.dump(alerts, sys.stdout, default=str, indent=1)
        sys.stdout.write("\n")
        return
    columns = ["alert_day", "start_day", "scope", "kind", "severity", "observed", "expected"]
    out.print(as_table(columns, [[alert[column] for column in columns] for alert in alerts]))
    years = max((_day(end) - _day(start)).days / 365.25, 1 / 365.25)
    out.print(f"{len(alerts)} alerts in {years:.1f} years")


@app.command("list")
def list_incidents(
    all_: Annotated[bool, typer.Option("--all", help="Also those that are over.")] = False,
) -> None:
    """The open incidents."""
    from pipeline.cli.rows import as_table
    from pipeline.steps.watch import incidents

    rows = [
        (
            incident.incident_id,
            incident.severity,
            incident.state,
            incident.kind,
            incident.entity,
            incident.scope,
            incident.start_day,
            f"{incident.observed} negative, {incident.expected:.1f} expected",
        )
        for incident in incidents(only_open=not all_)
    ]
    if not rows:
        out.print("No incidents." if all_ else "No open incidents.")
        return
    out.print(as_table(["id", "severity", "state", "kind", "entity", "scope", "since", "evidence"], rows))


@app.command("ack")
def acknowledge(incident_id: Annotated[str, typer.Argument(help="From `leumund alerts list`.")]) -> None:
    """Say that somebody is on it; it is not announced again unless it gets worse by a class."""
    _answer(incident_id, "acknowledged")


@app.command("snooze")
def snooze(
    incident_id: Annotated[str, typer.Argument(help="From `leumund alerts list`.")],
    days: Annotated[int, typer.Option(min=1, max=60)] = 7,
) -> None:
    """Keep quiet about it for some days."""
    _answer(incident_id, "snoozed", until=datetime.now(UTC) + timedelta(days=days))


@app.command("false-alarm")
def false_alarm(incident_id: Annotated[str, typer.Argument(help="From `leumund alerts list`.")]) -> None:
    """Say that it was none; it is closed and counted as a false alarm."""
    _answer(incident_id, "false_alarm")


def _answer(
    incident_id: str, answer: Literal["acknowledged", "snoozed", "false_alarm"], until: datetime | None = None
) -> None:
    from pipeline.steps.watch import answer_incident

    answer_incident(incident_id, answer, until)
    out.print(f"{incident_id}: {answer}" + (f" until {until:%Y-%m-%d}" if until else ""))
