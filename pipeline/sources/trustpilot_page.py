"""A firm's review pages on Trustpilot. Off until a legal basis is recorded; robots.txt denies them to strangers.

Contract (undocumented): /review/<domain>?languages=all&sort=recency&page=N, 20 a page. Pages since 2021 carry their
values in the script `__NEXT_DATA__` (props.pageProps.reviews, filters.pagination) and again in JSON-LD; those before
in scripts `data-initial-state`, one set a review, and in JSON-LD. After ten pages the site asks for a login.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from pipeline.errors import BadInput, PageChanged, UsageError
from pipeline.review import ParsedReview, Rating, RawPage
from pipeline.sources import answer, legal_basis, markup, review_node, trustpilot_legacy, values
from pipeline.sources.client import Client
from pipeline.sources.paging import repeated, turns
from pipeline.sources.source import Subscription, Window, has_older
from pipeline.sources.web_page import decode

BASE_URL = "https://www.trustpilot.com"
DEFAULT_PAGES = 10
_NEXT_DATA = re.compile(r"""<script[^>]*\bid=["']?__NEXT_DATA__["']?[^>]*>(.*?)</script>""", re.DOTALL | re.IGNORECASE)
_ID = re.compile(r"\b[0-9a-f]{24}\b")
_MAX_DEPTH = 12
_FIRMS = ("businessUnit", "companyDetails", "business")


class TrustpilotPage:
    """Source `trustpilot_page`; options `domain` (or the page's address as `url`), `base_url`, `max_pages`."""

    name = "trustpilot_page"
    newest_first = True

    def fetch(self, subscription: Subscription, window: Window, client: Client) -> Iterator[RawPage]:
        """Pages of reviews in all languages, newest first, until the last or the window's start."""
        legal_basis.require(subscription)
        url = _address(subscription)
        seen: set[str | None] = set()
        for turn in turns(subscription, DEFAULT_PAGES):
            number = turn + 1
            # The first page has no number: with one, the site redirects.
            params = {"languages": "all", "sort": "recency"} | ({"page": str(number)} if number > 1 else {})
            page = client.get(url, subscription, params=params)
            if page is None:
                return
            yield page
            try:
                reviews = self.parse(page)
            except BadInput:
                return  # the step sets the page aside
            ids = {review.source_review_id for review in reviews}
            last = _pagination(page).get("totalPages")
            if not reviews or has_older(reviews, window.since) or (isinstance(last, int) and number >= last):
                return
            if ids <= seen:
                raise repeated(subscription)
            seen |= ids

    def parse(self, page: RawPage) -> list[ParsedReview]:
        """The reviews of a page, or of the JSON that such a page carries.

        Raises:
            PageChanged: it is neither, for instance a login or consent page.
        """
        found = _loaded(page)
        if found is not None:
            lists = list(_lists(found, None, 0))
            if lists:
                return _distinct([_review(row, page, firm) for firm, rows in lists for row in rows])
        if page.body.lstrip()[:1] in (b"{", b"["):
            raise PageChanged("JSON without reviews", where=page.url, remedy="Is this a page of Trustpilot?")
        text = decode(page)
        reviews = trustpilot_legacy.read(text, page) or _structured(text, page)
        if not reviews and not _is_firm(text):
            raise PageChanged(
                "no review page of Trustpilot", where=page.url, remedy="The site changed, or asks for a login: look"
            )
        return reviews

    def total(self, page: RawPage) -> int | None:
        """How many reviews the list has over all its pages; None where the page does not say so."""
        count = _pagination(page).get("totalCount")
        return count if isinstance(count, int) and not isinstance(count, bool) else None


def _address(subscription: Subscription) -> str:
    domain = subscription.options.get("domain")
    if domain:
        return f"{subscription.options.get('base_url', BASE_URL).rstrip('/')}/review/{domain}"
    if subscription.url and "/review/" in subscription.url:
        return subscription.url.split("?")[0]
    raise UsageError("no domain", where=subscription.name, remedy='Add options = { domain = "firm.example" }')


def _loaded(page: RawPage) -> Any:
    """The JSON of a page that is JSON, or that carries it; None where there is none."""
    if page.body.lstrip()[:1] in (b"{", b"["):
        return answer.loaded(page)
    match = _NEXT_DATA.search(page.body.decode("utf-8", "replace"))
    if match is None:
        return None
    try:
        return json.loads(match.group(1), strict=False)
    except (ValueError, RecursionError):
        return None


def _lists(value: Any, firm: str | None, depth: int) -> Iterator[tuple[str | None, list[dict[str, Any]]]]:
    """Every list of reviews with its firm's name; lists of chosen reviews, which repeat these, are passed over."""
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, list):
        rows = [row for row in value if isinstance(row, dict)]
        if rows and all(_is_review(row) for row in rows):
            yield firm, rows
        else:
            for row in rows:
                yield from _lists(row, firm, depth + 1)
    elif isinstance(value, dict):
        if _is_review(value) and "reviews" not in value:
            yield firm, [value]
            return
        firm = next((name for key in _FIRMS if (name := _firm(value.get(key)))), firm)
        if isinstance(value.get("reviews"), list):
            yield firm, [row for row in value["reviews"] if isinstance(row, dict) and _is_review(row)]
            return
        for each in value.values():
            if isinstance(each, dict | list):
                yield from _lists(each, firm, depth + 1)


