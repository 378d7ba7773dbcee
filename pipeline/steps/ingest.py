"""Plan, fetch, load and judge: the steps of `ingest_reviews`."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pipeline import progress, sources
from pipeline.errors import SourceBlocked, SourceError
from pipeline.reputation import coverage
from pipeline.settings import Settings, SubscriptionSettings
from pipeline.sources import file as file_source
from pipeline.sources.extent import EVERYTHING
from pipeline.sources.source import AsksByTime, Window
from pipeline.steps import workplace
from pipeline.steps.collect import collect
from pipeline.warehouse import copies, load, read, sightings, staging
from pipeline.warehouse.staging import SourceRun

INGEST = "ingest"
_ASK_AGAIN = timedelta(days=3)


@progress.step
def plan_ingest(run_id: str, start: datetime | None, end: datetime | None) -> list[dict[str, Any]]:
    """Batches of subscriptions with the window each asks for.

    A window reaches back to the subscription's watermark less its overlap, so days missed are caught up; an interval
    that lies before the watermark (a backfill) asks for itself alone. Without an interval: everything since. All that a
    source shows is asked for the first time, every `reread_days` after that, and where a review was missing last time.
    """
    settings = workplace.current()
    until = end or workplace.now()
    since = start or until - timedelta(days=1)
    with workplace.warehouse(settings) as con:
        watermarks = read.watermarks(con)
        whole = read.last_whole_reads(con)
        unsure = sightings.unconfirmed(con, until - _ASK_AGAIN)
        suspects = sightings.suspects(con)
    items = []
    for subscription in settings.subscription:
        reach, is_whole = since, False
        watermark = watermarks.get(subscription.name)
        if watermark is None or watermark < until:
            is_whole = _is_whole_due(subscription, until, whole.get(subscription.name), subscription.name in unsure)
            if is_whole:
                reach = EVERYTHING
            elif watermark is not None:
                reach = min(since, watermark - timedelta(days=subscription.overlap_days))
        if subscription.name in suspects:
            _write_suspects(run_folder(settings, run_id), subscription.name, suspects[subscription.name])
        items.append({"name": subscription.name, "since": reach.isoformat(), "is_whole": is_whole})
    size = settings.batch_size
    return [
        {
            "run_id": run_id,
            "label": f"{items[at]['name']} +{len(items[at : at + size]) - 1}",
            "start": since.isoformat(),
            "end": until.isoformat(),
            "subscriptions": items[at : at + size],
        }
        for at in range(0, len(items), size)
    ]


@progress.step
def fetch_batch(batch: dict[str, Any]) -> dict[str, int]:
    """Counts of one batch: subscriptions read, pages fetched, reviews parsed, items set aside, sources that failed."""
    settings = workplace.current()
    known = {subscription.name: subscription for subscription in settings.subscription}
    folder = run_folder(settings, batch["run_id"])
    counts = {"subscriptions": 0, "fetched": 0, "parsed": 0, "set_aside": 0, "failed": 0}
    for item in batch["subscriptions"]:
        if item["name"] not in known:
            continue  # removed from the settings between plan and fetch
        window = Window(
            start=datetime.fromisoformat(batch["start"]),
            end=datetime.fromisoformat(batch["end"]),
            since=datetime.fromisoformat(item["since"]),
            is_whole=bool(item.get("is_whole")),
        )
        suspects = _read_suspects(folder, item["name"])
        run = collect(settings, known[item["name"]], window, batch["run_id"], folder, suspects)
        counts["subscriptions"] += 1
        counts["fetched"] += run.fetched
        counts["parsed"] += run.parsed
        counts["set_aside"] += run.set_aside
        counts["failed"] += run.status in {"failed", "blocked"}
        progress.report("fetch", counts["subscriptions"], len(batch["subscriptions"]))
    return counts


@progress.step
def load_reviews(run_id: str) -> dict[str, int]:
    """Counts of what the staged files added: new, edited, unchanged, removed. Takes up what a killed run left, too."""
    settings = workplace.current()
    known = {subscription.name: subscription for subscription in settings.subscription}
    total = {"new": 0, "edited": 0, "unchanged": 0, "removed": 0}
    with workplace.warehouse(settings) as con:
        for folder in pending_folders(settings):
            for run, path in staging.read_runs(folder):
                counts = load.load_staged(con, [path], run, lambda each: judge_run(con, known, each))
                total["new"] += counts.new
                total["edited"] += counts.edited
                total["unchanged"] += counts.unchanged
                total["removed"] += counts.removed
            if folder.name == folder_name(run_id) or _is_abandoned(folder):
                shutil.rmtree(folder)
        copies.note(con)
    return total


def judge_run(con: workplace.Connection, known: Mapping[str, SubscriptionSettings], run: SourceRun) -> SourceRun:
    """The run with what its source's past lets expect, and `empty` or `short` where it gave less.

    What failed says so already, and an old interval read again is no measure of anything.
    """
    is_backfill = run.window_end is not None and run.window_end < run.started_at - timedelta(days=2)
    if run.is_import or is_backfill or run.status not in ("ok", "not_modified"):
        return run
    past = read.past_runs(con, run.subscription, run.run_id, run.started_at)
    wanted = known.get(run.subscription)
    source = sources.get(wanted.source) if wanted is not None else None
    is_quiet = isinstance(source, AsksByTime) and source.asks_by_time
    found = coverage.judge(
        coverage.PastRun(run.started_at, run.parsed, run.new, run.status, run.is_whole),
        past,
        is_quiet_normal=is_quiet or (wanted is not None and file_source.is_local(wanted.to_subscription())),
    )
    message = "; ".join(each for each in (found.message, run.message) if each) or None
    return replace(
        run,
        status=found.status or run.status,
        message=message,
        expected=found.expected,
        expected_low=found.expected_low,
    )


@progress.step
def judge_coverage(run_id: str) -> dict[str, int]:
    """How many subscriptions were read completely.

    Raises:
        SourceBlocked: every fault is a refusal (permission, robots).
        SourceError: a subscription failed, gave less than a whole answer, or none where it always gave some.
    """
    settings = workplace.current()
    with workplace.warehouse(settings) as con:
        faults = read.coverage_faults(con, run_id)
        total = read.run_count(con, run_id)
    if not faults:
        return {"subscriptions": total, "complete": total}
    kind = SourceBlocked if all(fault.status == "blocked" for fault in faults) else SourceError
    told = "; ".join(f"{fault.subscription} ({fault.status}): {fault.message}" for fault in faults)
    raise kind(
        f"{len(faults)} of {total} subscriptions not read completely: {told}",
        remedy="What came has been loaded; mend the cause and run again",
    )


def _is_whole_due(subscription: SubscriptionSettings, until: datetime, last: datetime | None, is_unsure: bool) -> bool:
    if last is None or is_unsure:
        return True
    return subscription.reread_days > 0 and until - last >= timedelta(days=subscription.reread_days)


def _write_suspects(folder: Path, name: str, suspects: list[sightings.Suspect]) -> None:
    staging.write_json_lines(folder / f"{name}.suspects.jsonl", (asdict(each) for each in suspects))


def _read_suspects(folder: Path, name: str) -> list[sightings.Suspect]:
    path = folder / f"{name}.suspects.jsonl"
    if not path.is_file():
        return []
    return [sightings.Suspect(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def run_folder(settings: Settings, run_id: str) -> Path:
    """The staging folder of one run; made if missing."""
    folder = settings.staged_dir / INGEST / folder_name(run_id)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def folder_name(run_id: str) -> str:
    """A run id as a file name."""
    return "".join(sign if sign.isalnum() or sign in "-_" else "_" for sign in run_id)


def pending_folders(settings: Settings) -> list[Path]:
    """Staging folders that hold work, oldest first."""
    root = settings.staged_dir / INGEST
    return sorted((folder for folder in root.glob("*") if folder.is_dir()), key=lambda folder: folder.stat().st_mtime)


def _is_abandoned(folder: Path) -> bool:
    """Whether a folder belongs to a run that was killed: nothing was written in it for a day."""
    newest = max((path.stat().st_mtime for path in folder.iterdir()), default=folder.stat().st_mtime)
    return workplace.now().timestamp() - newest > 86_400
