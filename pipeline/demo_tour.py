"""The demo, end to end: an invented world, its history imported, the DAGs run over its last live days, its page."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from rich.table import Table

from pipeline import airflow_run, progress
from pipeline import settings as settings_room
from pipeline.demo import site as demo_site
from pipeline.demo import world as demo_world
from pipeline.demo.world import World
from pipeline.errors import PipelineError, UsageError
from pipeline.steps import answers
from pipeline.steps.file_import import ImportCounts, ImportRequest, import_file
from pipeline.warehouse import query

MARKER = ".leumund-demo"


@dataclass(frozen=True)
class TourResult:
    """What the demo made and found; paths are absolute."""

    config: Path
    truth: Path
    pages: dict[str, Path]
    rows: Sequence[tuple[str, str]]

    def table(self) -> Table:
        """The summary a person reads at the end."""
        table = Table(show_header=False, box=None, pad_edge=False, title="What the demo found", title_justify="left")
        for name, value in self.rows:
            table.add_row(name, value)
        return table


def tour(home: Path, days: int, say: Callable[[str], None], listener: progress.Listener) -> TourResult:
    """Run the demo in `home`, which is made new; `days` live days go through the real DAGs.

    Raises:
        UsageError: `home` holds something that is no demo.
    """
    started = time.monotonic()
    _clear(home)
    # The world ends with the last complete week, so that its weekly page is a whole one.
    today = datetime.now(UTC).date()
    anchor = today - timedelta(days=today.weekday())
    world = demo_world.build(anchor)
    truth = home / "truth.csv"
    demo_world.write_truth(world, truth)
    say(f"Invented world: {len(world.reviews):,} reviews in 104 weeks, {len(world.truth)} planted events")
    with demo_site.ReviewSite(world) as site:
        config = write_settings(home, site)
        first = anchor - timedelta(days=days)
        counts = _import_history(home, world, first, say, listener)
        settings = settings_room.load()
        airflow_run.prepare(settings, config)
        for dag_id in airflow_run.AFTER_IMPORT:
            _told(airflow_run.run_dag(settings, dag_id, None, listener), say)
        for number in range(days):
            day = first + timedelta(days=number)
            say(f"Live day {day:%a %d %b %Y}: scrape, score, publish, watch")
            site.advance_to(day)
            for outcome in airflow_run.run_chain(settings, day, listener):
                _told(outcome, say)
        monday = datetime.combine(anchor, datetime.min.time(), tzinfo=UTC) + timedelta(hours=5)
        _told(airflow_run.run_dag(settings, "report_weekly", monday, listener), say)
        _told(airflow_run.run_dag(settings, "keep_privacy", None, listener), say)
    return _result(settings, world, config, truth, anchor, counts, time.monotonic() - started)


def write_settings(home: Path, site: demo_site.ReviewSite) -> Path:
    """Write the demo's leumund.toml and put it in force for this process."""
    home.mkdir(parents=True, exist_ok=True)
    (home / MARKER).touch()
    lines = ["# Written by `leumund demo`.", 'home = "."', 'contact = "demo@example.org"', ""]
    for entity in demo_world.ENTITIES:
        lines += ["[[entity]]", *_pairs(name=entity.name, title=entity.title, time_zone=entity.time_zone), ""]
    for wanted in demo_site.subscriptions(site.world, site.base_url):
        plain = {key: value for key, value in wanted.items() if value is not None and not isinstance(value, dict)}
        lines += ["[[subscription]]", *_pairs(**plain)]
        for section in ("options", "permission"):
            values = wanted.get(section)
            if isinstance(values, dict) and values:
                lines += [f"[subscription.{section}]", *_pairs(**values)]
        lines.append("")
    for event in demo_world.events(site.world):
        lines += ["[[event]]", *_pairs(**event), ""]
    path = home / settings_room.CONFIG_NAME
    path.write_text("\n".join(lines), encoding="utf-8")
    os.environ["LEUMUND_CONFIG"] = str(path)
    os.environ.pop("LEUMUND_HOME", None)
    return path


def _pairs(**values: Any) -> list[str]:
    return [f"{key} = {_toml(value)}" for key, value in values.items() if value is not None]


def _toml(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False)  # JSON strings, numbers and booleans are TOML


def _clear(home: Path) -> None:
    if home.exists() and any(home.iterdir()):
        if not (home / MARKER).exists():
            raise UsageError(
                "the folder is not empty and no demo", where=str(home), remedy="Give --home another folder"
            )
        shutil.rmtree(home)
    home.mkdir(parents=True, exist_ok=True)
    (home / MARKER).touch()


def _import_history(
    home: Path, world: World, until: date, say: Callable[[str], None], listener: progress.Listener
) -> ImportCounts:
    path = home / "history.csv"
    path.write_bytes(demo_world.history_csv(world, until))
    with progress.journal(listener):
        counts = import_file(ImportRequest(path, source="history"))
    say(f"History imported: {counts.new:,} reviews, {counts.set_aside} rows set aside")
    return counts


def _told(outcome: airflow_run.Outcome, say: Callable[[str], None]) -> None:
    """Say how a run ended; a fault in the demo's own world ends the demo."""
    say(f"  {outcome.dag_id:<17} {'done' if outcome.is_success else 'FAILED'}  {outcome.told}")
    for title in outcome.alerts:
        say(f"  ALERT {title}")
    if not outcome.is_success:
        raise outcome.faults[-1] if outcome.faults else PipelineError("failed without a word", where=outcome.dag_id)


def _result(
    settings: settings_room.Settings,
    world: World,
    config: Path,
    truth: Path,
    anchor: date,
    counts: ImportCounts,
    seconds: float,
) -> TourResult:
    entity = demo_world.ENTITIES[0].name
    week = f"{anchor - timedelta(days=7):%G-W%V}"
    folder = settings.reports_dir / entity / week
    totals = query.run_sql(
        settings.published_dir,
        "select count(*) as reviews, count(distinct source) as sources, count(sentiment) as scored,"
        " count(*) filter (where not has_text) as star_only from mart.v_review",
    ).rows[0]
    incidents = answers.incidents(only_open=True)
    live = [incident for incident in incidents if incident.entity == entity]
    told = "; ".join(
        f"{incident.severity} {incident.kind} since {incident.start_day:%a %d %b}: {incident.observed} negative,"
        f" {incident.expected:.1f} expected"
        for incident in live
    )
    rows = (
        ("reviews", f"{totals[0]:,} from {totals[1]} sources; {counts.new:,} imported, the rest scraped"),
        ("scored", f"{totals[2]:,} by text, {totals[3]:,} star-only counted by their stars"),
        ("alert", told or "none"),
        ("planted", world.live_event_text),
        ("time", f"{seconds:.0f} s"),
    )
    return TourResult(config, truth, {lang: folder / f"{lang}.html" for lang in ("en", "de")}, rows)
