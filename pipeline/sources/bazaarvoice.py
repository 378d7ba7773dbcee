"""Product reviews by Bazaarvoice's Conversations API, with the owner's passkey.

Contract: https://api.bazaarvoice.com/data/reviews.json?apiversion=5.4&passkey=&Filter=ProductId:<id>&Sort=
SubmissionTime:desc&Limit=100&Offset=. Errors come as HTTP 200 with `HasErrors`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipeline.errors import BadInput, PageChanged, UsageError
from pipeline.review import ParsedReview, Rating, RawPage
from pipeline.sources import answer, values
from pipeline.sources.border import without
from pipeline.sources.client import Client
from pipeline.sources.paging import turns
from pipeline.sources.secrets import secret
from pipeline.sources.source import Subscription, Window, has_older

BASE_URL = "https://api.bazaarvoice.com"
PATH = "/data/reviews.json"
PAGE_SIZE = 100
DEFAULT_PAGES = 50
PRIVATE = frozenset(("useremailaddress", "email", "hostedauthentication_authenticationemail", "ipaddress"))
_EXTRA = ("IsRecommended", "IsSyndicated", "ProductId", "TotalPositiveFeedbackCount", "TotalNegativeFeedbackCount")


class Bazaarvoice:
    """Source `bazaarvoice`; options `product`, `base_url`, `max_pages`; secret `passkey`."""

    name = "bazaarvoice"
    newest_first = True

    def fetch(self, subscription: Subscription, window: Window, client: Client) -> Iterator[RawPage]:
        """Pages of a product's reviews, newest first, until they are older than the window."""
        product = subscription.options.get("product")
        if not product:
            raise UsageError("no product", where=subscription.name, remedy='Add options = { product = "its id" }')
        url = subscription.options.get("base_url", BASE_URL).rstrip("/") + PATH
        passkey = secret(subscription, "passkey")
        for number in turns(subscription, DEFAULT_PAGES):
            params = {
                "apiversion": "5.4",
                "Filter": f"ProductId:{product}",
                "Sort": "SubmissionTime:desc",
                "Limit": str(PAGE_SIZE),
                "Offset": str(number * PAGE_SIZE),
            }
            page = client.get(url, subscription, params=params, secret_params={"passkey": passkey})
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
        """The reviews of an answer.

        Raises:
            PageChanged: it is an error or not an answer of this API.
        """
        found = answer.loaded(page)
        if isinstance(found, dict) and found.get("HasErrors"):
            errors = [error for error in found.get("Errors") or [] if isinstance(error, dict)]
            codes = ", ".join(str(error.get("Code")) for error in errors) or "no code"
            raise PageChanged(f"an error of Bazaarvoice ({codes})", where=page.url, remedy="Check passkey and product")
        return [_review(row, page) for row in answer.rows(page, "Results")]

    def total(self, page: RawPage) -> int | None:
        """How many reviews the API counts."""
        found = answer.loaded(page)
        count = found.get("TotalResults") if isinstance(found, dict) else None
        return count if isinstance(count, int) else None


def _review(row: dict[str, Any], page: RawPage) -> ParsedReview:
    score, best = values.number(row.get("Rating")), values.number(row.get("RatingRange"))
    responses = [each for each in row.get("ClientResponses") or [] if isinstance(each, dict)]
    first = responses[0] if responses else {}
    extra = answer.only(row, _EXTRA)
    origin = answer.text(answer.inner(row, "SyndicationSource"), "Name")
    return answer.review(
        page,
        source_review_id=answer.identifier(row.get("Id")),
        rating=Rating(score, best or 5.0) if score is not None else None,
        posted=row.get("SubmissionTime"),
        language=(answer.text(row, "ContentLocale") or "").split("_")[0] or None,
        title=answer.text(row, "Title"),
        words=answer.text(row, "ReviewText"),
        author=answer.text(row, "UserNickname"),
        answer=answer.reply(answer.text(first, "Response"), first.get("Date")),
        extra=extra | ({"syndicated_from": origin} if origin else {}),
    )
