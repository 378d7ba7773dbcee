"""Satisfaction ratings or tickets of Zendesk Support, with an agent's API token or an OAuth token.

Contract (https://developer.zendesk.com/api-reference): `/api/v2/satisfaction_ratings?score=received&start_time=` by
cursor (`links.next`), and `/api/v2/incremental/tickets/cursor.json?start_time=`, ten requests a minute, whose
`after_url` goes on until `end_of_stream`. Ratings are thumbs. Addresses, channels' senders and agents are dropped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from pipeline.errors import UsageError
from pipeline.review import ParsedReview, Rating, RawPage
from pipeline.sources import answer
from pipeline.sources.access_token import basic
from pipeline.sources.border import CONTACT, without
from pipeline.sources.choice import choice
from pipeline.sources.client import Client
from pipeline.sources.records import Record, records
from pipeline.sources.secrets import secret
from pipeline.sources.source import Subscription, Window
from pipeline.sources.walk import next_link, walk

PAGE_SIZE = 100
TICKETS_INTERVAL_S = "6.5"
PRIVATE = CONTACT | {
    "from", "to", "recipient", "originalrecipients", "assigneeid", "emailccs", "emailccids", "collaboratorids",
    "followerids", "metadata", "customfields", "fields",
}  # fmt: skip
_TICKET_URL = re.compile(r"^(https?://[^/]+)/api/v2/tickets/(\d+)")


class Zendesk:
    """Source `zendesk`; options `subdomain`, `collect`, `auth`, `base_url`, `max_pages`.

    `collect` is "ratings" or "tickets"; `auth` is "token" (secrets `email`, `api_token`) or "oauth" (`oauth_token`).
    """

    name = "zendesk"
    asks_by_time = True

    def fetch(self, subscription: Subscription, window: Window, client: Client) -> Iterator[RawPage]:
        """Pages of what was rated, or of tickets that were changed, since the start of the window."""
        options = subscription.options
        root = (options.get("base_url") or _root(subscription)).rstrip("/")
        params = {"start_time": str(int(window.since.timestamp()))}
        if choice(subscription, "collect", "ratings", "tickets") == "tickets":
            url = f"{root}/api/v2/incremental/tickets/cursor.json"
            subscription = replace(subscription, options={"interval_s": TICKETS_INTERVAL_S, **options})
        else:
            url = f"{root}/api/v2/satisfaction_ratings"
            params |= {"score": "received", "page[size]": str(PAGE_SIZE)}
        headers = _credentials(subscription)

        def ask(cursor: str | None) -> RawPage | None:
            page = client.get(cursor or url, subscription, params=None if cursor else params, headers=headers)
            return without(page, PRIVATE) if page else None

        yield from walk(subscription, window.since, ask, self.parse, _after, is_newest_first=False)

    def parse(self, page: RawPage) -> list[ParsedReview]:
        """The ratings, tickets or ticket comments of an answer; deleted tickets are left out.

        Raises:
            PageChanged: it is an error or not an answer of this API.
        """
        rows = records(
            page, "satisfaction_ratings", "satisfaction_rating", "tickets", "ticket", "requests", "request",
            "results", "comments", "comment",
            is_record=lambda row: _is_rating(row) or _is_ticket(row) or _is_comment(row),
            what="ratings or tickets of Zendesk",
            remedy="Check the subdomain, and that the token may read tickets",
        )  # fmt: skip
        return [_review(row, page) for row in rows if row.get("status") != "deleted"]


def _root(subscription: Subscription) -> str:
    subdomain = subscription.options.get("subdomain", "")
    if not re.fullmatch(r"[A-Za-z0-9-]+", subdomain):
        raise UsageError("no subdomain", where=subscription.name, remedy='Add options = { subdomain = "firm" }')
    return f"https://{subdomain}.zendesk.com"


def _credentials(subscription: Subscription) -> dict[str, str]:
    if choice(subscription, "auth", "token", "oauth") == "oauth":
        return {"Authorization": f"Bearer {secret(subscription, 'oauth_token')}"}
    return basic(f"{secret(subscription, 'email')}/token", secret(subscription, "api_token"))


def _after(page: RawPage, _cursor: str | None) -> str | None:
    """The next page's address: a cursor's while there are more, or the old numbered one's."""
    found = answer.loaded(page)
    if not isinstance(found, dict) or found.get("end_of_stream") is True:
        return None
    if answer.inner(found, "meta").get("has_more") is False:
        return None
    return next_link(page, found.get("after_url") or answer.inner(found, "links").get("next") or found.get("next_page"))


def _is_rating(row: Record) -> bool:
    return isinstance(row.get("score"), str) and ("ticket_id" in row or "requester_id" in row)


def _is_ticket(row: Record) -> bool:
    return "subject" in row and ("description" in row or "requester_id" in row)


def _is_comment(row: Record) -> bool:
    return "author_id" in row and ("body" in row or "plain_body" in row) and "events" not in row


def _thumb(score: object) -> Rating | None:
    """A rating of "good" or "bad", with or without a comment; "offered" and "unoffered" were never answered."""
    word = str(score).removesuffix("_with_comment").removesuffix("withcomment")
    return (
        Rating(1.0 if word == "good" else 0.0, best=1.0, worst=0.0, is_binary=True) if word in ("good", "bad") else None
    )


def _review(row: Record, page: RawPage) -> ParsedReview:
    extra: tuple[str, ...]
    if _is_rating(row):
        words, score, extra = answer.text(row, "comment"), row.get("score"), ("score", "reason", "ticket_id")
    elif _is_ticket(row):
        words, score = answer.text(row, "description"), answer.inner(row, "satisfaction_rating").get("score")
        extra = ("status", "type", "priority", "tags")
    else:
        words, score, extra = answer.text(row, "plain_body", "body", "html_body"), None, ("public",)
    link = _TICKET_URL.match(answer.text(row, "url") or "")
    return answer.review(
        page,
        source_review_id=answer.identifier(row.get("id")),
        rating=_thumb(score),
        posted=row.get("created_at"),
        edited=row.get("updated_at") if _is_rating(row) else None,  # a ticket's moves with every status
        title=answer.text(row, "subject"),
        words=words,
        url=f"{link.group(1)}/agent/tickets/{link.group(2)}" if link else None,
        author=answer.identifier(row.get("requester_id")) or answer.identifier(row.get("author_id")),
        extra={name: row[name] for name in extra if row.get(name) not in (None, "", [])},
    )
