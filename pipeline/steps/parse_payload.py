"""One saved payload to plain rows: `leumund parse`."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from pipeline import sources
from pipeline.errors import BadInput
from pipeline.review import ParsedReview, RawPage
from pipeline.sources import file as file_source
from pipeline.steps import workplace
from pipeline.warehouse import files


def parse_payload(
    source: str, path: Path, *, url: str | None = None, layout: str | None = None
) -> Iterator[dict[str, Any]]:
    """One row a review, unmasked, in the payload's order; keys are those of the contract in docs/commands.md.

    Raises:
        UsageError: no source has that name.
        BadInput: the file is missing, or not what the source sends.
    """
    known = sources.get(source)
    if not path.is_file():
        raise BadInput("no such file", where=str(path), remedy="Check the path")
    if source == "file":
        for item in _file_rows(path, layout or "generic"):
            if isinstance(item, file_source.RejectedRow):
                raise BadInput(item.reason, where=f"{path} line {item.line}", remedy="Mend that row")
            yield as_row(item)
        return
    page = RawPage(
        source=source,
        url=url or path.resolve().as_uri(),
        fetched_at=workplace.now(),
        status=200,
        content_type=mimetypes.guess_type(path.name)[0] or "",
        body=path.read_bytes(),
    )
    for review in known.parse(page):
        # A local path is no address of a review: what the payload lacks stays null.
        yield as_row(review if url or review.url != page.url else replace(review, url=None))


def _file_rows(path: Path, layout: str) -> Iterator[ParsedReview | file_source.RejectedRow]:
    if path.suffix.lower() == ".parquet":
        rows = (row for batch in files.read_rows(path) for row in batch)
        return iter(file_source.parse_rows(rows, source="file", entity=None, location=None, layout=layout, mapping={}))
    return iter(file_source.parse_path(path, source="file", entity=None, location=None, layout=layout, mapping={}))


def as_row(review: ParsedReview) -> dict[str, Any]:
    """The contract's keys of one parsed review."""
    rating, reply = review.rating, review.reply
    return {
        "source": review.source,
        "source_review_id": review.source_review_id,
        "entity": review.entity,
        "location": review.location,
        "rating_value": rating.value if rating else None,
        "rating_best": rating.best if rating else None,
        "rating_worst": rating.worst if rating else None,
        "rating_stars": rating.stars if rating else None,
        "posted_at": _iso(review.posted_at),
        "posted_precision": review.posted_precision,
        "edited_at": _iso(review.edited_at),
        "language_declared": review.language_declared,
        "title": review.title,
        "text": review.text,
        "url": review.url,
        "author": review.author,
        "reply_text": reply.text if reply else None,
        "reply_at": _iso(reply.replied_at) if reply else None,
        "extra": review.extra,
    }


def _iso(value: datetime | date | None) -> str | None:
    return value.isoformat() if value is not None else None
