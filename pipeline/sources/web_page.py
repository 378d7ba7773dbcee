"""Any page with schema.org Review mark-up: JSON-LD, microdata, RDFa.

Fetch: the subscription's address, then `rel=next` on the same host, newest first, until a whole page is older than the
window or `max_pages` (default 50) is reached. Format: https://schema.org/Review, https://schema.org/AggregateRating.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urljoin

import lxml.html
from lxml.etree import ParserError
from w3lib.encoding import html_to_unicode

from pipeline.errors import BadInput, PageChanged, UsageError
from pipeline.review import ParsedReview, RawPage
from pipeline.sources import markup, review_node
from pipeline.sources.address import host_of
from pipeline.sources.client import Client
from pipeline.sources.paging import repeated, turns
from pipeline.sources.source import Subscription, Window, has_older

DEFAULT_PAGES = 50
_WALLS = (
    "just a moment...",
    "access denied",
    "attention required",
    "are you a robot",
    "please verify you are a human",
    "enable javascript and cookies to continue",
)
_SHORT_PAGE = 20_000


class WebPage:
    """Source `web_page`."""

    name = "web_page"

    def fetch(self, subscription: Subscription, window: Window, client: Client) -> Iterator[RawPage]:
        """Pages, newest first; stops at a page that is older than the window, unchanged, or the last."""
        if not subscription.url:
            raise UsageError("no url", where=subscription.name, remedy="Give the address of the page with reviews")
        url = subscription.url
        seen: set[str] = set()
        for _ in turns(subscription, DEFAULT_PAGES):
            if url in seen:
                raise repeated(subscription)
            seen.add(url)
            page = client.get(url, subscription)
            if page is None:
                return
            yield page
            try:
                if has_older(self.parse(page), window.since):
                    return
            except BadInput:
                return  # the step sets the page aside; what its next page would be is not to be trusted
            following = _next_page(page)
            if following is None:
                return
            url = following

    def parse(self, page: RawPage) -> list[ParsedReview]:
        """The reviews of a page; two syntaxes of the same reviews are not counted twice.

        Raises:
            PageChanged: it is no web page, or a wall instead of one.
        """
        text = decode(page)
        found = markup.extract(text, page.url)
        reviews: list[ParsedReview] = []
        aggregates = [each for syntax, nodes in found.by_syntax for each in review_node.find_aggregates(nodes, syntax)]
        for syntax, nodes in found.by_syntax:
            extra: dict[str, object] = {"syntax": syntax}
            fresh = [
                review_node.to_review(each, page.source, page.url, extra) for each in review_node.find_reviews(nodes)
            ]
            fresh = _distinct(fresh)
            if fresh and not reviews:
                reviews = fresh
        if not reviews and not aggregates:
            _refuse_walls(text, page.url)
        if reviews and aggregates:
            first = reviews[0]
            reviews[0] = replace(first, extra={**first.extra, "aggregates": aggregates})
        return reviews


def decode(page: RawPage) -> str:
    """The text of a page in its own encoding (header, BOM, meta, then guess).

    Raises:
        PageChanged: it is empty or no HTML.
    """
    if not page.body.strip():
        raise PageChanged("an empty page", where=page.url, remedy="Look at the site; the next run tries again")
    if page.body[:4] in (b"%PDF", b"PK\x03\x04", b"\x89PNG", b"GIF8") or b"\x00\x00\x00" in page.body[:200]:
        raise PageChanged("not a web page", where=page.url, remedy="Check the address")
    text: str = html_to_unicode(page.content_type or None, page.body)[1]
    if "<" not in text:
        raise PageChanged("not a web page", where=page.url, remedy="Check the address")
    return text


def _refuse_walls(text: str, url: str) -> None:
    low = text[:_SHORT_PAGE].lower()
    if len(text) < _SHORT_PAGE and any(sign in low for sign in _WALLS):
        raise PageChanged(
            "a wall instead of the page", where=url, remedy="The site blocks us: use its API or an export"
        )
    if len(text) < _SHORT_PAGE and 'type="password"' in low:
        raise PageChanged("a login page", where=url, remedy="The page is not public: use an export")


def _distinct(reviews: list[ParsedReview]) -> list[ParsedReview]:
    kept: dict[object, ParsedReview] = {}
    for review in reviews:
        is_empty = review.rating is None and not review.text and not review.title
        if not is_empty:
            key = (review.source_review_id, review.author, review.posted_at, review.rating, review.title, review.text)
            kept.setdefault(key, review)
    return list(kept.values())


def _next_page(page: RawPage) -> str | None:
    """The address of the next page, if the page names one on its own host."""
    try:
        tree = lxml.html.fromstring(page.body)
    except (ParserError, ValueError):
        return None
    for link in tree.xpath("//link[@rel='next']/@href | //a[contains(concat(' ', @rel, ' '), ' next ')]/@href"):
        url = urljoin(page.url, str(link))
        return url if host_of(url) == host_of(page.url) else None
    return None
