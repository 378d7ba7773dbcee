"""`demo`, `init`, `up`, `run`: the commands that make the pipeline go."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from pipeline import settings as settings_room
from pipeline.airflow_run import Outcome
from pipeline.cli.console import Ticker, err, out
from pipeline.errors import PipelineError, UsageError


def demo(
    home: Annotated[Path, typer.Option(help="Where the demo keeps its files; made new each time.")] = Path("var/demo"),
    days: Annotated[int, typer.Option(min=1, max=14, help="Live days to run through the DAGs.")] = 4,
) -> None:
    """The whole job on an invented world: import its history, run the DAGs over its last days, alert, report."""
    from pipeline.demo_tour import tour

    with Ticker() as ticker:
        result = tour(home.resolve(), days=days, say=lambda text: err.print(text, markup=False), listener=ticker.listen)
    out.print(result.table())
    out.print(f"Weekly page (English): {result.pages['en']}")
    out.print(f"Weekly page (German):  {result.pages['de']}")
    out.print(f"Truth planted:         {result.truth}")
    out.print(
        f'Ask it yourself:       LEUMUND_CONFIG={result.config} leumund sql "from mart.v_reputation_weekly limit 5"'
    )


def init(path: Annotated[Path, typer.Argument(help="The file to write.")] = Path(settings_room.CONFIG_NAME)) -> None:
    """Write a commented leumund.toml for your own entities."""
    if path.exists():
        raise UsageError("there is one already", where=str(path), remedy="Name another file, or edit it")
    template = Path(__file__).with_name("leumund.toml.template")
    path.write_text(template.read_text(encoding="utf-8"), encoding="utf-8")
    out.print(f"Wrote {path}. Name your entity and a subscription in it, then: leumund source check NAME; leumund run")


def up(port: Annotated[int, typer.Option(help="Port on 127.0.0.1.")] = 8080) -> None:
    """Airflow with its web page and the schedule, on this machine only, until Ctrl-C."""
    from pipeline import airflow_up

    settings = settings_room.load()
    airflow_up.serve(settings, settings_room.config_path(), port, say=lambda text: out.print(text, markup=False))


def run(
    day: Annotated[
        datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="UTC day; default yesterday.")
    ] = None,
    config: Annotated[Path | None, typer.Option("--config", help="Settings file.")] = None,
) -> None:
    """The daily chain once, through the DAGs; catches up days missed. On Mondays it writes last week's page."""
    from pipeline import airflow_run

    if config is not None:
        os.environ["LEUMUND_CONFIG"] = str(config)
    settings = settings_room.load()
    if not settings.subscription:
        raise UsageError(
            "no subscriptions",
            where=str(settings_room.config_path() or settings_room.CONFIG_NAME),
            remedy="Add a [[subscription]]; `leumund init` shows how",
        )
    target = day.date() if day else datetime.now(UTC).date() - timedelta(days=1)
    airflow_run.prepare(settings, settings_room.config_path())
    with Ticker() as ticker:
        outcomes = list(_told(airflow_run.run_chain(settings, target, ticker.listen)))
        if is_report_due(target):
            outcomes += list(_told([airflow_run.run_dag(settings, "report_weekly", None, ticker.listen)]))
        outcomes += list(_told([airflow_run.run_dag(settings, "keep_privacy", None, ticker.listen)]))
    raise_first_fault(outcomes)


def is_report_due(day: date) -> bool:
    """Whether `day` ends an ISO week."""
    return day.isoweekday() == 7


def _told(outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
    """Say how each run ended as it ends."""
    for outcome in outcomes:
        word = "done" if outcome.is_success else "FAILED"
        err.print(f"{outcome.dag_id:<17} {word}  {outcome.told}", markup=False)
        for title in outcome.alerts:
            err.print(f"ALERT {title}", style="bold red", markup=False)
        yield outcome


def raise_first_fault(outcomes: Iterable[Outcome]) -> None:
    """Raise the first error of the runs, so that the command ends with its exit code."""
    for outcome in outcomes:
        if not outcome.is_success:
            if outcome.faults:
                raise outcome.faults[-1]
            raise PipelineError("failed without a word", where=outcome.dag_id, remedy="See airflow/leumund-run.log")
