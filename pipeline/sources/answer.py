"""An API's JSON answer: taken apart without trusting it, and told apart from a login page or an error."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from pipeline.errors import PageChanged
from pipeline.review import ParsedReview, Precision, Rating, RawPage, Reply
from pipeline.sources import values


def loaded(page: RawPage) -> Any:
    """The JSON of a page.

    Raises:
        PageChanged: it is none, for instance a web page.
    """
    try:
        return json.loads(page.body)
    except (ValueError, RecursionError) as error:
        raise PageChanged(
            "not JSON", where=page.url, remedy="The site sent a page instead of an answer; look at it, try later"
        ) from error


def rows(page: RawPage, *names: str) -> list[dict[str, Any]]:
    """The objects listed under the first of `names` that the answer has.

    Raises:
        PageChanged: it is no JSON object, has none of them, or holds something else than a list there.
    """
    found = loaded(page)
    if isinstance(found, dict):
        for name in names:
            if isinstance(found.get(name), list):
                return [row for row in found[name] if isinstance(row, dict)]
    raise PageChanged(
        f"JSON without {' or '.join(names)}", where=page.url, remedy="Check the subscription; the API may have changed"
    )


def text(row: Mapping[str, Any], *names: str) -> str | None:
    """The first of these values that is text with something in it."""
    for name in names:
        value = row.get(name)
        if isinstance(value, str) and value.strip():
            return value
    return None


def identifier(value: object) -> str | None:
    """A site's id as text; None where it is none."""
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip() else None


def inner(row: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The object under a name; empty where there is none."""
    value = row.get(name)
    return value if isinstance(value, dict) else {}


def only(row: Mapping[str, Any], names: Iterable[str]) -> dict[str, object]:
    """Those of the named values that are there, as they are."""
    return {name: row[name] for name in names if row.get(name) not in (None, "", [], {})}


def reply(words: str | None, when: object) -> Reply | None:
    """The owner's answer, if there is one."""
    return Reply(words, values.when(when)[0]) if words else None


def review(
    page: RawPage,
    *,
    source_review_id: str | None,
    rating: Rating | None = None,
    posted: object = None,
    edited: object = None,
    language: str | None = None,
    title: str | None = None,
    words: str | None = None,
    url: str | None = None,
    author: str | None = None,
    answer: Reply | None = None,
    entity: str | None = None,
    location: str | None = None,
    extra: dict[str, object] | None = None,
) -> ParsedReview:
    """A review of a page: its source and, where it names no other, its entity; its times read with their precision."""
    posted_at, precision = _when(posted)
    edited_at, _ = _when(edited)
    return ParsedReview(
        source=page.source,
        source_review_id=source_review_id,
        entity=entity or page.entity,
        location=location or page.location,
        rating=rating,
        posted_at=posted_at,
        posted_precision=precision,
        edited_at=edited_at if edited_at != posted_at else None,
        language_declared=language,
        title=title,
        text=words,
        url=url,
        author=author,
        reply=answer,
        extra=extra or {},
    )


def _when(value: object) -> tuple[datetime | date | None, Precision | None]:
    return values.when(value) if isinstance(value, str | int | float) else (None, None)
