"""Service and product reviews by the eTrusted API of Trusted Shops.

Contract (https://developers.etrusted.com): a token of 300 seconds from https://login.etrusted.com/oauth/token (client
credentials, audience https://api.etrusted.com), then
https://api.etrusted.com/reviews?channels=&count=100&submittedAfter=&status=APPROVED&after=<id of the last review>.
Contact data and order references are dropped, surnames shortened to their initials as on the profile page. Answers of
the keyless API that this one replaced are read, too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from pipeline.review import ParsedReview, RawPage
from pipeline.sources import answer, values
from pipeline.sources.access_token import AccessToken
from pipeline.sources.border import CONTACT, without
from pipeline.sources.client import Client
from pipeline.sources.records import Record, objects, records
from pipeline.sources.secrets import secret
from pipeline.sources.source import Subscription, Window
from pipeline.sources.walk import walk

BASE_URL = "https://api.etrusted.com"
TOKEN_URL = "https://login.etrusted.com/oauth/token"  # noqa: S105 - an address, no secret
PAGE_SIZE = 100
PRIVATE = CONTACT | {"reference", "transactionref", "fullname", "crmid", "invitetoken"}
_EXTRA = ("type", "status", "verificationType", "isVerified", "markDescription")


class TrustedShops:
    """Source `trusted_shops`; options `channels`, `status`, `base_url`, `token_url`, `max_pages`.

    Secrets `client_id`, `client_secret`.
    """

    name = "trusted_shops"
    asks_by_time = True

    def fetch(self, subscription: Subscription, window: Window, client: Client) -> Iterator[RawPage]:
        """All pages of what was submitted since the start of the window."""
        options = subscription.options
        token = _token(subscription, client)
        url = f"{options.get('base_url', BASE_URL).rstrip('/')}/reviews"
        fixed = {
            "count": str(PAGE_SIZE),
            "submittedAfter": f"{window.since:%Y-%m-%dT%H:%M:%SZ}",
            "status": options.get("status", "APPROVED"),
        }
        if options.get("channels"):
            fixed["channels"] = options["channels"].replace(" ", "")

        def ask(cursor: str | None) -> RawPage | None:
            params = fixed | ({"after": cursor} if cursor else {})
            page = client.get(url, subscription, params=params, headers=token.header())
            return _at_border(page) if page else None

        yield from walk(subscription, window.since, ask, self.parse, _after, is_newest_first=False)

    def parse(self, page: RawPage) -> list[ParsedReview]:
        """The reviews of an answer.

        Raises:
            PageChanged: it is an error or not an answer of this API.
        """
        rows = records(
            page, "items", "reviews", "review", "response", "data", "shop", "product", "productReviews",
            is_record=_is_review,
            what="reviews of Trusted Shops",
            remedy="Check the channels, and that the API client may read reviews",
        )  # fmt: skip
        return [_old_review(row, page) if "mark" in row else _review(row, page) for row in rows]


def _token(subscription: Subscription, client: Client) -> AccessToken:
    url = subscription.options.get("token_url", TOKEN_URL)
    form = {name: secret(subscription, name) for name in ("client_id", "client_secret")}
    form |= {"grant_type": "client_credentials", "audience": BASE_URL}
    return AccessToken(lambda: client.post(url, subscription, data=form))


def _at_border(page: RawPage) -> RawPage:
    """The page without contact data, and with initials for surnames."""
    kept = without(page, PRIVATE)
    try:
        found = json.loads(kept.body)
    except ValueError:
        return kept
    for row in objects(found.get("items")) if isinstance(found, dict) else []:
        customer = answer.inner(row, "customer")
        if answer.text(customer, "lastName"):
            customer["lastName"] = _initial(customer)
    return replace(kept, body=json.dumps(found, ensure_ascii=False).encode("utf-8", "surrogatepass"))


def _after(page: RawPage, _cursor: str | None) -> str | None:
    """The cursor after a page: the id of its last review; none after an empty page or where no next one is linked."""
    found = answer.loaded(page)
    paging = answer.inner(found, "paging") if isinstance(found, dict) else {}
    items = answer.rows(page, "items")
    links = answer.inner(paging, "links")
    if not items or (links and not links.get("next")):
        return None
    return answer.text(answer.inner(paging, "cursors"), "after") or answer.identifier(items[-1].get("id"))


def _is_review(row: Record) -> bool:
    is_new = "rating" in row and bool({"submittedAt", "createdAt", "comment"} & set(row))
    return is_new or ("mark" in row and bool({"UID", "uid", "creationDate", "comment"} & set(row)))


def _initial(customer: Record) -> str:
    return f"{(answer.text(customer, 'lastName') or ' ').strip()[:1]}."


def _author(customer: Record) -> str | None:
    first = answer.text(customer, "firstName")
    if first is None:
        return answer.text(customer, "displayName", "nickname")
    return f"{first} {_initial(customer)}" if answer.text(customer, "lastName") else first


def _sub_ratings(listed: Any, value: str) -> dict[str, object]:
    found = ((answer.text(each, "type", "name", "label"), values.number(each.get(value))) for each in objects(listed))
    return {name: number for name, number in found if name and number is not None}


def _review(row: Record, page: RawPage) -> ParsedReview:
    reply, product = answer.inner(row, "reply"), answer.inner(row, "product")
    extra = {
        "product": answer.text(product, "name"),
        "sku": answer.identifier(product.get("sku")),
        "sub_ratings": _sub_ratings(row.get("criteria"), "rating"),
    }
    return answer.review(
        page,
        source_review_id=answer.identifier(row.get("id")),
        rating=values.rating(row.get("rating")),
        posted=row.get("submittedAt") or row.get("createdAt"),
        edited=row.get("editedAt"),  # `updatedAt` moves with every status
        language=(answer.text(row, "locale", "language") or "").replace("-", "_").split("_")[0] or None,
        title=answer.text(row, "title"),
        words=answer.text(row, "comment"),
        author=_author(answer.inner(row, "customer")),
        answer=answer.reply(answer.text(reply, "comment", "text"), reply.get("createdAt") or reply.get("updatedAt")),
        extra=answer.only(row, _EXTRA) | answer.only(extra, extra),
    )


def _old_review(row: Record, page: RawPage) -> ParsedReview:
    """A review of the keyless API; its marks are texts such as "4.33", and `statements` hold the shop's answer."""
    statements = objects(row.get("statements"))
    statement = statements[-1] if statements else {}
    sub_ratings = _sub_ratings(row.get("criteria"), "mark")
    return answer.review(
        page,
        source_review_id=answer.identifier(row.get("UID") or row.get("uid")),
        rating=values.rating(row.get("mark")),
        posted=row.get("creationDate"),
        edited=row.get("changeDate"),
        title=answer.text(row, "title"),
        words=answer.text(row, "comment"),
        answer=answer.reply(answer.text(statement, "statement", "comment"), statement.get("creationDate")),
        extra=answer.only(row, _EXTRA) | ({"sub_ratings": sub_ratings} if sub_ratings else {}),
    )
