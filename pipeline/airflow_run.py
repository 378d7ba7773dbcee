"""Runs the DAGs in this process for the command line, and starts and stops Airflow itself for `leumund up`.

`dag.test()` is Airflow's own way to run a DAG without scheduler; it obeys neither pools nor asset schedules, so the
chain below names the order that the assets give under the scheduler (tests hold the two together).
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, TextIO

from pipeline import progress
from pipeline.errors import PipelineError
from pipeline.settings import Settings, resource_dir

AFTER_IMPORT = ("score_reviews", "publish_marts", "watch_reputation")
POOL = "warehouse"


@dataclass(frozen=True)
class Outcome:
    """How one DAG run ended; `results` holds what each step returned: counts and paths, one entry a call."""

    dag_id: str
    is_success: bool
    faults: tuple[PipelineError, ...]
    results: dict[str, list[Any]]

    @property
    def told(self) -> str:
        """The counts of all steps in one line; those of mapped tasks are added up, zeros left out."""
        totals: dict[str, int] = {}
        for returned in self.results.values():
            for result in returned:
                for name, value in result.items() if isinstance(result, dict) else ():
                    if isinstance(value, int):
                        totals[name] = totals.get(name, 0) + value
        return ", ".join(f"{name} {value:,}" for name, value in totals.items() if value)

    @property
    def alerts(self) -> list[str]:
        """The titles of the alerts that went out."""
        sent = [result["told"] for result in self.results.get("send_alerts", []) if isinstance(result, dict)]
        return [title for titles in sent for title in titles]


def environment(settings: Settings, config: Path | None) -> dict[str, str]:
    """The variables that make Airflow live in Leumund's home, quietly, with our DAGs alone.

    A variable of the same name that is already set wins, so that an operator can bring his own database or executor.
    """
    home = settings.airflow_dir
    values = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(resource_dir("dags")),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        # One writer at a time: the others wait a minute for it, where SQLite's own five seconds end in "locked".
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}?timeout=60",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "False",
        "LEUMUND_HOME": str(settings.home),
    }
    if settings.model.hub is None:
        values["HF_HUB_OFFLINE"] = "1"  # nothing to fetch, so nothing may try
    if config is not None:
        values["LEUMUND_CONFIG"] = str(config)
    return {
        name: os.environ.get(name, value) if name.startswith("AIRFLOW") else value for name, value in values.items()
    }


def prepare(settings: Settings, config: Path | None) -> None:
    """Make Airflow's home, database and the one-slot pool; cheap when they are there already."""
    os.umask(0o077)
    settings.airflow_dir.mkdir(parents=True, exist_ok=True)
    os.environ.update(environment(settings, config))
    with _quiet(settings):
        import airflow
        from airflow.utils.db import initdb

        # The stamp spares the check of every migration (about a second) on each later start.
        stamp = settings.airflow_dir / ".initialised"
        if not stamp.exists() or stamp.read_text() != airflow.__version__:
            initdb()
            stamp.write_text(airflow.__version__)
        _ensure_pool()


def _ensure_pool() -> None:
    from airflow.models.pool import Pool

    Pool.create_or_update_pool(POOL, slots=1, description="the one writer of the warehouse", include_deferred=True)


def run_dag(
    settings: Settings, dag_id: str, logical_date: datetime | None = None, listener: progress.Listener | None = None
) -> Outcome:
    """Run one DAG to its end in this process; `prepare` must have been called.

    Raises:
        PipelineError: the DAG file does not load.
    """
    with _quiet(settings) as log_path:
        from airflow.dag_processing.dagbag import DagBag

        bag = DagBag(str(resource_dir("dags")), collect_dags=True)
        if dag_id not in bag.dags:
            reason = next(iter(bag.import_errors.values()), "no such DAG")
            raise PipelineError(reason.strip().splitlines()[-1], where=dag_id, remedy=f"See {log_path}")
        with progress.journal(listener) as notes:
            run = bag.dags[dag_id].test(logical_date=logical_date)
    # A step that failed, was retried and then succeeded leaves a fault behind; the run's own state decides.
    is_success = str(run.state.value) == "success"
    faults = () if is_success else tuple(error for _, error in notes.faults[-8:])
    return Outcome(dag_id, is_success, faults, notes.results)


def run_chain(settings: Settings, day: date, listener: progress.Listener | None = None) -> Iterator[Outcome]:
    """The daily chain for one UTC day, an outcome a DAG; a red ingest does not stop what was loaded."""
    yield run_dag(settings, "ingest_reviews", interval_end(day), listener)
    for dag_id in AFTER_IMPORT:
        yield run_dag(settings, dag_id, None, listener)


def interval_end(day: date) -> datetime:
    """The moment to hand to `dag.test` for the interval of `day`: Airflow infers the interval that ended then."""
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=UTC)


@contextlib.contextmanager
def _quiet(settings: Settings) -> Iterator[Path]:
    """Send Airflow's own chatter to a log file while it works in our process; the console stays ours.

    The file is never closed: Airflow's log handlers keep the stream they were first given.
    """
    path = settings.airflow_dir / "leumund-run.log"
    if path not in _logs:
        _logs[path] = path.open("a", encoding="utf-8", buffering=1)
    with contextlib.redirect_stdout(_logs[path]), contextlib.redirect_stderr(_logs[path]):
        yield path


_logs: dict[Path, TextIO] = {}
