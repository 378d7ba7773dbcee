"""Reviews as files: CSV in any common encoding and dialect, JSON lines, JSON arrays; rows of Parquet come from outside.

Files are read as streams, so that one larger than memory is no matter. A row that cannot be read is set aside with its
line number; a file that cannot be read at all is one clear error.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import BadInput, UsageError
from pipeline.review import ParsedReview, Rating, RawPage, Reply
from pipeline.sources import table, values
from pipeline.sources.client import Client
from pipeline.sources.layouts import FIELDS, LAYOUTS, Layout
from pipeline.sources.source import Subscription, Window
from pipeline.sources.table import Row, plain


@dataclass(frozen=True)
class RejectedRow:
    """A row set aside: its line in the file, and why."""

    line: int
    reason: str


Item = ParsedReview | RejectedRow


@dataclass(frozen=True)
class _Reading:
    """What every row is read by."""

    source: str
    entity: str | None
    location: str | None
    layout: Layout
    mapping: Mapping[str, str]
    where: str


class File:
    """Source `file`: option `path` names a file or a folder, `layout` how its columns are called."""

    name = "file"

    def fetch(self, subscription: Subscription, window: Window, client: Client) -> Iterator[RawPage]:
        """The file, or every CSV and JSON file of the folder, as it lies there."""
        named = subscription.options.get("path") or subscription.url
        if not named:
            raise UsageError("no path", where=subscription.name, remedy='Add options = { path = "..." }')
        if "://" in named:
            page = client.get(named, subscription)
            if page is not None:
                yield page
            return
        path = Path(named)
        if not path.exists():
            raise BadInput("no such file", where=named, remedy="Check the subscription's path")
        files = sorted(each for each in path.iterdir() if each.suffix in _SUFFIXES) if path.is_dir() else [path]
        for each in files:
            yield RawPage(
                source=self.name,
                url=each.resolve().as_uri(),
                fetched_at=window.end,
                status=200,
                content_type="text/csv",
                body=each.read_bytes(),
                entity=subscription.entity,
                location=subscription.location,
            )

    def parse(self, page: RawPage) -> list[ParsedReview]:
        """The reviews of a payload in the generic layout.

        Raises:
            BadInput: a row or the file cannot be read.
        """
        reviews: list[ParsedReview] = []
        for item in parse_bytes(
            page.body, source=page.source, entity=page.entity, location=page.location, where=page.url
        ):
            if isinstance(item, RejectedRow):
                raise BadInput(item.reason, where=f"{page.url} line {item.line}", remedy="Mend that row")
            reviews.append(item)
        return reviews


_SUFFIXES = frozenset((".csv", ".tsv", ".jsonl", ".ndjson", ".json"))


def parse_path(
    path: Path, *, source: str, entity: str | None, location: str | None, layout: str, mapping: Mapping[str, str]
) -> Iterator[Item]:
    """The rows of a file as reviews, one at a time, with the bad ones among them.

    Raises:
        BadInput: the file is empty, in no known encoding, no table, or lacks a needed column.
        UsageError: no layout or field has that name.
    """
    with path.open("rb") as file:
        reading = _reading(source, entity, location, layout, mapping, str(path))
        yield from _reviews(table.rows(file, path.stat().st_size, reading.where), reading)


def parse_bytes(
    body: bytes,
    *,
    source: str,
    entity: str | None,
    location: str | None,
    layout: str = "generic",
    mapping: Mapping[str, str] | None = None,
    where: str = "payload",
) -> Iterator[Item]:
    """The same for a payload in memory."""
    reading = _reading(source, entity, location, layout, mapping or {}, where)
    yield from _reviews(table.rows(io.BytesIO(body), len(body), where), reading)


def parse_rows(
    rows: Iterable[Mapping[str, object]],
    *,
    source: str,
    entity: str | None,
    location: str | None,
    layout: str,
    mapping: Mapping[str, str],
    where: str = "table",
) -> Iterator[Item]:
    """The same for rows that were read elsewhere, such as those of a Parquet file."""
    yield from _reviews(
        ((at, row) for at, row in enumerate(rows, start=1)), _reading(source, entity, location, layout, mapping, where)
    )


def _reading(
    source: str, entity: str | None, location: str | None, layout: str, mapping: Mapping[str, str], where: str
) -> _Reading:
    if layout not in LAYOUTS:
        raise UsageError(f"no layout {layout!r}", remedy=f"Known: {', '.join(sorted(LAYOUTS))}")
    unknown = sorted(set(mapping) - set(FIELDS))
    if unknown:
        raise UsageError(f"no field {unknown[0]!r}", where="--map", remedy=f"Fields: {', '.join(FIELDS)}")
    return _Reading(source, entity, location, LAYOUTS[layout], mapping, where)


def _reviews(rows: Iterable[tuple[int, Row]], reading: _Reading) -> Iterator[Item]:
    # Lines of JSON need not all name the same fields: what a key means is settled anew for every set of them.
    known: dict[tuple[str, ...], dict[str, str]] = {}
    first: dict[str, str] = {}
    is_empty = True
    for line, row in rows:
        is_empty = False
        if isinstance(row, str):
            yield RejectedRow(line, row)
            continue
        names = tuple(row)
        if names not in known:
            present = {plain(str(name)): str(name) for name in row}
            try:
                known[names] = _columns(present, reading)
            except BadInput:
                if not known:
                    raise
                known[names] = {field: name for field, name in first.items() if name in row}
            first = first or known[names]
        review = _review(row, known[names], reading)
        if review.rating is None and not review.text and not review.title:
            yield RejectedRow(line, "neither rating nor text" if row else "not readable")
        else:
            yield review
    if is_empty:
        raise BadInput("a header, but no rows", where=reading.where, remedy="Export it again")


def _columns(present: Mapping[str, str], reading: _Reading) -> dict[str, str]:
    """Field -> column of this file: the mapping first, then what the layout knows."""
    columns: dict[str, str] = {}
    for name in FIELDS:
        wanted = reading.mapping.get(name)
        if wanted is not None:
            if plain(wanted) not in present:
                raise BadInput(
                    f"no column {wanted!r} for {name}",
                    where=reading.where,
                    remedy=f"Columns: {', '.join(present.values())}",
                )
            columns[name] = present[plain(wanted)]
            continue
        found = next((each for each in reading.layout.columns.get(name, ()) if each in present), None)
        if found is not None:
            columns[name] = present[found]
    lacking = [name for name in reading.layout.required if name not in columns]
    if lacking or not {"rating", "text", "title"} & set(columns):
        missing = lacking[0] if lacking else "rating or text"
        raise BadInput(
            f"no column for {missing}", where=reading.where,
            remedy=f"Name it with --map; columns: {', '.join(present.values()) or 'none'}",
        )  # fmt: skip
    return columns


def _review(row: Mapping[str, object], columns: Mapping[str, str], reading: _Reading) -> ParsedReview:
    def cell(name: str) -> object:
        value = row.get(columns[name]) if name in columns else None
        return None if isinstance(value, str) and not value.strip() else value

    def words(name: str) -> str | None:
        value = cell(name)
        return str(value).strip() if value is not None else None

    layout = reading.layout
    rating = values.rating(cell("rating"), cell("best") or layout.best, cell("worst") or layout.worst)
    posted_at, precision = values.when(cell("posted_at"))
    edited_at, _ = values.when(cell("edited_at"))
    reply = words("reply")
    extra: dict[str, object] = {name: row[name] for name in layout.extra if row.get(name) not in (None, "")}
    return ParsedReview(
        source=words("source") or reading.source,
        source_review_id=words("id"),
        entity=words("entity") or reading.entity,
        location=words("location") or reading.location,
        rating=_binary(rating),
        posted_at=posted_at,
        posted_precision=precision,
        edited_at=edited_at if edited_at != posted_at else None,
        language_declared=words("language"),
        title=words("title"),
        text=words("text"),
        url=words("url"),
        author=words("author"),
        reply=Reply(reply, values.when(cell("reply_at"))[0]) if reply else None,
        extra=extra,
    )


def _binary(rating: Rating | None) -> Rating | None:
    """Thumbs come as a scale from 0 to 1."""
    if rating is not None and (rating.best, rating.worst) == (1.0, 0.0):
        return Rating(rating.value, rating.best, rating.worst, is_binary=True)
    return rating
