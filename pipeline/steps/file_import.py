"""Brings a file of reviews into the same way that fetched pages take: `leumund import`."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

from pipeline import progress
from pipeline.errors import BadInput
from pipeline.review import ParsedReview, Review
from pipeline.settings import Settings
from pipeline.sources import file_rows
from pipeline.steps import file_page, workplace
from pipeline.steps.ingest import INGEST
from pipeline.text import prepare
from pipeline.warehouse import copies, load, read, staging

CHUNK = 20_000


@dataclass(frozen=True)
class ImportRequest:
    """A file, and what is to be known about it; `mapping` is field -> column."""

    path: Path
    source: str
    entity: str | None = None
    location: str | None = None
    layout: str = "generic"
    mapping: Mapping[str, str] | None = None


@dataclass
class ImportCounts:
    """What an import did; `reasons` counts the rows set aside by reason."""

    rows: int = 0
    new: int = 0
    edited: int = 0
    unchanged: int = 0
    set_aside: int = 0
    set_aside_path: str | None = None


@progress.step
def import_file(request: ImportRequest) -> ImportCounts:
    """Counts of an import. The same file twice adds nothing; imported history never notifies.

    Raises:
        BadInput: the file is missing, empty, unreadable, or lacks a needed column.
    """
    settings = workplace.current()
    if not request.path.is_file():
        raise BadInput("no such file", where=str(request.path), remedy="Check the path")
    with request.path.open("rb") as file:
        run_id = f"import-{hashlib.file_digest(file, 'sha256').hexdigest()[:16]}"
    folder = settings.staged_dir / INGEST / run_id
    folder.mkdir(parents=True, exist_ok=True)
    counts = ImportCounts()
    rejected = settings.home / "set_aside" / f"{run_id}.txt"
    with workplace.warehouse(settings) as con:
        # The same file is the same observation, however often it comes: what changed since must not change back.
        started_at = read.run_started_at(con, run_id) or workplace.now()
    staged = folder / "import.jsonl.gz"
    with _Rejects(rejected) as rejects:
        staging.write_reviews(staged, _reviews(settings, request, run_id, started_at, counts, rejects))
        counts.set_aside = rejects.count
    counts.set_aside_path = str(rejected) if counts.set_aside else None
    run = staging.SourceRun(
        run_id=run_id,
        subscription=f"import:{request.source}",
        source=request.source,
        entity=request.entity or "",
        location=request.location,
        started_at=started_at,
        finished_at=workplace.now(),
        window_start=started_at,
        window_end=started_at,
        fetched=1,
        parsed=counts.rows,
        set_aside=counts.set_aside,
        source_total=None,
        status="partial" if counts.set_aside else "ok",
        message=f"{counts.set_aside} rows set aside" if counts.set_aside else None,
        is_import=True,
    )
    with workplace.warehouse(settings) as con:
        loaded = load.load_staged(con, [staged], run)
        copies.note(con)
    counts.new, counts.edited, counts.unchanged = loaded.new, loaded.edited, loaded.unchanged
    shutil.rmtree(folder)
    return counts


class _Rejects:
    """A file of rows set aside: line number and reason, written as they come; made only if there is one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0

    def __enter__(self) -> _Rejects:
        self.path.unlink(missing_ok=True)
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def add(self, where: str, reason: str) -> None:
        self.count += 1
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(f"{where}: {reason}\n")


def _reviews(
    settings: Settings,
    request: ImportRequest,
    run_id: str,
    seen_at: datetime,
    counts: ImportCounts,
    rejects: _Rejects,
) -> Iterator[Review]:
    parsed = _parsed(request, counts, rejects)
    while chunk := list(islice(parsed, CHUNK)):
        prepared = prepare.prepare(
            [review for _, review in chunk],
            seen_at=seen_at,
            secret=settings.secret(),
            run_id=run_id,
            raw_ref=None,
            is_imported=True,
            entity=request.entity,
            location=request.location,
            time_zone=str(settings.entity_zone(request.entity or "")),
        )
        for rejected in prepared.rejected:
            rejects.add(f"row {chunk[rejected.index][0]}", rejected.reason)
        progress.report("read", counts.rows)
        yield from prepared.reviews


def _parsed(request: ImportRequest, counts: ImportCounts, rejects: _Rejects) -> Iterator[tuple[int, ParsedReview]]:
    for number, item in enumerate(_items(request), start=1):
        counts.rows += 1
        if isinstance(item, file_rows.RejectedRow):
            rejects.add(f"line {item.line}", item.reason)
        else:
            yield number, item


def _items(request: ImportRequest) -> Iterator[file_rows.Item]:
    return file_page.items_of_path(
        request.path,
        source=request.source,
        entity=request.entity,
        location=request.location,
        layout=request.layout,
        mapping=dict(request.mapping or {}),
    )
