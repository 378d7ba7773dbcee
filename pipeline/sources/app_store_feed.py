"""Apple's public customer-review feed of an app, a storefront at a time. Off until a legal basis is recorded.

Contract: https://itunes.apple.com/<storefront>/rss/customerreviews/page=<1-10>/id=<app>/sortby=mostrecent/json, 50 a
page, 500 a storefront. A page without reviews has no `entry`; one review may come as an object. Its `next` links are
wrong, so pages are counted. An empty first page is no proof that there are no reviews: coverage watches that.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipeline.errors import BadInput, PageChanged, SourceCut, UsageError
from pipeline.review import ParsedReview, Rating, RawPage
from pipeline.sources import answer, legal_basis, values
from pipeline.sources.client import Client
from pipeline.sources.source import Subscription, Window, has_older

BASE_URL = "https://itunes.apple.com"
PAGES = 10


class AppStoreFeed:
    """Source `app_store_feed`; options `app` (its number), `storefront` (two letters), `base_url`."""

    name = "app_store_feed"
    newest_first = True

    def fetch(self, subscription: Subscription, window: Window, client: Client) -> Iterator[RawPage]:
        """Up to ten pages, newest first."""
        legal_basis.require(subscription)
        app = subscription.options.get("app", "")
        if not app.isdigit():
            raise UsageError("no app number", where=subscription.name, remedy='Add options = { app = "123456789" }')
        storefront = subscription.options.get("storefront", "us").lower()
        root = subscription.options.get("base_url", BASE_URL).rstrip("/")
        for number in range(1, PAGES + 1):
            path = f"/{storefront}/rss/customerreviews/page={number}/id={app}/sortby=mostrecent/json"
            page = client.get(root + path, subscription)
            if page is None:
                return
            yield page
            try:
                reviews = self.parse(page)
            except BadInput:
                return  # the step sets the page aside
            if not reviews or has_older(reviews, window.since):
                return
        raise SourceCut(
            f"Apple shows {PAGES} pages a storefront and no more", where=subscription.name, remedy="Collect more often"
        )

    def parse(self, page: RawPage) -> list[ParsedReview]:
        """The reviews of a page; the app itself, which old feeds list first, is left out.

        Raises:
            PageChanged: it is not this feed.
        """
        found = answer.loaded(page)
        feed = found.get("feed") if isinstance(found, dict) else None
        if not isinstance(feed, dict):
            raise PageChanged("no customer-review feed", where=page.url, remedy="Check app and storefront; try later")
        entries = feed.get("entry", [])
        entries = [entries] if isinstance(entries, dict) else entries if isinstance(entries, list) else []
        return [_entry(entry, page) for entry in entries if isinstance(entry, dict) and "im:rating" in entry]


def _label(entry: dict[str, Any], *path: str) -> str | None:
    for name in path:
        entry = answer.inner(entry, name)
    return answer.text(entry, "label")


def _entry(entry: dict[str, Any], page: RawPage) -> ParsedReview:
    stars = values.number(_label(entry, "im:rating"))
    extra = {"version": _label(entry, "im:version"), "votes": _label(entry, "im:voteCount")}
    return answer.review(
        page,
        source_review_id=_label(entry, "id"),
        rating=Rating(stars) if stars is not None else None,
        posted=_label(entry, "updated"),
        title=_label(entry, "title"),
        words=_label(entry, "content"),
        author=_label(entry, "author", "name"),
        extra={name: value for name, value in extra.items() if value},
    )
