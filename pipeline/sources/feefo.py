"""Service and product reviews by Feefo, which needs no key; one answer may hold both of one customer.

Contract: https://api.feefo.com/api/20/reviews/all?merchant_identifier=&page=&page_size=100&since_period=ALL&sort=
-updated_date, with star-only reviews and answers asked for by name; ratings name their own scale. Of the old
`xmlfeed.jsp` saved answers are read, JSON or XML: `DATE` is "40 Hour(s) ago" while young, `HREVIEWDATE` is exact.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

from lxml import etree

from pipeline.errors import PageChanged, UsageError
from pipeline.review import ParsedReview, RawPage, Reply
from pipeline.sources import answer, values
from pipeline.sources.border import CONTACT, without
from pipeline.sources.client import Client
from pipeline.sources.records import Record, loaded, objects, records
from pipeline.sources.source import Subscription, Window
from pipeline.sources.walk import next_number, walk

BASE_URL = "https://api.feefo.com"
PATH = "/api/20/reviews/all"
PAGE_SIZE = 100
PRIVATE = CONTACT | {"customerref", "orderdate", "feefoparameters"}
_XML = re.compile(rb"\s*(?:<\?[^>]*>\s*)*<FEEDBACKLIST[\s>]")
_DAY = re.compile(r"^(\d{1,2})-([A-Za-z]{3})-(\d{4})$")
_MONTHS = "janfebmaraprmayjunjulaugsepoctnovdec"
_SIGNS = {"++": 5.0, "+": 4.0, "-": 2.0, "--": 1.0}
_EXTRA = ("helpful_votes", "moderation_status", "feedback_verification_state", "feedbackVerificationState", "locale")


class Feefo:
    """Source `feefo`; options `merchant`, `product`, `base_url`, `max_pages`."""

    name = "feefo"
    newest_first = True

    def fetch(self, subscription: Subscription, window: Window, client: Client) -> Iterator[RawPage]:
        """Pages of the merchant's reviews, last changed first, until they are older than the window."""
        merchant = subscription.options.get("merchant", "")
        if not merchant:
            raise UsageError(
                "no merchant", where=subscription.name, remedy='Add options = { merchant = "its identifier" }'
            )
        url = subscription.options.get("base_url", BASE_URL).rstrip("/") + PATH
        fixed = {
            "merchant_identifier": merchant,
            "page_size": str(PAGE_SIZE),
            "since_period": "ALL",
            "sort": "-updated_date",
            "full_thread": "include",
            "unanswered_feedback": "include",
            "empty_product_comments": "include",
        }
        if subscription.options.get("product"):
            fixed["product_sku"] = subscription.options["product"]

        def ask(cursor: str | None) -> RawPage | None:
            page = client.get(url, subscription, params=fixed | {"page": cursor or "1"})
            return without(page, PRIVATE) if page else None

        yield from walk(subscription, window.since, ask, self.parse, _next_page)

    def parse(self, page: RawPage) -> list[ParsedReview]:
        """The reviews of an answer: what is said of the shop and of each product are reviews of their own.

        Raises:
            PageChanged: it is an error or not an answer of Feefo.
        """
        rows = records(
            _as_json(page), "reviews", "FEEDBACKLIST", "FEEDBACK", "feedbacklist", "feedback",
            is_record=lambda row: _is_old(row) or bool(_parts(row)),
            what="reviews of Feefo",
            remedy="Check the merchant's identifier",
            empty=("summary", "FEEDBACKLIST"),
        )  # fmt: skip
        found = []
        for row in rows:
            found += [_old_review(row, page)] if _is_old(row) else [_review(row, part, page) for part in _parts(row)]
        return found

    def total(self, page: RawPage) -> int | None:
        """How many reviews the merchant has."""
        found = loaded(page)
        count = answer.inner(answer.inner(found, "summary"), "meta").get("count") if isinstance(found, dict) else None
        return count if isinstance(count, int) and not isinstance(count, bool) else None


