"""`leumund alerts ...`: what is open, what would have fired, what goes out, and what people say to it."""

from __future__ import annotations

import getpass
import json
import sys
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from pipeline.cli.console import out
from pipeline.cli.replay import replay
from pipeline.errors import PipelineError
from pipeline.reputation.answering import Answer
from pipeline.review import Incident

app = typer.Typer(help="Incidents and alerts.", no_args_is_help=True)


app.command("replay")(replay)


@app.command("list")
def list_incidents(
    all_: Annotated[bool, typer.Option("--all", help="Also those that are over.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON list on stdout.")] = False,
) -> None:
    """The open incidents: state, severity, kind, since when, how many against how many expected, and what to do."""
    from pipeline.cli.rows import as_table
    from pipeline.steps.answers import incidents

    found = incidents(only_open=not all_)
    now = datetime.now(UTC)
    columns = ("id", "severity", "state", "kind", "entity", "scope", "since", "observed", "expected", "next step")
    rows = [
        (
            each.incident_id,
            each.severity,
            _state(each, now),
            each.kind,
            each.entity,
            each.scope,
            each.start_day,
            each.observed,
            f"{each.expected:.1f} ({each.expected_low}-{each.expected_high})",
            _next_step(each, now),
        )
        for each in found
    ]
    if as_json:
        json.dump([dict(zip(columns, row, strict=True)) for row in rows], sys.stdout, default=str, indent=1)
        sys.stdout.write("\n")
    elif not rows:
        out.print("No incidents." if all_ else "No open incidents.")
    else:
        out.print(as_table(columns, rows))


def _state(each: Incident, now: datetime) -> str:
    if each.parent_id:
        return f"part of {each.parent_id}"
    if each.is_open and each.snoozed_until and each.snoozed_until > now:
        return f"{each.state}, snoozed until {each.snoozed_until:%Y-%m-%d}"
    return each.state


def _next_step(each: Incident, now: datetime) -> str:
    if not each.is_open:
        return ""
    if each.state == "acknowledged" or (each.snoozed_until and each.snoozed_until > now):
        return "closes after 7 quiet days"
    look = "leumund doctor" if each.kind == "data" else "read the reviews"
    return f"{look}; leumund alerts ack {each.incident_id}"


@app.command("ack")
def acknowledge(incident_id: Annotated[str, typer.Argument(help="From `leumund alerts list`.")]) -> None:
    """Say that somebody is on it; it is not announced again unless it gets worse by a class."""
    _answer(incident_id, "acknowledged")


@app.command("snooze")
def snooze(
    incident_id: Annotated[str, typer.Argument(help="From `leumund alerts list`.")],
    days: Annotated[int, typer.Option(min=1, max=60)] = 7,
) -> None:
    """Keep quiet about it for some days; if it still goes on then, it is told once more."""
    _answer(incident_id, "snoozed", until=datetime.now(UTC) + timedelta(days=days))


@app.command("false-alarm")
def false_alarm(incident_id: Annotated[str, typer.Argument(help="From `leumund alerts list`.")]) -> None:
    """Say that it was none; it is closed and counted as a false alarm."""
    _answer(incident_id, "false_alarm")


@app.command("answer")
def answer(token: Annotated[str, typer.Argument(help="The link of a message, or its last part.")]) -> None:
    """Carry out what a signed link of a message says."""
    from pipeline.steps.answers import answer_by_link

    _say(answer_by_link(token, by=_me(), via="link on the command line"))


@app.command("send")
def send(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go out.")] = False,
) -> None:
    """Send what is owed: held by quiet hours or the limit, refused before. For cron, every hour."""
    from pipeline.steps.alerts import send_alerts

    result = send_alerts(dry_run=dry_run)
    for title in result["told"]:
        out.print(f"{'Would send' if dry_run else 'Sent'}: {title}", markup=False)
    out.print(f"{result['sent']} {'to send' if dry_run else 'sent'}, {result['held']} held back")


@app.command("test")
def test() -> None:
    """Send a test message to each channel, and say what became of it."""
    from pipeline.steps.alerts import try_channels

    refused = 0
    for delivery in try_channels():
        refused += not delivery.is_sent
        out.print(f"{delivery.channel}: {'delivered' if delivery.is_sent else delivery.reason}", markup=False)
    if refused:
        raise PipelineError(f"{refused} channels refused", where="notify", remedy="Check LEUMUND_NOTIFY__URLS")


def _answer(incident_id: str, given: Answer, until: datetime | None = None) -> None:
    from pipeline.steps.answers import answer_incident

    _say(answer_incident(incident_id, given, by=_me(), until=until))


def _say(incident: Incident) -> None:
    out.print(f"{incident.incident_id}: {_state(incident, datetime.now(UTC))}", markup=False)


def _me() -> str:
    """The name of who types, for the log of answers."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a user id without a name, as containers have it
        return "command line"
