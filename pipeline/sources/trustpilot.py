"""Reviews of the owner's business by the Trustpilot API; pages of trustpilot.com are another source.

Contract (https://developers.trustpilot.com): `/v1/business-units/<id>/reviews?perPage=100&page=&orderBy=createdat.desc`
and `/v1/business-units/<id>/all-reviews?perPage=100&pageToken=` with the header `apikey`; the same below `/v1/private`
with an access token (client credentials), which adds e-mail and order number: they are dropped. Webhooks send events.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from pipeline.errors import PageChanged, UsageError
from pipeline.review import ParsedReview, RawPage
from pipeline.sources import answer, values
from pipeline.sources.access_token import AccessToken, basic
from pipeline.sources.border import CONTACT, without
from pipeline.sources.choice import choice
from pipeline.sources.client import Client
from pipeline.sources.records import Record, loaded, objects, records
from pipeline.sources.secrets import secret
from pipeline.sources.source import Subscription, Window
from pipeline.sources.walk import next_number, walk

BASE_URL = "https://api.trustpilot.com"
TOKEN_PATH = "/v1/oauth/oauth-business-users-for-applications/accesstoken"  # noqa: S105 - an address, no secret
PAGE_SIZE = 100
PRIVATE = CONTACT | {"referralemail", "referenceid", "referencenumber", "consumeremail"}
_EXTRA = (
    "isVerified", "reviewVerificationLevel", "verificationLevel", "experiencedAt", "source", "status", "numberOfLikes",
    "countsTowardsTrustScore",
)  # fmt: skip
_EVENTS = ("service-review-", "product-review-")


class Trustpilot:
    """Source `trustpilot`; options `business_unit` or `domain`, `access`, `paging`, `base_url`, `max_pages`.

    `access` is "public" (secret `api_key`) or "private" (`api_secret`, too); `paging` is "page" or "token".
    """

    name = "trustpilot"
    newest_first = True

    def fetch(self, subscription: Subscription, window: Window, client: Client) -> Iterator[RawPage]:
        """Pages of reviews, newest first, until they are older than the window; by token all there are."""
        root = subscription.options.get("base_url", BASE_URL).rstrip("/")
        key = secret(subscription, "api_key")
        unit = _unit(subscription, client, root, key)
        is_private = choice(subscription, "access", "public", "private") == "private"
        by_token = choice(subscription, "paging", "page", "token") == "token"
        token = _token(subscription, client, root, key) if is_private else None
        area = "/private" if is_private else ""
        url = f"{root}/v1{area}/business-units/{unit}/{'all-reviews' if by_token else 'reviews'}"

        def ask(cursor: str | None) -> RawPage | None:
            params = {"perPage": str(PAGE_SIZE)}
            if by_token:
                params |= {"pageToken": cursor} if cursor else {}
            else:
                # Without asking, reviews that the business has reported are left out: they would be missed as bad ones.
                params |= {"page": cursor or "1", "orderBy": "createdat.desc", "includeReportedReviews": "true"}
            page = client.get(url, subscription, params=params, headers=token.header() if token else {"apikey": key})
            return without(page, PRIVATE) if page else None

        following = _next_token if by_token else _next_page
        yield from walk(subscription, window.since, ask, self.parse, following, is_newest_first=not by_token)

    def parse(self, page: RawPage) -> list[ParsedReview]:
        """The service or product reviews of an answer, or of a webhook's events; events of a deletion hold none.

        Raises:
            PageChanged: it is an error or not an answer of this API.
        """
        events = _events(page)
        if events is not None:
            return [_review(row, page) for row in events]
        rows = records(
            page, "reviews", "productReviews", "importedProductReviews", "review",
            is_record=_is_review,
            what="reviews of the Trustpilot API",
            remedy="Check the business unit and the API key",
            empty=("events",),
        )  # fmt: skip
        return [_review(row, page) for row in rows]


def _unit(subscription: Subscription, client: Client, root: str, key: str) -> str:
    """The business unit's id; looked up where only its domain is given."""
    given, domain = subscription.options.get("business_unit"), subscription.options.get("domain")
    if given:
        return given
    if not domain:
        raise UsageError(
            "no business unit", where=subscription.name, remedy='Add options = { domain = "nordlicht.example" }'
        )
    url = f"{root}/v1/business-units/find"
    page = client.get(url, subscription, params={"name": domain}, headers={"apikey": key})
    found = answer.loaded(page) if page else None
    unit = answer.text(found, "id") if isinstance(found, dict) else None
    if unit is None:
        raise PageChanged(f"no business unit for {domain}", where=url, remedy="Give its id as business_unit")
    return unit


def _token(subscription: Subscription, client: Client, root: str, key: str) -> AccessToken:
    credentials = basic(key, secret(subscription, "api_secret"))
    form = {"grant_type": "client_credentials"}
    return AccessToken(
        lambda: client.post(root + TOKEN_PATH, subscription, data=form, headers=credentials), life=timedelta(hours=1)
    )


def _next_token(page: RawPage, _cursor: str | None) -> str | None:
    found = answer.loaded(page)
    return answer.text(found, "nextPageToken") if isinstance(found, dict) else None


def _next_page(page: RawPage, cursor: str | None) -> str | None:
    """The next page's number, unless this page is empty or its links name no next one."""
    found = answer.loaded(page)
    links = found.get("links") if isinstance(found, dict) else None
    is_last = isinstance(links, list) and bool(links) and not any(
        isinstance(link, dict) and link.get("rel") in ("next-page", "next") for link in links
    )  # fmt: skip
    return None if is_last or not answer.rows(page, "reviews") else next_number(cursor)


def _is_review(row: Record) -> bool:
    return "stars" in row and ("id" in row or "createdAt" in row)


def _events(page: RawPage) -> list[Record] | None:
    """What the events of a webhook tell of reviews that stand; None where the page holds no events."""
    found = loaded(page)
    listed = found.get("events", [found] if "eventName" in found else None) if isinstance(found, dict) else found
    if not isinstance(listed, list) or not any(isinstance(each, dict) and "eventName" in each for each in listed):
        return None
    return [
        answer.inner(each, "eventData")
        for each in listed
        if isinstance(each, dict)
        and str(each.get("eventName")).startswith(_EVENTS)
        and not str(each.get("eventName")).endswith("-deleted")
        and _is_review(answer.inner(each, "eventData"))
    ]


def _review(row: Record, page: RawPage) -> ParsedReview:
    identifier = answer.identifier(row.get("id"))
    reply, product = answer.inner(row, "companyReply"), answer.inner(row, "product")
    is_of_shop = not product and "content" not in row
    parts = objects(row.get("attributeRatings"))
    sub_ratings = {name: each.get("rating") for each in parts if (name := answer.text(each, "attributeName"))}
    extra = {"product": answer.text(product, "name"), "sku": answer.identifier(product.get("sku")),
             "sub_ratings": sub_ratings}  # fmt: skip
    return answer.review(
        page,
        source_review_id=identifier,
        rating=values.rating(row.get("stars")),
        posted=row.get("createdAt"),
        edited=row.get("updatedAt"),
        language=answer.text(row, "language"),
        title=answer.text(row, "title"),
        words=answer.text(row, "text", "content"),
        url=f"https://www.trustpilot.com/reviews/{identifier}" if identifier and is_of_shop else None,
        author=answer.text(answer.inner(row, "consumer"), "displayName", "name"),
        answer=answer.reply(answer.text(reply, "text"), reply.get("createdAt")),
        location=page.location or answer.text(answer.inner(row, "location"), "name"),
        extra=answer.only(row, _EXTRA) | answer.only(extra, extra),
    )
