"""Plan, fetch, load and judge: the steps of `ingest_reviews`."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pipeline import progress
from pipeline.errors import SourceBlocked, SourceError
from pipeline.settings import Settings
from pipeline.sources.source import Window
from pipeline.steps import workplace
from pipeline.steps.collect import collect
from pipeline.warehouse import load, read, staging

INGEST = "ingest"


@progress.step
def plan_ingest(run_id: str, start: datetime | None, end: datetime | None) -> list[dict[str, Any]]:
    """Batches of subscriptions with the window each asks for.

    A window reaches back to the subscription's watermark less its overlap, so days missed are caught up; an interval
    that lies before the watermark (a backfill) asks for itself alone. Without an interval: everything since.
    """
    settings = workplace.current()
    with workplace.warehouse(settings) as con:
        watermarks = read.watermarks(con)
    until = end or workplace.now()
    since = start or until - timedelta(days=1)
    items = []
    for subscription in settings.subscription:
        reach = since
        watermark = watermarks.get(subscription.name)
        if watermark is not None and watermark < until:
            reach = min(since, watermark - timedelta(days=subscription.overlap_days))
        items.append({"name": subscription.name, "since": reach.isoformat()})
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
        )
        run = collect(settings, known[item["name"]], window, batch["run_id"], folder)
        counts["subscriptions"] += 1
        counts["fetched"] += run.fetched
        counts["parsed"] += run.parsed
        counts["set_aside"] += run.set_aside
        counts["failed"] += run.status in {"failed", "blocked"}
        progress.report("fetch", counts["subscriptions"], len(batch["subscriptions"]))
    return counts


@progress.step
def load_reviews(run_id: str) -> dict[str, int]:
    """Counts of what the staged files added: new, edited, unchanged. Takes up what a killed run left staged, too."""
    settings = workplace.current()
    total = {"new": 0, "edited": 0, "unchanged": 0}
    with workplace.warehouse(settings) as con:
        for folder in pending_folders(settings):
            for run, path in staging.read_runs(folder):
                counts = load.load_staged(con, [path], run)
                total["new"] += counts.new
                total["edited"] += counts.edited
                total["unchanged"] += counts.unchanged
            if folder.name == folder_name(run_id) or _is_abandoned(folder):
                shutil.rmtree(folder)
    return total


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
