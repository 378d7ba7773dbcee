"""Public posts of a Mastodon server under a hashtag.

Contract: `/api/v1/timelines/tag/<tag>?limit=40&max_id=` without login; 300 requests in 5 minutes. `max_id` pages back.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from pipeline.errors import BadInput, PageChanged, UsageError
from pipeline.review import ParsedReview, RawPage
from pipeline.sources import answer
from pipeline.sources.client import Client
from pipeline.sources.paging import repeated, turns
from pipeline.sources.source import Subscription, Window, has_older

PAGE_SIZE = 40
DEFAULT_PAGES = 20
_NUMBERS = ("replies_count", "reblogs_count", "favourites_count")


class Mastodon:
    """Source `mastodon`; `url` of the server; options `tag`, `max_pages`."""

    name = "mastodon"
    newest_first = True

    def fetch(self, subscription: Subscription, window: Window, client: Client) -> Iterator[RawPage]:
        """Posts under the tag, newest first, until they are older than the window."""
        tag = subscription.options.get("tag", "").lstrip("#")
        if not subscription.url or not tag:
            raise UsageError(
                "no server or no tag", where=subscription.name, remedy='Add url and options = { tag = "..." }'
            )
        url = f"{subscription.url.rstrip('/')}/api/v1/timelines/tag/{quote(tag, safe='')}"
        params = {"limit": str(PAGE_SIZE)}
        seen: set[str] = set()
        for _ in turns(subscription, DEFAULT_PAGES):
            page = client.get(url, subscription, params=params)
            if page is None:
                return
            yield page
            try:
                posts = self.parse(page)
            except BadInput:
                return  # the step sets the page aside
            last = posts[-1].source_review_id if posts else None
            if last is None or has_older(posts, window.since):
                return
            if last in seen:
                raise repeated(subscription)
            seen.add(last)
            params = {"limit": str(PAGE_SIZE), "max_id": last}

    def parse(self, page: RawPage) -> list[ParsedReview]:
        """The posts of a timeline, of a search, or a single one; a boost counts as the post it repeats.

        Raises:
            PageChanged: it is not an answer of a Mastodon server.
        """
        found = answer.loaded(page)
        if isinstance(found, dict):
            found = found.get("statuses", [found] if "content" in found and "account" in found else None)
        if not isinstance(found, list):
            raise PageChanged("no posts of a Mastodon server", where=page.url, remedy="Check the url of the server")
        posts = [post for post in found if isinstance(post, dict) and "content" in post]
        if found and not posts:
            raise PageChanged("no posts of a Mastodon server", where=page.url, remedy="Check the url of the server")
        return [_post(answer.inner(post, "reblog") or post, page) for post in posts]


def _post(post: dict[str, Any], page: RawPage) -> ParsedReview:
    return answer.review(
        page,
        source_review_id=answer.identifier(post.get("id")),
        posted=post.get("created_at"),
        edited=post.get("edited_at"),
        language=answer.text(post, "language"),
        title=answer.text(post, "spoiler_text"),
        words=answer.text(post, "content"),
        url=answer.text(post, "url"),
        author=answer.text(answer.inner(post, "account"), "acct", "username"),
        extra=answer.only(post, _NUMBERS),
    )
