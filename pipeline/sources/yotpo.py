"""Product reviews by Yotpo, with the owner's app key.

Contract: https://api.yotpo.com/products/<app_key>/<product>/reviews.json?count=&page= (count <= 100). Records of the
newer core API carry the reviewer's e-mail address, which is dropped before anything is kept.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from pipeline.errors import BadInput, PageChanged, UsageError
from pipeline.review import ParsedReview, Rating, RawPage
from pipeline.sources import answer, values
from pipeline.sources.border import without
from pipeline.sources.client import Client
from pipeline.sources.paging import turns
from pipeline.sources.secrets import secret
from pipeline.sources.source import Subscription, Window, has_older

BASE_URL = "https://api.yotpo.com"
PAGE_SIZE = 100
DEFAULT_PAGES = 50
PRIVATE = frozenset(("email", "phone", "ip", "ip_address", "order_id", "external_order_id"))
_EXTRA = ("verified_buyer", "votes_up", "votes_down", "sku", "is_incentivized", "reviewer_type")


class Yotpo:
    """Source `yotpo`; options `product`, `base_url`, `max_pages`; secret `app_key`."""

    name = "yotpo"

    def fetch(self, subscription: Subscription, window: Window, client: Client) -> Iterator[RawPage]:
        """Pages of a product's reviews until they are older than the window."""
        product = subscription.options.get("product")
        if not product:
            raise UsageError("no product", where=subscription.name, remedy='Add options = { product = "its id" }')
        root = subscription.options.get("base_url", BASE_URL).rstrip("/")
        # The key is part of the address and public by design: every shop page that shows its reviews carries it.
        url = (
            f"{root}/products/{quote(secret(subscription, 'app_key'), safe='')}/{quote(product, safe='')}/reviews.json"
        )
        for number in turns(subscription, DEFAULT_PAGES):
            params = {"count": str(PAGE_SIZE), "page": str(number + 1), "sort": "date"}
            page = client.get(url, subscription, params=params)
            if page is None:
                return
            page = without(page, PRIVATE)
            yield page
            try:
                reviews = self.parse(page)
            except BadInput:
                return  # the step sets the page aside
            if len(reviews) < PAGE_SIZE or has_older(reviews, window.since):
                return

    def parse(self, page: RawPage) -> list[ParsedReview]:
        """The reviews of an answer, or of records of the core API, one a line; deleted ones are left out.

        Raises:
            PageChanged: it is neither.
        """
        return [_review(row, page) for row in _rows(page) if not row.get("deleted")]

    def total(self, page: RawPage) -> int | None:
        """How many reviews the API counts."""
        found = answer.loaded(page)
        count = answer.inner(found, "response").get("total_reviews") if isinstance(found, dict) else None
        return count if isinstance(count, int) else None


def _rows(page: RawPage) -> list[dict[str, Any]]:
    try:
        found = [json.loads(line) for line in page.body.splitlines() if line.strip()]
    except (ValueError, RecursionError):
        found = []
    found = found or [answer.loaded(page)]
    rows: list[dict[str, Any]] = []
    for each in found:
        response = answer.inner(each, "response") if isinstance(each, dict) else {}
        if isinstance(each, dict) and "score" in each and "content" in each:
            rows.append(each)
        elif isinstance(response.get("reviews"), list):
            rows += [row for row in response["reviews"] if isinstance(row, dict)]
        elif not ({"bottomline", "bottomlines"} & set(response)):  # figures of products: no reviews, no fault
            raise PageChanged("no reviews of Yotpo", where=page.url, remedy="Check app key and product")
    return rows


def _review(row: dict[str, Any], page: RawPage) -> ParsedReview:
    score = values.number(row.get("score"))
    comment = answer.inner(row, "comment")
    return answer.review(
        page,
        source_review_id=answer.identifier(row.get("id")),
        rating=Rating(score) if score is not None else None,
        posted=row.get("created_at"),
        edited=row.get("updated_at"),
        title=answer.text(row, "title"),
        words=answer.text(row, "content"),
        author=answer.text(answer.inner(row, "user"), "display_name") or answer.text(row, "name"),
        answer=answer.reply(answer.text(comment, "content"), comment.get("created_at")),
        extra=answer.only(row, _EXTRA),
    )
