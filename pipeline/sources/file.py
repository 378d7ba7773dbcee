"""Files as a source: one, or a watched folder. Every run takes what is new or changed there, each content once.

Tables are CSV in any common encoding, workbooks, JSON lines, JSON documents; rows of Parquet are read outside this
room, see steps/file_page.py. What was taken is noted by its SHA-256 when the run has kept it, so that a killed run
takes it again. A file that cannot be read as a whole stays as it is and is told anew by every run until it is mended.
"""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from pipeline.errors import BadInput, SourceUnreachable, UsageError
from pipeline.review import ParsedReview, RawPage
from pipeline.sources.client import Client
from pipeline.sources.file_rows import Item, RejectedRow, parse_bytes
from pipeline.sources.layouts import FIELDS, LAYOUTS
from pipeline.sources.source import Subscription, Window

MAX_BYTES = 500_000_000
SUFFIXES = frozenset((".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".xlsx", ".xlsm", ".xls", ".ods", ".parquet"))
MAP = "map_"


class File:
    """Source `file`; options `path` (a file or folder), `pattern`, `layout`, `map_FIELD` (the column of a field)."""

    name = "file"

    def __init__(self, layout: str = "generic", mapping: Mapping[str, str] | None = None) -> None:
        self.layout = layout
        self.mapping = dict(mapping or {})

    def configured(self, options: Mapping[str, str]) -> File:
        """This source with a subscription's layout and columns.

        Raises:
            UsageError: no layout or field has that name.
        """
        layout = options.get("layout", "generic")
        if layout not in LAYOUTS:
            raise UsageError(f"no layout {layout!r}", remedy=f"Known: {', '.join(sorted(LAYOUTS))}")
        mapping = {name.removeprefix(MAP): column for name, column in options.items() if name.startswith(MAP)}
        unknown = sorted(set(mapping) - set(FIELDS))
        if unknown:
            raise UsageError(f"no option {MAP}{unknown[0]}", remedy=f"Fields: {', '.join(FIELDS)}")
        return File(layout, mapping)

    def fetch(self, subscription: Subscription, window: Window, client: Client) -> Iterator[RawPage]:  # noqa: ARG002
        """What is new in the file or folder, in the order of the names.

        Raises:
            SourceUnreachable: some of it cannot be read; told after all the others were given.
        """
        named = _named(subscription)
        if not named:
            raise UsageError("no path", where=subscription.name, remedy='Add options = { path = "..." }')
        if "://" in named:
            page = client.get(named, subscription)
            if page is not None:
                yield page
            return
        taken = marks_folder(client.state_dir, subscription)
        faults = []
        for path in _files(Path(named), subscription.options.get("pattern", "*")):
            try:
                body = _read(path)
            except (OSError, BadInput) as error:
                faults.append(f"{path.name} ({error.strerror if isinstance(error, OSError) else error.what})")
                continue
            mark = taken / hashlib.sha256(body).hexdigest()
            if not mark.exists():
                page = _page(path, body, subscription)
                client.expect(page, mark)
                yield page
        if faults:
            raise SourceUnreachable(
                f"{len(faults)} files not read: {', '.join(faults)}", where=named, remedy="Mend or remove them"
            )

    def items(self, page: RawPage) -> Iterator[Item]:
        """The reviews of a payload, with the rows that are set aside among them.

        Raises:
            BadInput: it cannot be read at all.
        """
        return parse_bytes(
            page.body, source=page.source, entity=page.entity, location=page.location, layout=self.layout,
            mapping=self.mapping, where=page.url,
        )  # fmt: skip

    def parse(self, page: RawPage) -> list[ParsedReview]:
        """The reviews of a payload.

        Raises:
            BadInput: a row or the file cannot be read.
        """
        reviews: list[ParsedReview] = []
        for item in self.items(page):
            if isinstance(item, RejectedRow):
                raise BadInput(item.reason, where=f"{page.url} line {item.line}", remedy="Mend that row")
            reviews.append(item)
        return reviews


def is_local(subscription: Subscription) -> bool:
    """Whether it reads files of this machine: exports come when they come, and none says what it leaves out."""
    named = _named(subscription)
    return subscription.source == File.name and named is not None and "://" not in named


def marks_folder(state_dir: Path, subscription: Subscription) -> Path:
    """Where the files that a subscription has taken are noted, in the client's `state_dir`; it may not exist."""
    return state_dir / "files" / _mark(subscription)


def _named(subscription: Subscription) -> str | None:
    return subscription.options.get("path") or subscription.url


def _mark(subscription: Subscription) -> str:
    """What tells one reading of files from another: who reads, and how."""
    how = sorted((name, value) for name, value in subscription.options.items() if name == "layout" or MAP in name)
    return hashlib.sha256(repr((subscription.name, how)).encode()).hexdigest()[:16]


def _files(path: Path, pattern: str) -> list[Path]:
    if not path.exists():
        raise BadInput("no such file", where=str(path), remedy="Check the subscription's path")
    if not path.is_dir():
        return [path]
    try:
        found = sorted(path.glob(pattern))
    except (ValueError, NotImplementedError) as error:
        raise UsageError(f"no pattern: {error}", where=pattern, remedy='For example pattern = "**/*.csv"') from error
    return [
        each
        for each in found
        if each.suffix.lower() in SUFFIXES and not each.name.startswith((".", "~")) and each.is_file()
    ]


def _read(path: Path) -> bytes:
    """The whole of a file that nobody is writing to."""
    before = path.stat()
    if before.st_size > MAX_BYTES:
        raise BadInput(f"more than {MAX_BYTES // 1_000_000} MB: use `leumund import`", where=str(path))
    body = path.read_bytes()
    after = path.stat()
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or len(body) != after.st_size:
        raise BadInput("is being written: the next run takes it", where=str(path))
    return body


def _page(path: Path, body: bytes, subscription: Subscription) -> RawPage:
    return RawPage(
        source=File.name,
        url=path.resolve().as_uri(),
        fetched_at=datetime.now(UTC),
        status=200,
        content_type=mimetypes.guess_type(path.name)[0] or "application/octet-stream",
        body=body,
        entity=subscription.entity,
        location=subscription.location,
    )
