"""RSS and Atom feeds of reviews. Formats: RFC 4287, https://www.rssboard.org/rss-specification.

feedparser is given bytes and never fetches. To it a page of HTML is an empty feed: no version and no entry is a fault.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import feedparser

from pipeline.errors import PageChanged, UsageError
from pipeline.review import ParsedReview, Precision, Rating, RawPage
from pipeline.sources import values
from pipeline.sources.client import Client
from pipeline.sources.source import Subscription, Window

_RATING_TEXT = re.compile(
    r"(?:rating|bewertung|note|valoración|voto)\s*:?\s*(\d(?:[.,]\d)?)\s*(?:stars?|sterne?|/\s*5)?", re.I
)
_RATING_KEYS = ("im_rating", "review_rating", "g_rating", "rating", "reviews_rating")


class Feed:
    """Source `feed`."""

    name = "feed"

    def fetch(self, subscription: Subscription, window: Window, client: Client) -> Iterator[RawPage]:  # noqa: ARG002
        """The feed, once; it shows what it shows, whatever the window."""
        if not subscription.url:
            raise UsageError("no url", where=subscription.name, remedy="Give the address of the feed")
        page = client.get(subscription.url, subscription)
        if page is not None:
            yield page

    def parse(self, page: RawPage) -> list[ParsedReview]:
        """The entries of a feed as reviews.

        Raises:
            PageChanged: it is no feed.
        """
        if not page.body.strip():
            raise PageChanged("an empty answer", where=page.url, remedy="Look at the feed; the next run tries again")
        try:
            found = feedparser.parse(
                page.body, response_headers={"content-type": page.content_type or "application/xml"}
            )
        except (ValueError, LookupError) as error:  # damaged encoding names and bytes get through feedparser's own net
            raise PageChanged("a damaged feed", where=page.url, remedy="The next run tries again") from error
        if not found.version and not found.entries:
            raise PageChanged(
                "not a feed", where=page.url, remedy="Check the address; sites answer errors with web pages"
            )
        language = found.feed.get("language")
        return [_review(entry, page, language) for entry in found.entries]


def _review(entry: Any, page: RawPage, language: str | None) -> ParsedReview:
    text = _text(entry)
    link = entry.get("link") or ""
    posted_at, precision = _moment(entry, "published")
    updated_at, updated_precision = _moment(entry, "updated")
    if posted_at is None:
        posted_at, precision = updated_at, updated_precision
    return ParsedReview(
        source=page.source,
        source_review_id=entry.get("id") or entry.get("link"),
        entity=page.entity,
        location=page.location,
        rating=_rating(entry, text),
        posted_at=posted_at,
        posted_precision=precision,
        edited_at=updated_at if updated_at != posted_at else None,
        language_declared=entry.get("content", [{}])[0].get("language") or language,
        title=entry.get("title") or None,
        text=text,
        url=link if link.startswith("http") else None,
        author=entry.get("author") or None,
    )


def _text(entry: Any) -> str | None:
    bodies = [body.get("value") for body in entry.get("content", [])] + [entry.get("summary")]
    return next((body for body in bodies if body), None)


def _rating(entry: Any, text: str | None) -> Rating | None:
    for key in _RATING_KEYS:
        if entry.get(key):
            return values.rating(entry[key])
    for where in (entry.get("title"), text):
        match = _RATING_TEXT.search(where or "")
        if match:
            return values.rating(match.group(1))
    return None


def _moment(entry: Any, name: str) -> tuple[datetime | None, Precision | None]:
    # feedparser would answer with the other time where one is missing, and warn about it.
    key = f"{name}_parsed"
    if key not in entry or not entry[key]:
        return None, None
    try:
        return datetime.fromtimestamp(calendar.timegm(entry[key]), UTC), "second"
    except (OverflowError, ValueError, OSError):
        return None, None
