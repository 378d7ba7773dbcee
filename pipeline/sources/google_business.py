"""Reviews of the owner's places on Google by the Business Profile API.

Contract: https://mybusiness.googleapis.com/v4/accounts/<a>/locations/<l>/reviews?pageSize=50&pageToken=&orderBy=
updateTime desc (https://developers.google.com/my-business/reference/rest/v4/accounts.locations.reviews/list); an OAuth
refresh token (scope business.manage) gives access tokens of an hour. 300 requests a minute. An answer without reviews
is `{}`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import NamedTuple

from pipeline.errors import SourceCut, SourceError, UsageError
from pipeline.review import ParsedReview, RawPage
from pipeline.sources import answer, values
from pipeline.sources.access_token import AccessToken
from pipeline.sources.border import CONTACT, without
from pipeline.sources.client import Client
from pipeline.sources.records import Record, loaded, records
from pipeline.sources.secrets import secret
from pipeline.sources.source import Subscription, Window
from pipeline.sources.walk import walk

BASE_URL = "https://mybusiness.googleapis.com"
TOKEN_URL = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address, no secret
PAGE_SIZE = 50
PRIVATE = CONTACT | {"profilephotourl"}
_TOTALS = frozenset(("totalreviewcount", "averagerating"))
_TRANSLATED = re.compile(
    r"\((?:translated by google|übersetz(?:t|ung) von google|traduit par google|tradu(?:cido por|cción de) google|"
    r"tradotto da google|traduzido pelo google|vertaald door google)\)",
    re.IGNORECASE,
)
_ORIGINAL = re.compile(r"\((?:original|originaltext|avis d'origine|originale)\)", re.IGNORECASE)
_LOCATION = re.compile(r"(?:^|/)locations/([^/]+)")


class Place(NamedTuple):
    """A location to ask for: its address in the API, our name for it, and whether there are others beside it."""

    url: str
    label: str | None
    is_one_of_many: bool


class GoogleBusiness:
    """Source `google_business`; options `account`, `locations`, `base_url`, `token_url`, `max_pages`.

    `locations` is a list as in "123 = Kiel, 456 = Bremen"; the names are our locations and may be left out. Secrets
    `client_id`, `client_secret`, `refresh_token`.
    """

    name = "google_business"
    newest_first = True

    def fetch(self, subscription: Subscription, window: Window, client: Client) -> Iterator[RawPage]:
        """Pages of every location's reviews, last changed first, until they are older than the window.

        Raises:
            SourceError: a location was not read to its end; the others were.
        """
        account = subscription.options.get("account", "").removeprefix("accounts/").strip()
        places = _places(subscription.options.get("locations", ""))
        if not account or not places:
            raise UsageError(
                "no account or no locations", where=subscription.name,
                remedy='Add options = { account = "its number", locations = "123 = Kiel, 456 = Bremen" }',
            )  # fmt: skip
        token = _token(subscription, client)
        root = f"{subscription.options.get('base_url', BASE_URL).rstrip('/')}/v4/accounts/{account}/locations"
        token.header()  # credentials that are refused are so for every location: asked once, they end the run here
        faults: list[SourceError] = []
        for number, label in places.items():
            place = Place(f"{root}/{number}/reviews", label if len(places) == 1 else label or number, len(places) > 1)
            ask = partial(_ask, subscription, client, token, place)
            try:
                yield from walk(subscription, window.since, ask, self.parse, _after)
            except SourceError as error:  # a closed location must not hide the others
                faults.append(error)
        if faults:
            first = next((fault for fault in faults if not isinstance(fault, SourceCut)), faults[0])
            what = f"{len(faults)} of {len(places)} locations not read, first {first.what}"
            raise first if len(places) == 1 else type(first)(what, where=first.where, remedy=first.remedy)

    def parse(self, page: RawPage) -> list[ParsedReview]:
        """The reviews of a location, or of several in one answer.

        Raises:
            PageChanged: it is an error or not an answer of this API.
        """
        if loaded(page) == {}:
            return []
        rows = records(
            page, "reviews", "review", "locationReviews",
            is_record=lambda row: "starRating" in row or ("reviewId" in row and "review" not in row),
            what="reviews of Google Business Profile",
            remedy="Check account and locations, and that the API is granted to your project",
            empty=("totalReviewCount", "averageRating", "nextPageToken"),
        )  # fmt: skip
        places = {place for row in rows if (place := _place(row))}
        return [_review(row, page, names_place=len(places) > 1) for row in rows]

    def total(self, page: RawPage) -> int | None:
        """How many reviews the location has."""
        found = answer.loaded(page)
        count = found.get("totalReviewCount") if isinstance(found, dict) else None
        return count if isinstance(count, int) and not isinstance(count, bool) else None


def _token(subscription: Subscription, client: Client) -> AccessToken:
    url = subscription.options.get("token_url", TOKEN_URL)
    form = {name: secret(subscription, name) for name in ("client_id", "client_secret", "refresh_token")}
    form["grant_type"] = "refresh_token"
    return AccessToken(lambda: client.post(url, subscription, data=form), life=timedelta(minutes=50))


def _ask(
    subscription: Subscription, client: Client, token: AccessToken, place: Place, cursor: str | None
) -> RawPage | None:
    params = {"pageSize": str(PAGE_SIZE), "orderBy": "updateTime desc"} | ({"pageToken": cursor} if cursor else {})
    page = client.get(place.url, subscription, params=params, headers=token.header())
    if page is None:
        return None
    # Of several locations each has its own count; taken for the whole it would be wrong.
    kept = without(page, PRIVATE | _TOTALS if place.is_one_of_many else PRIVATE)
    return replace(kept, location=place.label or kept.location)


def _places(text: str) -> dict[str, str | None]:
    """Location numbers with their names, as the option lists them."""
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    return {number.strip().split("/")[-1]: label.strip() or None for number, _, label in pairs if number.strip()}


def _after(page: RawPage, _cursor: str | None) -> str | None:
    found = answer.loaded(page)
    return answer.text(found, "nextPageToken") if isinstance(found, dict) else None


def _place(row: Record) -> str | None:
    match = _LOCATION.search(answer.text(row, "name") or "")
    return match.group(1) if match else None


def _review(row: Record, page: RawPage, *, names_place: bool) -> ParsedReview:
    reviewer, reply = answer.inner(row, "reviewer"), answer.inner(row, "reviewReply")
    name = (answer.text(row, "name") or "").rsplit("/reviews/", 1)
    words, is_translation = _own_words(answer.text(row, "comment"))
    place = _place(row)
    extra = {"location_id": place, "is_translation": is_translation or None}
    return answer.review(
        page,
        source_review_id=answer.identifier(row.get("reviewId")) or (name[1] if len(name) == 2 else None),
        rating=values.rating(row.get("starRating")),
        posted=row.get("createTime") or row.get("updateTime"),
        edited=row.get("updateTime"),
        words=words,
        author=None if reviewer.get("isAnonymous") is True else answer.text(reviewer, "displayName"),
        answer=answer.reply(_own_words(answer.text(reply, "comment"))[0], reply.get("updateTime")),
        location=place if names_place else None,
        extra=answer.only(extra, extra),
    )


def _own_words(text: str | None) -> tuple[str | None, bool]:
    """What was written, without Google's translation before or after it; True if only the translation is there."""
    match = _TRANSLATED.search(text or "")
    if text is None or match is None:
        return text, False
    before, behind = text[: match.start()].strip(), text[match.end() :]
    if before:
        return before, False
    original = _ORIGINAL.search(behind)
    own = behind[original.end() :].strip() if original else ""
    return own or behind.strip() or None, not own
