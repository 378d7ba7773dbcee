"""Any page with reviews: schema.org (JSON-LD, microdata, RDFa), microformats, known widgets, or declared selectors.

Fetch: the subscription's address, then `rel=next` (or `select_next`) on the same host, newest first, until a whole page
is older than the window or `max_pages` (default 50) is reached. Format: https://schema.org/Review,
https://schema.org/AggregateRating; see microformats.py, widgets.py, selectors.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from urllib.parse import urljoin

import lxml.html
from lxml.etree import ParserError
from w3lib.encoding import html_to_unicode

from pipeline.errors import BadInput, PageChanged, UsageError
from pipeline.review import ParsedReview, RawPage
from pipeline.sources import markup, review_node, selectors, widgets
from pipeline.sources.address import host_of
from pipeline.sources.client import Client
from pipeline.sources.html_text import soup_of
from pipeline.sources.paging import repeated, turns
from pipeline.sources.selectors import Place, Selectors
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
    """Source `web_page`; options `max_pages` and, for a site without mark-up, `select_...`: see selectors.py."""

    name = "web_page"

    def __init__(self, declared: Selectors | None = None, next_link: Place | None = None) -> None:
        self._declared = declared
        self._next_link = next_link

    def configured(self, options: Mapping[str, str]) -> WebPage:
        """This source with a subscription's selectors.

        Raises:
            UsageError: one of them cannot be meant.
        """
        following = options.get("select_next")
        return WebPage(selectors.of_options(options), Place.of(following, "select_next") if following else None)

    def fetch(self, subscription: Subscription, window: Window, client: Client) -> Iterator[RawPage]:
        """Pages, newest first; stops at a page that is older than the window, unchanged, or the last."""
        if not subscription.url:
            raise UsageError("no url", where=subscription.name, remedy="Give the address of the page with reviews")
        source = self.configured(subscription.options)
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
                if has_older(source.parse(page), window.since):
                    return
            except BadInput:
                return  # the step sets the page aside; what its next page would be is not to be trusted
            following = _next_page(page, source._next_link)
            if following is None:
                return
            url = following

    def parse(self, page: RawPage) -> list[ParsedReview]:
        """The reviews of a page; two syntaxes of the same reviews are not counted twice.

        Raises:
            PageChanged: it is no web page, a wall instead of one, or declared selectors find nothing in it.
        """
        text = decode(page)
        found = markup.extract(text, page.url)
        aggregates = [each for syntax, nodes in found.by_syntax for each in review_node.find_aggregates(nodes, syntax)]
        if self._declared is not None:
            _refuse_walls(text, page.url)
            reviews = selectors.read(self._declared, soup_of(text), page, "selectors", is_declared=True)
        else:
            reviews = _fullest(found, text, page)
        if not reviews and not aggregates:
            _refuse_walls(text, page.url)
        if reviews and aggregates:
            first = reviews[0]
            reviews[0] = replace(first, extra={**first.extra, "aggregates": aggregates})
        return reviews


def _fullest(found: markup.Markup, text: str, page: RawPage) -> list[ParsedReview]:
    """The reviews of the syntax that holds most of them; of two alike, the one that is trusted more."""
    best: list[ParsedReview] = []
    for syntax, nodes in found.by_syntax:
        extra: dict[str, object] = {"syntax": syntax}
        fresh = _distinct(
            [review_node.to_review(each, page.source, page.url, extra) for each in review_node.find_reviews(nodes)]
        )
        if len(fresh) > len(best):
            best = fresh
    if widgets.is_in(text):
        shown = _distinct(widgets.read(text, soup_of(text), page))
        if len(shown) > len(best):
            best = shown
    return best


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


def _next_page(page: RawPage, declared: Place | None) -> str | None:
    """The address of the next page, if the page names one on its own host."""
    if declared is not None:
        place = declared if declared.attribute else replace(declared, attribute="href")
        return _own(page, place.first(soup_of(decode(page))))
    try:
        tree = lxml.html.fromstring(page.body)
    except (ParserError, ValueError):
        return None
    for link in tree.xpath("//link[@rel='next']/@href | //a[contains(concat(' ', @rel, ' '), ' next ')]/@href"):
        return _own(page, str(link))
    return None


def _own(page: RawPage, link: str | None) -> str | None:
    """A link of a page as an address, where it leads to the page's own host."""
    try:
        url = urljoin(page.url, link) if link else ""
    except ValueError:
        return None
    return url if url and host_of(url) == host_of(page.url) else None
