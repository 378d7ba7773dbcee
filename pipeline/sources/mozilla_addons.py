"""Reviews of a Firefox add-on by the public API of addons.mozilla.org.

Contract: `/api/v5/ratings/rating/?addon=<slug, id or guid>&page=&page_size=` (<= 50), newest first, without login;
429 when asked too fast. `body` is null for a rating without words; `reply` is the developer's answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipeline.errors import BadInput, UsageError
from pipeline.review import ParsedReview, Rating, RawPage
from pipeline.sources import answer, values
from pipeline.sources.client import Client
from pipeline.sources.paging import turns
from pipeline.sources.source import Subscription, Window, has_older

BASE_URL = "https://addons.mozilla.org"
PATH = "/api/v5/ratings/rating/"
PAGE_SIZE = 50
DEFAULT_PAGES = 40


class MozillaAddons:
    """Source `mozilla_addons`; options `addon`, `base_url`, `max_pages`."""

    name = "mozilla_addons"
    newest_first = True

    def fetch(self, subscription: Subscription, window: Window, client: Client) -> Iterator[RawPage]:
        """Pages of ratings, newest first, until they are older than the window or there is no next one."""
        addon = subscription.options.get("addon")
        if not addon:
            raise UsageError("no addon", where=subscription.name, remedy='Add options = { addon = "its slug" }')
        url = subscription.options.get("base_url", BASE_URL).rstrip("/") + PATH
        for number in turns(subscription, DEFAULT_PAGES):
            params = {"addon": addon, "page": str(number + 1), "page_size": str(PAGE_SIZE)}
            page = client.get(url, subscription, params=params)
            if page is None:
                return
            yield page
            try:
                reviews = self.parse(page)
            except BadInput:
                return  # the step sets the page aside
            # New ratings push old ones to the next page; what is read twice is one review by its id.
            if not reviews or has_older(reviews, window.since) or not answer.loaded(page).get("next"):
                return

    def parse(self, page: RawPage) -> list[ParsedReview]:
        """The ratings of an answer, those without words too; deleted ones are left out.

        Raises:
            PageChanged: it is not an answer of this API.
        """
        return [_rating(row, page) for row in answer.rows(page, "results") if not row.get("is_deleted")]

    def total(self, page: RawPage) -> int | None:
        """How many ratings the site counts."""
        found = answer.loaded(page)
        count = found.get("count") if isinstance(found, dict) else None
        return count if isinstance(count, int) else None


def _rating(row: dict[str, Any], page: RawPage) -> ParsedReview:
    score = values.number(row.get("score"))
    reply = answer.inner(row, "reply")
    return answer.review(
        page,
        source_review_id=answer.identifier(row.get("id")),
        rating=Rating(score) if score is not None else None,
        posted=row.get("created"),
        words=answer.text(row, "body"),
        author=answer.text(answer.inner(row, "user"), "name"),
        answer=answer.reply(answer.text(reply, "body"), reply.get("created")),
        extra={"version": version} if (version := answer.text(answer.inner(row, "version"), "version")) else {},
    )
