"""`leumund alerts ...`: look back at what would have fired, and answer what did."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

import typer

from pipeline.cli.console import out
from pipeline.cli.replay import replay

app = typer.Typer(help="Incidents and alerts.", no_args_is_help=True)
app.command("replay")(replay)


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
