"""Looks at everything a run needs and says what to do: `leumund doctor`."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from pipeline import landing, sources
from pipeline import settings as settings_room
from pipeline.errors import PipelineError
from pipeline.scoring.engine import Text
from pipeline.settings import Settings
from pipeline.steps import workplace
from pipeline.steps.model import load_engine
from pipeline.warehouse import models, read
from pipeline.warehouse.models import ModelVersion

Level = Literal["ok", "note", "fault"]
LOW_DISK_GB = 2


@dataclass(frozen=True)
class Finding:
    """One thing looked at."""

    level: Level
    subject: str
    message: str


def examine() -> Iterator[Finding]:
    """Findings in the order in which to mend them."""
    path = settings_room.config_path()
    settings = workplace.current()
    yield (
        Finding("ok", "settings", str(path))
        if path
        else Finding("note", "settings", "no leumund.toml here; `leumund init` writes one")
    )
    yield _disk(settings)
    yield _model(settings)
    yield from _sources(settings)
    yield from _warehouse(settings)


def _disk(settings: Settings) -> Finding:
    folder = settings.home if settings.home.exists() else settings.home.parent
    free_gb = shutil.disk_usage(folder).free / 1e9
    if free_gb < LOW_DISK_GB:
        return Finding(
            "fault", "disk", f"{free_gb:.1f} GB free in {folder}; free some, loads need about 1 GB a million reviews"
        )
    return Finding("ok", "disk", f"{free_gb:.0f} GB free")


def _model(settings: Settings) -> Finding:
    try:
        engine = load_engine(settings)
        score = next(iter(engine.score([Text("probe", "Das war leider sehr schlecht.", "de")])))
    except PipelineError as error:
        return Finding("fault", "model", str(error))
    if score.label != "negative":
        return Finding(
            "fault", "model", f"{engine.model_version} reads a plain complaint as {score.label}; reinstall it"
        )
    return Finding("ok", "model", engine.model_version)


def _sources(settings: Settings) -> Iterator[Finding]:
    if not settings.subscription:
        yield Finding("note", "sources", "no subscriptions; add one, or import a file")
    if settings.subscription and not settings.contact:
        yield Finding("note", "contact", "empty; sites should be able to reach you, set `contact`")
    for each in settings.subscription:
        if each.source not in sources.names():
            yield Finding("fault", each.name, f"unknown source {each.source!r}; known: {', '.join(sources.names())}")
        elif each.permission is None:
            yield Finding("fault", each.name, "no permission record: it will be refused; add [subscription.permission]")
    waiting = sum(1 for _ in landing.list_set_aside(settings.raw_dir)) if settings.raw_dir.exists() else 0
    if waiting:
        yield Finding("note", "set aside", f"{waiting} pages wait for a mended parser; then `leumund reparse`")


def _versions(settings: Settings, known: Sequence[ModelVersion]) -> Iterator[Finding]:
    """Whether the model that counts is the one that the settings name."""
    current = next((each for each in known if each.is_current), None)
    try:
        named = load_engine(settings).model_version
    except PipelineError:
        return  # said already
    if current is None or current.version == named:
        return
    if current.is_chosen:
        yield Finding(
            "note", "model", f"{current.version} counts by a switch, not {named} of the settings; leumund model switch"
        )
        return
    missing = next((each.missing for each in known if each.version == named), None)
    left = "all texts" if missing is None else f"{missing:,} texts"
    yield Finding("note", "model", f"{named} of the settings takes over from {current.version}; {left} to score")


def _warehouse(settings: Settings) -> Iterator[Finding]:
    if not settings.warehouse_path.exists():
        yield Finding("note", "warehouse", "none yet; `leumund run` or `leumund import` makes it")
        return
    now = workplace.now()
    with workplace.warehouse(settings) as con:
        runs = read.latest_runs(con)
        counts = read.totals(con)
        known = models.versions(con)
    yield Finding("ok", "warehouse", f"{counts.reviews:,} reviews, {counts.texts_unscored:,} texts not yet scored")
    yield from _versions(settings, known)
    for run in runs:
        age = now - run.finished_at
        if run.status in read.FAULTY:
            yield Finding("fault", run.subscription, f"{run.status}: {run.message}")
        elif age > timedelta(days=2):
            yield Finding("note", run.subscription, f"last read {age.days} days ago; is the schedule running?")
        else:
            yield Finding(
                "ok", run.subscription, f"read {run.finished_at:%Y-%m-%d %H:%M} UTC, {run.parsed} reviews seen"
            )
