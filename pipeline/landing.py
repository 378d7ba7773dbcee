"""The raw zone: every fetched page as it came, addressed by its content, before anything is parsed.

A body lies once however often it is fetched: `<source>/<sha256>.gz`. Beside it `<sha256>.jsonl` has a line a fetch.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import json
import os
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline.errors import BadInput
from pipeline.review import RawPage

_ASIDE = "set_aside"
_META = {"url", "fetched_at", "status", "content_type", "entity", "location"}


@dataclass(frozen=True)
class SetAside:
    """A page that could not be parsed whole, and why."""

    raw_ref: str
    reason: str


def write(root: Path, page: RawPage) -> str:
    """Keep a page and return its reference, `<source>/<sha256>`; the same bytes again add a line, not a body."""
    ref = f"{page.source}/{hashlib.sha256(page.body).hexdigest()}"
    body = root / f"{ref}.gz"
    if not body.exists():
        _replace(body, gzip.compress(page.body, compresslevel=6, mtime=0))
    meta = {
        "url": page.url,
        "fetched_at": page.fetched_at.isoformat(),
        "status": page.status,
        "content_type": page.content_type,
        "entity": page.entity,
        "location": page.location,
    }
    # The line end comes first, so that a line cut short by a kill does not spoil the next one.
    with (root / f"{ref}.jsonl").open("a", encoding="utf-8") as file:
        file.write("\n" + json.dumps(meta, ensure_ascii=False) + "\n")
    return ref


def read(root: Path, raw_ref: str) -> RawPage:
    """The page of a reference, as it was fetched last.

    Raises:
        BadInput: it was purged, never kept whole, or is damaged.
    """
    meta = _last_fetch(root, raw_ref)
    try:
        body = gzip.decompress((root / f"{raw_ref}.gz").read_bytes()) if meta else None
    except (OSError, EOFError, zlib.error):
        body = None
    if meta is None or body is None:
        raise BadInput("raw page is not there", where=raw_ref, remedy="It was purged after its days; fetch again")
    return RawPage(
        source=raw_ref.split("/", 1)[0],
        url=meta["url"],
        fetched_at=datetime.fromisoformat(meta["fetched_at"]),
        status=meta["status"],
        content_type=meta["content_type"],
        body=body,
        entity=meta["entity"],
        location=meta["location"],
    )


def _last_fetch(root: Path, raw_ref: str) -> dict[str, Any] | None:
    """The last whole line beside a page; None where there is none, as after a kill between body and line."""
    try:
        lines = (root / f"{raw_ref}.jsonl").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    for line in reversed(lines):
        with contextlib.suppress(ValueError):
            meta = json.loads(line)
            if isinstance(meta, dict) and set(meta) >= _META:
                return meta
    return None


def refs(root: Path, source: str | None = None) -> Iterator[str]:
    """The references of all pages, or of one source's."""
    for path in sorted(root.glob(f"{source or '*'}/*.gz")):
        yield path.relative_to(root).with_suffix("").as_posix()


def set_aside(root: Path, raw_ref: str, reason: str) -> Path:
    """Mark a page as not parsed whole, for `leumund reparse`; returns the mark."""
    mark = root / _ASIDE / f"{raw_ref.replace('/', '__')}.txt"
    _replace(mark, f"{raw_ref}\n{reason}\n".encode())
    return mark


def list_set_aside(root: Path) -> list[SetAside]:
    """The marked pages, oldest mark first."""
    marks = sorted((root / _ASIDE).glob("*.txt"), key=lambda path: path.stat().st_mtime)
    found = []
    for mark in marks:
        raw_ref, _, reason = mark.read_text(encoding="utf-8").partition("\n")
        found.append(SetAside(raw_ref, reason.strip()))
    return found


def clear_set_aside(root: Path, raw_ref: str) -> None:
    """Take a mark away; the page stays."""
    (root / _ASIDE / f"{raw_ref.replace('/', '__')}.txt").unlink(missing_ok=True)


def purge(root: Path, older_than: datetime) -> int:
    """Delete pages last fetched before `older_than`, with their marks; returns how many.

    A page without a whole line goes by the age of its file: raw pages hold personal data, none may stay for ever.
    """
    gone = 0
    for ref in list(refs(root)):
        meta = _last_fetch(root, ref)
        if meta is not None:
            fetched_at = datetime.fromisoformat(meta["fetched_at"])
        else:
            fetched_at = datetime.fromtimestamp((root / f"{ref}.gz").stat().st_mtime, UTC)
        if fetched_at < older_than:
            gone += delete(root, ref)
    return gone


def delete(root: Path, raw_ref: str) -> int:
    """Delete one page and its mark; 1 if it was there, else 0."""
    body = root / f"{raw_ref}.gz"
    was_there = body.exists()
    for path in (body, root / f"{raw_ref}.jsonl"):
        path.unlink(missing_ok=True)
    clear_set_aside(root, raw_ref)
    return int(was_there)


def _replace(path: Path, body: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(body)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