def _as_json(page: RawPage) -> RawPage:
    """The page; the old feed's XML with its elements as JSON keys, as its JSON has them."""
    if not _XML.match(page.body[:1_000]):
        return page
    try:
        root = etree.fromstring(page.body, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as error:
        raise PageChanged("broken XML", where=page.url, remedy="Fetch the feed again") from error
    return replace(page, body=json.dumps({root.tag: _plain(root)}).encode())


def _plain(element: Any) -> Any:
    found: dict[str, list[Any]] = {}
    for child in element.iterchildren(tag=etree.Element):
        found.setdefault(child.tag, []).append(_plain(child))
    return {name: each[0] if len(each) == 1 else each for name, each in found.items()} or element.text


def _next_page(page: RawPage, cursor: str | None) -> str | None:
    """The next page's number while the answer counts more pages; without a count until one is empty."""
    found = answer.loaded(page)
    pages = answer.inner(answer.inner(found, "summary"), "meta").get("pages") if isinstance(found, dict) else None
    number = next_number(cursor)
    if isinstance(pages, int) and not isinstance(pages, bool):
        return number if int(number) <= pages else None
    return number if answer.rows(page, "reviews") else None


def _is_old(row: Record) -> bool:
    return "FEEDBACKID" in row or "HREVIEWRATING" in row


def _parts(row: Record) -> list[Record]:
    """The service part and the product parts of a customer's feedback that say or rate something."""
    products = row.get("products")
    listed = [row.get("service"), *(products if isinstance(products, list) else [row.get("product")])]
    alone = [row] if isinstance(row.get("rating"), dict) and "review" in row else []
    return [
        part
        for part in [*listed, *alone]
        if isinstance(part, dict) and (isinstance(part.get("rating"), dict) or answer.text(part, "review"))
    ]


def _review(row: Record, part: Record, page: RawPage) -> ParsedReview:
    scale, product = answer.inner(part, "rating"), answer.inner(part, "product")
    customer = answer.inner(part, "customer") or answer.inner(row, "customer")
    extra = {
        "kind": "service" if part is row.get("service") else "product",
        "product": answer.text(product, "title"),
        "sku": answer.identifier(product.get("sku")),
    }
    return answer.review(
        page,
        source_review_id=answer.identifier(part.get("id")),
        rating=values.rating(scale.get("rating"), scale.get("max"), scale.get("min")),
        posted=part.get("created_at") or row.get("created_at"),
        edited=part.get("last_updated_date") or row.get("last_updated_date"),
        language=(answer.text(part, "locale") or answer.text(row, "locale") or "").split("_")[0] or None,
        title=answer.text(part, "title"),
        words=answer.text(part, "review"),
        url=answer.text(part, "url") or answer.text(row, "url"),
        author=answer.text(customer, "display_name"),
        answer=_reply(part.get("thread")),
        extra=answer.only(part, _EXTRA) | answer.only(extra, extra),
    )


def _reply(thread: Any) -> Reply | None:
    """The merchant's first words in a thread; the customer's own later ones are none."""
    for post in objects(thread):
        words = answer.text(post, "body", "comment", "text", "message", "VENDORCOMMENT")
        if words and "customer" not in str(post.get("type") or post.get("author")).lower():
            return answer.reply(words, post.get("created_at") or post.get("date") or _old_day(post.get("DATE")))
    return None


def _old_day(value: object) -> str | None:
    """A day as the old feed writes it, "29-Apr-2016", in ISO form; None for "40 Hour(s) ago", which is no date."""
    match = _DAY.match(str(value).strip())
    month = _MONTHS.find(match.group(2).lower()) // 3 + 1 if match else 0
    try:
        return date(int(match.group(3)), month, int(match.group(1))).isoformat() if match else None
    except ValueError:
        return None


def _old_review(row: Record, page: RawPage) -> ParsedReview:
    """A review of the old feed: 1 to 5, or signs where the number is missing; its relative date is no date."""
    stars = values.number(row.get("HREVIEWRATING"))
    if stars is None:
        sign = answer.text(row, "SERVICERATING", "PRODUCTRATING") or ""
        stars = _SIGNS.get(sign.strip())
    thread = answer.inner(row, "FURTHERCOMMENTSTHREAD").get("POST")
    replied = _reply(thread)
    words = answer.text(row, "VENDORCOMMENT", "SHORTVENDORCOMMENT")
    return answer.review(
        page,
        source_review_id=answer.identifier(row.get("FEEDBACKID")),
        rating=values.rating(stars),
        posted=row.get("HREVIEWDATE") or _old_day(row.get("DATE")),
        words=answer.text(row, "CUSTOMERCOMMENT", "SHORTCUSTOMERCOMMENT"),
        url=answer.text(row, "READMOREURL"),
        answer=Reply(words, replied.replied_at if replied else None) if words else replied,
        extra={name.lower(): row[name] for name in ("DESCRIPTION", "PRODUCTCODE") if row.get(name)},
    )
