"""`report` and `doctor`: the commands that show how things stand."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from pipeline.cli.console import out
from pipeline.errors import PipelineError, UsageError

Language = Literal["en", "de"]


def report(
    entity: Annotated[str, typer.Option(help="What is reviewed.")],
    week: Annotated[str, typer.Option(help="ISO week, such as 2026-W47.")],
    lang: Annotated[str, typer.Option(help="en, de or en,de.")] = "en,de",
    as_of: Annotated[
        datetime | None, typer.Option("--as-of", help="As known then (UTC).", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"])
    ] = None,
    to: Annotated[Path | None, typer.Option("--out", help="Folder; default the reports folder.")] = None,
) -> None:
    """Write the weekly page: one self-contained HTML file and its Markdown twin a language."""
    from pipeline.steps.report import write_report

    for path in write_report(entity, parse_week(week), _languages(lang), as_of=as_of, folder=to):
        out.print(str(path), markup=False)


def parse_week(text: str) -> date:
    """The Monday of an ISO week given as 2026-W47.

    Raises:
        UsageError: it is no ISO week.
    """
    try:
        return datetime.strptime(f"{text}-1", "%G-W%V-%u").date()
    except ValueError as error:
        raise UsageError(f"{text!r} is no ISO week", where="--week", remedy="Write 2026-W47") from error


def _languages(text: str) -> list[Language]:
    asked = [part.strip() for part in text.split(",") if part.strip()]
    known: dict[str, Language] = {"en": "en", "de": "de"}
    unknown = [language for language in asked if language not in known]
    if unknown or not asked:
        raise UsageError(f"no report in {unknown or text!r}", where="--lang", remedy="Use en, de or en,de")
    return [known[language] for language in asked]


def doctor() -> None:
    """Check set-up, sources, freshness, model and disk; say what to do."""
    from pipeline.steps.doctor import examine

    findings = list(examine())
    for finding in findings:
        mark = {"ok": "[green]ok  [/]", "note": "[yellow]note[/]", "fault": "[red]FAULT[/]"}[finding.level]
        out.print(f"{mark} {finding.subject}: ", end="")
        out.print(finding.message, markup=False)
    faults = [finding for finding in findings if finding.level == "fault"]
    if faults:
        raise PipelineError(f"{len(faults)} faults found", where="doctor", remedy="Mend them in the order above")
