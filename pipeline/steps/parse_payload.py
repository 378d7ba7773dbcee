"""One saved payload to plain rows: `leumund parse`."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from pipeline import sources
from pipeline.errors import BadInput
from pipeline.review import ParsedReview, RawPage
from pipeline.sources.file import File
from pipeline.sources.file_rows import RejectedRow
from pipeline.steps import file_page, workplace


def parse_payload(
    source: str,
    path: Path,
    *,
    url: str | None = None,
    layout: str | None = None,
    options: Mapping[str, str] | None = None,
) -> Iterator[dict[str, Any]]:
    """One row a review, unmasked, in the payload's order; keys are those of the contract in docs/commands.md.

    `options` are those of a subscription, such as selectors or the columns of a file.

    Raises:
        UsageError: no source has that name, or an option cannot be meant.
        BadInput: the file is missing, or not what the source sends.
    """
    known = sources.get(source, {**(options or {}), **({"layout": layout} if layout else {})})
    if not path.is_file():
        raise BadInput("no such file", where=str(path), remedy="Check the path")
    if isinstance(known, File):
        for item in file_page.items_of_path(
            path, source=source, entity=None, location=None, layout=known.layout, mapping=known.mapping
        ):
            if isinstance(item, RejectedRow):
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