def _is_review(row: dict[str, Any]) -> bool:
    has_words = "text" in row or "title" in row
    return "id" in row and ("rating" in row or "stars" in row) and (has_words or "dates" in row)


def _firm(value: Any) -> str | None:
    return answer.text(value, "displayName", "name", "identifyingName") if isinstance(value, dict) else None


def _review(row: dict[str, Any], page: RawPage, firm: str | None) -> ParsedReview:
    dates, consumer, labels = (answer.inner(row, name) for name in ("dates", "consumer", "labels"))
    reply = answer.inner(row, "reply") or answer.inner(row, "companyReply")
    verification = answer.inner(labels, "verification") or answer.inner(row, "verification")
    identifier = answer.identifier(row.get("id"))
    stars = values.number(row.get("rating", row.get("stars")))
    extra: dict[str, object] = {
        "verified": verification.get("isVerified", row.get("isVerified")),
        "verification": answer.text(verification, "verificationLevel", "verificationSource"),
        "experienced": answer.text(dates, "experiencedDate"),
        "likes": row.get("likes"),
        "country": answer.text(consumer, "countryCode"),
    }
    return answer.review(
        page,
        source_review_id=identifier,
        rating=Rating(stars) if stars else None,
        posted=answer.text(dates, "publishedDate") or answer.text(row, "createdAt", "createdDateTime"),
        edited=answer.text(dates, "updatedDate") or answer.text(row, "updatedAt"),
        language=answer.text(row, "language"),
        title=answer.text(row, "title"),
        words=answer.text(row, "text"),
        url=f"{BASE_URL}/reviews/{identifier}" if identifier and _ID.fullmatch(identifier) else None,
        author=answer.text(consumer, "displayName", "name"),
        answer=answer.reply(
            answer.text(reply, "message", "text"), answer.text(reply, "publishedDate", "createdAt", "updatedDate")
        ),
        entity=firm,
        location=_firm(answer.inner(row, "location")),
        extra=answer.only(extra, extra),
    )


def _structured(text: str, page: RawPage) -> list[ParsedReview]:
    """The reviews of the page's JSON-LD, with the ids that stand in its addresses."""
    nodes = markup.extract(text, page.url).json_ld
    reviews = []
    for found in review_node.find_reviews(nodes):
        review = review_node.to_review(found, page.source, page.url, {"syntax": "json-ld"})
        named = " ".join(str(found.node.get(key) or "") for key in ("@id", "url"))
        match = _ID.search(named)
        if review.rating is not None or review.text or review.title:
            reviews.append(_with_id(review, match.group() if match else None))
    return _distinct(reviews)


def _with_id(review: ParsedReview, identifier: str | None) -> ParsedReview:
    url = f"{BASE_URL}/reviews/{identifier}" if identifier else review.url
    return replace(review, source_review_id=identifier, url=url)


def _distinct(reviews: list[ParsedReview]) -> list[ParsedReview]:
    kept: dict[object, ParsedReview] = {}
    for at, review in enumerate(reviews):
        kept.setdefault(review.source_review_id or at, review)
    return list(kept.values())


def _pagination(page: RawPage) -> dict[str, Any]:
    try:
        found = _loaded(page)
    except BadInput:
        return {}
    inner = found if isinstance(found, dict) else {}
    for name in ("props", "pageProps"):
        inner = answer.inner(inner, name) or inner
    return answer.inner(answer.inner(inner, "filters"), "pagination") or answer.inner(inner, "pagination")


def _is_firm(text: str) -> bool:
    """Whether a page without reviews is a firm's page all the same."""
    return "AggregateRating" in text or "data-business-unit" in text
