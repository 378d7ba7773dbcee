"""Mentions on Hacker News by the Algolia search API.

Contract: https://hn.algolia.com/api/v1/search_by_date with `query`, `tags` (story,comment), `numericFilters` on
`created_at_i` (Unix seconds), `hitsPerPage` <= 1000. A query shows its 1,000 newest hits and no more, so the window
goes back in time by the oldest hit seen. 10,000 requests an hour.
"""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.errors import BadInput, UsageError
from pipeline.review import ParsedReview, RawPage
from pipeline.sources import answer
from pipeline.sources.client import Client
from pipeline.sources.paging import repeated, turns
from pipeline.sources.source import Subscription, Window

BASE_URL = "https://hn.algolia.com"
PATH = "/api/v1/search_by_date"
PAGE_SIZE = 1_000
DEFAULT_PAGES = 20


class HackerNews:
    """Source `hacker_news`; options `query` (default: the entity), `base_url`, `max_pages`."""

    name = "hacker_news"
    newest_first = True
    asks_by_time = True

    def fetch(self, subscription: Subscription, window: Window, client: Client) -> Iterator[RawPage]:
        """Stories and comments of the window, newest first, until a page is not full."""
        query = subscription.options.get("query", subscription.entity)
        if not query:
            raise UsageError("no query", where=subscription.name, remedy='Add options = { query = "..." }')
        url = subscription.options.get("base_url", BASE_URL).rstrip("/") + PATH
        since, until = int(window.since.timestamp()), int(window.end.timestamp())
        for _ in turns(subscription, DEFAULT_PAGES):
            page = client.get(
                url,
                subscription,
                params={
                    "query": f'"{query}"',
                    "tags": "(story,comment)",
                    "numericFilters": f"created_at_i>={since},created_at_i<={until}",
                    "hitsPerPage": str(PAGE_SIZE),
                },
            )
            if page is None:
                return
            yield page
            try:
                hits = answer.rows(page, "hits")
            except BadInput:
                return  # the step sets the page aside
            times = [hit["created_at_i"] for hit in hits if isinstance(hit.get("created_at_i"), int)]
            if len(hits) < PAGE_SIZE or not times:
                return
            if min(times) >= until:
                raise repeated(subscription)
            until = min(times)  # the second itself is asked again: it may hold more hits than were shown

    def parse(self, page: RawPage) -> list[ParsedReview]:
        """The stories and comments of an answer; they carry no rating.

        Raises:
            PageChanged: it is not an answer of the search.
        """
        found = []
        for hit in answer.rows(page, "hits"):
            number = answer.identifier(hit.get("objectID"))
            words = answer.text(hit, "comment_text", "story_text")
            headline = answer.text(hit, "title")
            if not (words or headline):
                continue
            found.append(
                answer.review(
                    page,
                    source_review_id=number,
                    posted=hit.get("created_at"),
                    title=(headline or answer.text(hit, "story_title")) if words else None,
                    words=words or headline,  # a link's story has no words but its headline
                    url=f"https://news.ycombinator.com/item?id={number}" if number else None,
                    author=answer.text(hit, "author"),
                    extra=answer.only(hit, ("points", "num_comments", "story_id", "parent_id")),
                )
            )
        return found
