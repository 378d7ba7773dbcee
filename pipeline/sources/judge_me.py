"""Product and shop reviews by the Judge.me API, with the shop's private token.

Contract (https://judge.me/api/docs): https://api.judge.me/api/v1/reviews?shop_domain=&api_token=&per_page=100&page=,
newest first; an empty page ends it. E-mail, phone and IP address come with every review and are dropped.
"""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.errors import UsageError
from pipeline.review import ParsedReview, RawPage
from pipeline.sources import answer, values
from pipeline.sources.border import CONTACT, without
from pipeline.sources.client import Client
from pipeline.sources.records import Record, objects, records
from pipeline.sources.secrets import secret
from pipeline.sources.source import Subscription, Window
from pipeline.sources.walk import next_number, walk

BASE_URL = "https://api.judge.me"
PATH = "/api/v1/reviews"
PAGE_SIZE = 100
PRIVATE = CONTACT | {"externalid", "privatereply"}
_EXTRA = (
    "verified", "curated", "published", "hidden", "featured", "source", "product_title", "product_handle",
    "product_external_id", "product_type",
)  # fmt: skip


class JudgeMe:
    """Source `judge_me`; options `shop`, `base_url`, `max_pages`; secret `api_token`."""

    name = "judge_me"
    newest_first = True

    def fetch(self, subscription: Subscription, window: Window, client: Client) -> Iterator[RawPage]:
        """Pages of the shop's reviews, newest first, until they are older than the window."""
        shop = subscription.options.get("shop", "")
        if not shop:
            raise UsageError(
                "no shop", where=subscription.name, remedy='Add options = { shop = "nordlicht.myshopify.com" }'
            )
        token = secret(subscription, "api_token")
        url = subscription.options.get("base_url", BASE_URL).rstrip("/") + PATH

        def ask(cursor: str | None) -> RawPage | None:
            params = {"shop_domain": shop, "per_page": str(PAGE_SIZE), "page": cursor or "1"}
            page = client.get(url, subscription, params=params, secret_params={"api_token": token})
            return without(page, PRIVATE) if page else None

        yield from walk(subscription, window.since, ask, self.parse, _next_page)

    def parse(self, page: RawPage) -> list[ParsedReview]:
        """The reviews of an answer or a webhook, also those that the shop hides or calls spam: `extra` says so.

        Raises:
            PageChanged: it is an error or not an answer of this API.
        """
        rows = records(
            page, "reviews", "review",
            is_record=lambda row: "rating" in row and ("body" in row or "reviewer" in row),
            what="reviews of the Judge.me API",
            remedy="Check the shop's domain and the private token",
        )  # fmt: skip
        return [_review(row, page) for row in rows]


def _next_page(page: RawPage, cursor: str | None) -> str | None:
    return next_number(cursor) if answer.rows(page, "reviews") else None


def _review(row: Record, page: RawPage) -> ParsedReview:
    replies = objects(row.get("replies") or row.get("reply"))
    reply = replies[0] if replies else {}
    return answer.review(
        page,
        source_review_id=answer.identifier(row.get("id")) or answer.identifier(row.get("uuid")),
        rating=values.rating(row.get("rating")),
        posted=row.get("created_at"),
        edited=row.get("updated_at"),
        language=answer.text(row, "language", "locale"),
        title=answer.text(row, "title"),
        words=answer.text(row, "body"),
        author=answer.text(answer.inner(row, "reviewer"), "name") or answer.text(row, "reviewer_name"),
        answer=answer.reply(answer.text(reply, "content", "body"), reply.get("created_at")),
        extra={name: row[name] for name in _EXTRA if row.get(name) not in (None, "")},
    )
