"""Customer reviews of the owner's app by the App Store Connect API.

Contract: https://api.appstoreconnect.apple.com/v1/apps/<id>/customerReviews?limit=200&sort=-createdDate&include=response
(https://developer.apple.com/documentation/appstoreconnectapi/get-v1-apps-_id_-customerreviews), pages by `links.next`.
Each request carries a token signed with the account's key (ES256), good for 20 minutes at most. About 3,500 requests an
hour. Territories are three letters (ISO 3166) and become the location.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from pipeline.errors import UsageError
from pipeline.review import ParsedReview, RawPage
from pipeline.sources import answer, records, values
from pipeline.sources.access_token import signed
from pipeline.sources.border import CONTACT, without
from pipeline.sources.client import Client
from pipeline.sources.records import Record
from pipeline.sources.secrets import secret
from pipeline.sources.source import Subscription, Window
from pipeline.sources.walk import next_link, walk

BASE_URL = "https://api.appstoreconnect.apple.com"
PAGE_SIZE = 200
TOKEN_LIFE = timedelta(minutes=15)


class AppStoreConnect:
    """Source `app_store_connect`; options `app`, `territory`, `base_url`, `max_pages`.

    Secrets `issuer_id`, `key_id`, `private_key` (the .p8 file's text).
    """

    name = "app_store_connect"
    newest_first = True

    def fetch(self, subscription: Subscription, window: Window, client: Client) -> Iterator[RawPage]:
        """Pages of the app's reviews in all storefronts, newest first, until they are older than the window."""
        app = subscription.options.get("app", "")
        if not app.isdigit():
            raise UsageError("no app number", where=subscription.name, remedy='Add options = { app = "123456789" }')
        issuer, key_id = secret(subscription, "issuer_id"), secret(subscription, "key_id")
        private_key = secret(subscription, "private_key")
        url = f"{subscription.options.get('base_url', BASE_URL).rstrip('/')}/v1/apps/{app}/customerReviews"
        params = {"limit": str(PAGE_SIZE), "sort": "-createdDate", "include": "response"}
        if subscription.options.get("territory"):
            params["filter[territory]"] = subscription.options["territory"].upper()

        def ask(cursor: str | None) -> RawPage | None:
            # Signed anew for every page: at the polite pace a long walk outlives a token.
            claims = {"iss": issuer, "aud": "appstoreconnect-v1"}
            token = signed(claims, private_key, algorithm="ES256", life=TOKEN_LIFE, key_id=key_id)
            page = client.get(
                cursor or url,
                subscription,
                params=None if cursor else params,
                headers={"Authorization": f"Bearer {token}"},
            )
            return without(page, CONTACT) if page else None

        yield from walk(subscription, window.since, ask, self.parse, _after)

    def parse(self, page: RawPage) -> list[ParsedReview]:
        """The reviews of an answer, with the developer's responses that are included in it.

        Raises:
            PageChanged: it is an error or not an answer of this API.
        """
        rows = records.records(
            page, "data", "reviews", "customerReviews",
            is_record=_is_review,
            what="customer reviews of App Store Connect",
            remedy="Check the app number, and that the key may read customer reviews",
        )  # fmt: skip
        responses = _responses(records.loaded(page))
        return [_review(row, responses, page) for row in rows]

    def total(self, page: RawPage) -> int | None:
        """How many reviews with words the app has in all storefronts."""
        found = answer.loaded(page)
        count = answer.inner(answer.inner(found, "meta"), "paging").get("total") if isinstance(found, dict) else None
        return count if isinstance(count, int) and not isinstance(count, bool) else None


def _after(page: RawPage, _cursor: str | None) -> str | None:
    found = answer.loaded(page)
    return next_link(page, answer.inner(found, "links").get("next")) if isinstance(found, dict) else None


def _attributes(row: Record) -> Record:
    """A record's own values; tools that flatten the answer write them beside the id."""
    return answer.inner(row, "attributes") or row


def _is_review(row: Record) -> bool:
    return "rating" in _attributes(row) and row.get("type") in ("customerReviews", None)


def _responses(found: Any) -> dict[str, Record]:
    """The included responses, by their own id and by that of the review they answer."""
    listed = [each for whole in records.objects(found) for each in records.objects(whole.get("included"))]
    by_id: dict[str, Record] = {}
    for each in listed:
        if each.get("type") == "customerReviewResponses":
            for identifier in (each.get("id"), _related(each, "review")):
                if isinstance(identifier, str):
                    by_id[identifier] = answer.inner(each, "attributes")
    return by_id


def _related(row: Record, name: str) -> object:
    return answer.inner(answer.inner(answer.inner(row, "relationships"), name), "data").get("id")


def _review(row: Record, responses: dict[str, Record], page: RawPage) -> ParsedReview:
    own = _attributes(row)
    identifier = answer.identifier(row.get("id"))
    response = responses.get(str(_related(row, "response"))) or responses.get(identifier or "") or {}
    return answer.review(
        page,
        source_review_id=identifier,
        rating=values.rating(own.get("rating")),
        posted=own.get("createdDate"),
        title=answer.text(own, "title"),
        words=answer.text(own, "body"),
        author=answer.text(own, "reviewerNickname"),
        answer=answer.reply(answer.text(response, "responseBody"), response.get("lastModifiedDate")),
        location=page.location or answer.text(own, "territory"),
        extra={"response_state": state} if (state := answer.text(response, "state")) else {},
    )
