"""Satisfaction ratings or tickets of Freshdesk, with an agent's API key.

Contract (https://developers.freshdesk.com/api), until a page is empty:
`/api/v2/surveys/satisfaction_ratings?created_since=&per_page=100&page=` and
`/api/v2/tickets?updated_since=&include=description&per_page=100&page=` (300 pages at most).
Ratings run from -103 (extremely unhappy) over 100 (neutral) to 103. Addresses and agents are dropped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.errors import UsageError
from pipeline.review import ParsedReview, Rating, RawPage
from pipeline.sources import answer, records, values
from pipeline.sources.access_token import basic
from pipeline.sources.border import CONTACT, without
from pipeline.sources.choice import choice
from pipeline.sources.client import Client
from pipeline.sources.records import Record
from pipeline.sources.secrets import secret
from pipeline.sources.source import Subscription, Window
from pipeline.sources.walk import next_number, walk

PAGE_SIZE = 100
PRIVATE = CONTACT | {
    "ccemail", "ccemails", "fwdemails", "replyccemails", "replycc", "ticketccemails", "toemail", "toemails",
    "fromemail", "bccemails", "supportemail", "agentid", "responderid", "respondername", "requestername", "requester",
    "twitterid", "facebookid", "customfields", "customfield",
}  # fmt: skip
_STEPS = {-103: 1, -102: 2, -101: 3, 100: 4, 101: 5, 102: 6, 103: 7}
"""The seven faces as steps of equal width; on their own numbers a neutral 100 would lie beside the happiest 103."""


class Freshdesk:
    """Source `freshdesk`; options `domain`, `collect` ("ratings" or "tickets"), `base_url`, `max_pages`.

    Secret `api_key`.
    """

    name = "freshdesk"
    asks_by_time = True

    def fetch(self, subscription: Subscription, window: Window, client: Client) -> Iterator[RawPage]:
        """Pages of what was rated, or of tickets that were changed, since the start of the window."""
        root = (subscription.options.get("base_url") or _root(subscription)).rstrip("/")
        since = f"{window.since:%Y-%m-%dT%H:%M:%SZ}"
        if choice(subscription, "collect", "ratings", "tickets") == "tickets":
            url = f"{root}/api/v2/tickets"
            # Newest first: a ticket that changes meanwhile is then shown twice; in the other order one would be missed.
            fixed = {"updated_since": since, "include": "description", "order_by": "updated_at", "order_type": "desc"}
        else:
            url, fixed = f"{root}/api/v2/surveys/satisfaction_ratings", {"created_since": since}
        headers = basic(secret(subscription, "api_key"), "X")

        def ask(cursor: str | None) -> RawPage | None:
            params = fixed | {"per_page": str(PAGE_SIZE), "page": cursor or "1"}
            page = client.get(url, subscription, params=params, headers=headers)
            return without(page, PRIVATE) if page else None

        yield from walk(subscription, window.since, ask, self.parse, _next_page, is_newest_first=False)

    def parse(self, page: RawPage) -> list[ParsedReview]:
        """The ratings, tickets or conversations of an answer; deleted tickets and spam are left out.

        Raises:
            PageChanged: it is an error or not an answer of this API.
        """
        rows = records.records(
            page, "results", "tickets", "ticket", "helpdesk_ticket", "conversations", "notes", "note",
            "satisfaction_ratings", "satisfaction_rating", "survey_results", "survey_result",
            is_record=lambda row: _is_rating(row) or _is_ticket(row) or _is_conversation(row),
            what="ratings or tickets of Freshdesk",
            remedy="Check the domain, and that the key may read tickets",
        )  # fmt: skip
        return [_review(row, page) for row in rows if row.get("deleted") is not True and row.get("spam") is not True]


def _root(subscription: Subscription) -> str:
    domain = subscription.options.get("domain", "").removesuffix(".freshdesk.com")
    if not re.fullmatch(r"[A-Za-z0-9-]+", domain):
        raise UsageError("no domain", where=subscription.name, remedy='Add options = { domain = "firm" }')
    return f"https://{domain}.freshdesk.com"


def _next_page(page: RawPage, cursor: str | None) -> str | None:
    return next_number(cursor) if answer.loaded(page) else None


def _is_rating(row: Record) -> bool:
    return isinstance(row.get("ratings"), dict) or ("rating" in row and ("ticket_id" in row or "survey_id" in row))


def _is_ticket(row: Record) -> bool:
    return "subject" in row and bool({"description", "description_text", "requester_id", "status"} & set(row))


def _is_conversation(row: Record) -> bool:
    return ("body" in row or "body_text" in row) and ("ticket_id" in row or "incoming" in row)


def _faces(row: Record) -> Rating | None:
    """The answer to the survey's main question on seven steps; None for values of no known survey."""
    given = answer.inner(row, "ratings")
    first = given.get("default_question", next(iter(given.values()), row.get("rating")))
    step = _STEPS.get(int(values.number(first) or 0))
    return Rating(float(step), best=7.0, worst=1.0) if step else None


def _review(row: Record, page: RawPage) -> ParsedReview:
    if _is_rating(row):
        words, rating = answer.text(row, "feedback"), _faces(row)
        extra = answer.only(row, ("ratings", "survey_id", "ticket_id"))
    elif _is_ticket(row):
        words, rating = answer.text(row, "description_text", "description", "description_html"), None
        extra = answer.only(row, ("status", "priority", "type", "ticket_type", "tags"))
    else:
        words, rating = answer.text(row, "body_text", "body", "body_html"), None
        extra = {name: row[name] for name in ("private", "incoming", "ticket_id") if row.get(name) is not None}
    return answer.review(
        page,
        source_review_id=answer.identifier(row.get("id")) or answer.identifier(row.get("display_id")),
        rating=rating,
        posted=row.get("created_at"),
        edited=row.get("updated_at") if _is_rating(row) else None,  # a ticket's moves with every status
        title=answer.text(row, "subject"),
        words=words,
        author=answer.identifier(row.get("requester_id")) or answer.identifier(row.get("user_id"))
        or answer.identifier(row.get("customer_id")),
        extra=extra,
    )  # fmt: skip
