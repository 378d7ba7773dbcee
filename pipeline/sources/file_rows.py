"""Rows as reviews: which column holds what, which scale the ratings are on, and what is set aside."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain, islice
from pathlib import Path

from pipeline.errors import BadInput, UsageError
from pipeline.review import ParsedReview, Rating, Reply
from pipeline.sources import table, values
from pipeline.sources.layouts import FIELDS, LAYOUTS, RECOMMENDS, Layout, squash
from pipeline.sources.nested import DOCUMENT_ENTITY
from pipeline.sources.table import Row, plain

_SCALE_ROWS = 2_000
_NOTHING = re.compile(r"^(?:no (?:positive|negative)s?|n/?a|none|nothing|nichts|-+|\.+)$", re.I)
_YES = frozenset(("1", "1.0", "true", "yes", "y", "ja", "oui", "sí", "si", "sim", "recommended", "x"))
_NO = frozenset(("0", "0.0", "false", "no", "n", "nein", "non", "não", "nao", "not recommended"))
_THUMBS = frozenset(map(squash, RECOMMENDS))
_FIGURE = re.compile(r"^-?[\d.,%]+$")


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
    """The rows as reviews, on the scale that the first of them betray where neither file nor layout names one."""
    items = iter(_items(rows, reading))
    if reading.layout.best is not None:
        yield from items
        return
    head = list(islice(items, _SCALE_ROWS))
    best, worst = _scale(head)
    for item in chain(head, items):
        yield _rescaled(item, best, worst) if best is not None and isinstance(item, ParsedReview) else item


def _items(rows: Iterable[tuple[int, Row]], reading: _Reading) -> Iterator[Item]:
    # Lines of JSON need not all name the same fields: what a key means is settled anew for every set of them.
    known: dict[tuple[str, ...], dict[str, str]] = {}
    first: dict[str, str] = {}
    for line, row in rows:
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


def _scale(items: list[Item]) -> tuple[float | None, float]:
    """(best, worst) of ratings that outgrow five stars; (None, _) where five will do, or too few ratings say else.

    One rating beyond five is a slip; a tenth of them is a scale.
    """
    rated = [item.rating for item in items if isinstance(item, ParsedReview) and item.rating is not None]
    values_ = [rating.value for rating in rated if rating.best == 5.0 and rating.worst == 1.0]
    for low, best, worst in ((5.0, 10.0, 1.0), (10.0, 100.0, 0.0)):
        beyond = sum(low < value <= best for value in values_)
        if values_ and max(values_) <= best and beyond * 10 >= len(values_) and beyond:
            return best, min(worst, 0.0 if min(values_) < 1 else worst)
    return None, 1.0


def _rescaled(review: ParsedReview, best: float, worst: float) -> ParsedReview:
    rating = review.rating
    if rating is None or (rating.best, rating.worst) != (5.0, 1.0):
        return review
    return replace(review, rating=Rating(rating.value, best, worst))


def _columns(present: Mapping[str, str], reading: _Reading) -> dict[str, str]:
    """Field -> column of this file: the mapping first, then what the layout knows."""
    columns: dict[str, str] = {}
    alike = {squash(name): name for name in reversed(list(present.values()))}
    for name in FIELDS:
        wanted = reading.mapping.get(name)
        if wanted is not None:
            if plain(wanted) not in present and squash(wanted) not in alike:
                raise BadInput(
                    f"no column {wanted!r} for {name}",
                    where=reading.where,
                    remedy=f"Columns: {', '.join(present.values())}",
                )
            columns[name] = present.get(plain(wanted)) or alike[squash(wanted)]
            continue
        candidates = (squash(each) for each in reading.layout.columns.get(name, ()))
        found = next((each for each in candidates if each in alike), None)
        if found is not None:
            columns[name] = alike[found]
    lacking = [name for name in reading.layout.required if name not in columns]
    if lacking or not {"rating", "text", "title", "pros", "cons"} & set(columns):
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
        return str(value).strip() if isinstance(value, str | int | float | date) else None

    layout = reading.layout
    if columns.get("rating") is not None and squash(columns["rating"]) in _THUMBS:
        rating = _thumb(cell("rating"))
    else:
        rating = values.rating(cell("rating"), cell("best") or layout.best, cell("worst") or layout.worst)
    posted_at, precision = values.when(cell("posted_at"))
    edited_at, _ = values.when(cell("edited_at"))
    reply, named = words("reply"), row.get(DOCUMENT_ENTITY)
    extra: dict[str, object] = {name: row[name] for name in layout.extra if row.get(name) not in (None, "")}
    return ParsedReview(
        source=_site(words("source")) or reading.source,
        source_review_id=words("id"),
        entity=words("entity") or reading.entity or (str(named) if named else None),
        location=words("location") or reading.location,
        rating=_binary(rating),
        posted_at=posted_at,
        posted_precision=precision,
        edited_at=edited_at if edited_at != posted_at else None,
        language_declared=words("language"),
        title=words("title"),
        text=_both_sides(words("text"), _side(cell("pros")), _side(cell("cons"))),
        url=words("url"),
        author=words("author"),
        reply=Reply(reply, values.when(cell("reply_at"))[0]) if reply else None,
        extra=extra,
    )


def _site(name: str | None) -> str | None:
    """A site's name; a help desk's `source: 2` is none."""
    return None if name is None or name.isdigit() else name


def _thumb(value: object) -> Rating | None:
    """A yes or no, in whatever words."""
    said = str(value).strip().lower() if value is not None else ""
    if said in _YES or said in _NO:
        return Rating(float(said in _YES), 1.0, 0.0, is_binary=True)
    return None


def _side(value: object) -> str | None:
    """What somebody liked or disliked; a number there is a figure and no words, "No Negative" is none either."""
    if isinstance(value, list):
        value = ", ".join(each for each in value if isinstance(each, str))
    text = value.strip() if isinstance(value, str) else ""
    return text if text and not _NOTHING.match(text) and not _FIGURE.match(text) else None


def _both_sides(text: str | None, pros: str | None, cons: str | None) -> str | None:
    """The words of a review that is split into what was good and what was bad, each behind its sign."""
    parts = [text, f"+ {pros}" if pros else None, f"- {cons}" if cons else None]
    return "\n".join(part for part in parts if part) or None


def _binary(rating: Rating | None) -> Rating | None:
    """Thumbs come as a scale from 0 to 1."""
    if rating is not None and (rating.best, rating.worst) == (1.0, 0.0):
        return Rating(rating.value, rating.best, rating.worst, is_binary=True)
    return rating
