"""Reviews of plugins and themes on WordPress.org.

Contract: /support/<plugin|theme>/<slug>/reviews/feed/ is RSS with whole texts of the newest reviews, "Rating: N stars"
in them. The list /reviews/page/N/ (bbPress, 30 a page, ?filter=1..5) has title, rating and author alone; what it lacks
stands on each review's own page, /support/topic/<review>/. The API's plugins/info 1.2 has the last ten as HTML.
"""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.errors import BadInput, PageChanged, UsageError
from pipeline.review import ParsedReview, RawPage
from pipeline.sources import answer, values, wordpress_forum
from pipeline.sources.client import Client
from pipeline.sources.feed import Feed
from pipeline.sources.html_text import soup_of
from pipeline.sources.paging import repeated, turns
from pipeline.sources.source import Subscription, Window, has_older
from pipeline.sources.web_page import decode

BASE_URL = "https://wordpress.org"
DEFAULT_PAGES = 50
KINDS = ("plugin", "theme")


class WordpressOrg:
    """Source `wordpress_org`; options `plugin` or `theme` (its slug), `filter` (stars), `base_url`, `max_pages`."""

    name = "wordpress_org"

    def fetch(self, subscription: Subscription, window: Window, client: Client) -> Iterator[RawPage]:
        """The feed; where it does not reach back far enough, the page of each older review that the list names."""
        root, stars = _root(subscription), subscription.options.get("filter")
        known: set[str] = set()
        if not stars:  # the feed takes no filter
            page = client.get(f"{root}feed/", subscription)
            if page is None:
                return  # nothing new since the last run
            yield page
            try:
                reviews = self.parse(page)
            except BadInput:
                return  # the step sets the page aside
            known = {review.source_review_id for review in reviews if review.source_review_id}
            if not reviews or has_older(reviews[-1:], window.since):
                return
        yield from self._older(subscription, window, client, known)

    def _older(self, subscription: Subscription, window: Window, client: Client, known: set[str]) -> Iterator[RawPage]:
        root, stars = _root(subscription), subscription.options.get("filter")
        shown: set[str] = set()
        for turn in turns(subscription, DEFAULT_PAGES):
            url = root if turn == 0 else f"{root}page/{turn + 1}/"
            page = client.get(url, subscription, params={"filter": stars} if stars else None)
            if page is None:
                continue
            try:
                listed = self.parse(page)
            except BadInput:
                yield page  # for the step to set aside
                return
            # The list itself is not handed on: without their texts its reviews would overwrite the whole ones.
            names = {each.source_review_id for each in listed if each.source_review_id}
            if not names:
                return
            if names <= shown:
                raise repeated(subscription)
            shown |= names
            fresh = [each for each in listed if each.source_review_id not in known and each.url]
            known |= names
            is_old = False
            for each in fresh:
                topic = client.get(each.url or url, subscription)
                if topic is not None:
                    yield topic
                    is_old = _is_old(self, topic, window)
            if is_old or not wordpress_forum.has_next(soup_of(decode(page))):
                return

    def parse(self, page: RawPage) -> list[ParsedReview]:
        """The reviews of a feed, of a list, of a review's own page, or of the API's answer.

        Raises:
            PageChanged: it is none of them.
        """
        start = page.body.lstrip(b"\xef\xbb\xbf \t\r\n")[:300]
        if start[:1] in (b"{", b"["):
            return wordpress_forum.sections(_section(page), page)
        if start.startswith(b"<?xml") or b"<rss" in start or b"<feed" in start:
            return [wordpress_forum.of_feed(review) for review in Feed().parse(page)]
        tree = soup_of(decode(page))
        reviews = wordpress_forum.read(tree, page)
        if reviews is None:
            raise PageChanged(
                "no reviews of WordPress.org",
                where=page.url,
                remedy="Check the slug; the forum's layout may have changed",
            )
        return reviews

    def total(self, page: RawPage) -> int | None:
        """How many reviews there are, as the list or the API says; None on a page that does not."""
        if page.body.lstrip()[:1] == b"{":
            try:
                found = answer.loaded(page)
            except BadInput:
                return None
            count = found.get("num_ratings") if isinstance(found, dict) else None
            return count if isinstance(count, int) and not isinstance(count, bool) else None
        return wordpress_forum.count(page.body.decode("utf-8", "replace"))


def _root(subscription: Subscription) -> str:
    base = subscription.options.get("base_url", BASE_URL).rstrip("/")
    for kind in KINDS:
        slug = subscription.options.get(kind, "").strip("/ ")
        if slug:
            return f"{base}/support/{kind}/{slug}/reviews/"
    raise UsageError(
        "no plugin or theme", where=subscription.name, remedy='Add options = { plugin = "its-slug" } or theme'
    )


def _section(page: RawPage) -> str:
    """The reviews that the API gives as HTML.

    Raises:
        PageChanged: it answers with an error, or without the section.
    """
    found = answer.loaded(page)
    if isinstance(found, dict) and not found.get("error"):
        sections = found.get("sections")
        if isinstance(sections, dict):
            return answer.text(sections, "reviews") or ""
        if values.number(found.get("num_ratings")) == 0:
            return ""
    raise PageChanged("no reviews in the API's answer", where=page.url, remedy="Check the slug")


def _is_old(source: WordpressOrg, topic: RawPage, window: Window) -> bool:
    try:
        return has_older(source.parse(topic), window.since)
    except BadInput:
        return False
