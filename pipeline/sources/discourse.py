"""Posts of a Discourse forum.

Contract: `/posts.json?before=<id>` lists the newest posts of the whole forum, `/t/<id>.json` those of a topic,
`/latest.json?page=<n>` topics, `/search.json?q=` hits (many forums forbid it in robots.txt). An option says which.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipeline.errors import BadInput, PageChanged, UsageError
from pipeline.review import ParsedReview, RawPage
from pipeline.sources import answer
from pipeline.sources.client import Client
from pipeline.sources.paging import repeated, turns
from pipeline.sources.source import Subscription, Window, has_older

DEFAULT_PAGES = 20
_NUMBERS = ("like_count", "score", "reads", "reply_count", "posts_count", "post_number", "topic_id")


class Discourse:
    """Source `discourse`; `url` of the forum; options `topic` (an id) or `query`, `max_pages`."""

    name = "discourse"

    def fetch(self, subscription: Subscription, window: Window, client: Client) -> Iterator[RawPage]:
        """A topic, hits, or the newest posts until they are older than the window."""
        if not subscription.url:
            raise UsageError("no url", where=subscription.name, remedy="Add the address of the forum")
        root = subscription.url.rstrip("/")
        topic, query = subscription.options.get("topic"), subscription.options.get("query")
        if topic or query:
            path = f"/t/{topic}.json" if topic else "/search.json"
            page = client.get(root + path, subscription, params=None if topic else {"q": f"{query} order:latest"})
            if page is not None:
                yield page
            return
        before: int | None = None
        for _ in turns(subscription, DEFAULT_PAGES):
            page = client.get(f"{root}/posts.json", subscription, params={"before": str(before)} if before else None)
            if page is None:
                return
            yield page
            try:
                posts = self.parse(page)
            except BadInput:
                return  # the step sets the page aside
            numbers = [int(post.source_review_id or 0) for post in posts if (post.source_review_id or "").isdigit()]
            if not numbers or has_older(posts, window.since):
                return
            if before is not None and min(numbers) >= before:
                raise repeated(subscription)
            before = min(numbers)

    def parse(self, page: RawPage) -> list[ParsedReview]:
        """The posts of an answer; of a list of topics their titles. They carry no rating.

        Raises:
            PageChanged: it is not an answer of a Discourse forum.
        """
        found = answer.loaded(page)
        if isinstance(found, list):  # the search of old versions: groups of hits that hold no text
            if found and not all(isinstance(group, dict) and "results" in group for group in found):
                raise _changed(page)
            return []
        posts = _posts(found)
        if posts is None:
            raise _changed(page)
        return [_post(post, page) for post in posts if isinstance(post, dict)]


def _posts(found: Any) -> list[Any] | None:
    if not isinstance(found, dict):
        return None
    stream = answer.inner(found, "post_stream").get("posts")
    topics = answer.inner(found, "topic_list").get("topics")
    for listed in (stream, found.get("latest_posts"), found.get("posts"), topics):
        if isinstance(listed, list):
            return listed
    return [] if "grouped_search_result" in found else None


def _changed(page: RawPage) -> PageChanged:
    return PageChanged(
        "no posts of a Discourse forum", where=page.url, remedy="Check the url: it must be a forum's root"
    )


def _post(post: dict[str, Any], page: RawPage) -> ParsedReview:
    is_topic = "fancy_title" in post  # in a list of topics: what was written is the title, the excerpt is a stub of it
    return answer.review(
        page,
        source_review_id=answer.identifier(post.get("id")),
        posted=post.get("created_at"),
        edited=post.get("updated_at"),
        title=None if is_topic else answer.text(post, "topic_title"),
        words=answer.text(post, "title") if is_topic else answer.text(post, "cooked", "raw", "blurb"),
        author=answer.text(post, "username", "last_poster_username"),
        extra=answer.only(post, _NUMBERS),
    )
