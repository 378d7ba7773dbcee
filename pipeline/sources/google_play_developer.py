"""Reviews of the owner's app by the Google Play Developer API, which shows those of the last seven days.

Contract: https://androidpublisher.googleapis.com/androidpublisher/v3/applications/<package>/reviews?maxResults=100&token=
(https://developers.google.com/android-publisher/api-ref/rest/v3/reviews/list): reviews with words that were written or
changed within seven days; 200 requests an hour. A service account's key signs for an access token of an hour. An answer
without reviews is `{}`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

from pipeline.errors import SourceCut, UsageError
from pipeline.review import ParsedReview, RawPage
from pipeline.sources import answer, values
from pipeline.sources.access_token import AccessToken, signed
from pipeline.sources.border import CONTACT, without
from pipeline.sources.client import Client
from pipeline.sources.records import Record, loaded, records
from pipeline.sources.secrets import secret
from pipeline.sources.source import Subscription, Window
from pipeline.sources.walk import walk

BASE_URL = "https://androidpublisher.googleapis.com"
TOKEN_URL = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address, no secret
SCOPE = "https://www.googleapis.com/auth/androidpublisher"
PAGE_SIZE = 100
SHOWN = timedelta(days=7)
_EXTRA = ("appVersionName", "appVersionCode", "androidOsVersion", "device", "thumbsUpCount", "thumbsDownCount")


class GooglePlayDeveloper:
    """Source `google_play_developer`; options `package`, `base_url`, `token_url`, `max_pages`.

    Secret `service_account`: the text of its JSON key file.
    """

    name = "google_play_developer"
    asks_by_time = True

    def fetch(self, subscription: Subscription, window: Window, client: Client) -> Iterator[RawPage]:
        """All pages the API shows; they hold seven days.

        Raises:
            SourceCut: the last run is longer ago than the API looks back, so that reviews were missed.
        """
        package = subscription.options.get("package", "")
        if not package:
            raise UsageError("no package", where=subscription.name, remedy='Add options = { package = "com.firm.app" }')
        token = _token(subscription, client)
        root = subscription.options.get("base_url", BASE_URL).rstrip("/")
        url = f"{root}/androidpublisher/v3/applications/{package}/reviews"
        asked_at: list[datetime] = []

        def ask(cursor: str | None) -> RawPage | None:
            params = {"maxResults": str(PAGE_SIZE)} | ({"token": cursor} if cursor else {})
            page = client.get(url, subscription, params=params, headers=token.header())
            if page is None:
                return None
            asked_at.append(page.fetched_at)
            return without(page, CONTACT)

        yield from walk(subscription, window.since, ask, self.parse, _after, is_newest_first=False)
        _require_reach(subscription, window, asked_at)

    def parse(self, page: RawPage) -> list[ParsedReview]:
        """The reviews of an answer.

        The API tells when a review was last changed, not when it was written: that is its time.

        Raises:
            PageChanged: it is an error or not an answer of this API.
        """
        if loaded(page) == {}:
            return []
        rows = records(
            page, "reviews", "review",
            is_record=lambda row: isinstance(row.get("comments"), list),
            what="reviews of the Google Play Developer API",
            remedy="Check the package, and that the service account may see its reviews",
            empty=("tokenPagination", "pageInfo"),
        )  # fmt: skip
        return [_review(row, page) for row in rows]


def _token(subscription: Subscription, client: Client) -> AccessToken:
    remedy = "Set service_account to the whole JSON key file of the service account"
    try:
        account = json.loads(secret(subscription, "service_account"))
        issuer, private_key = account["client_email"], account["private_key"]
    except (ValueError, KeyError, TypeError):
        raise UsageError("no key of a service account", where=subscription.name, remedy=remedy) from None
    url = subscription.options.get("token_url") or account.get("token_uri") or TOKEN_URL

    def ask() -> RawPage:
        claims = {"iss": issuer, "scope": SCOPE, "aud": account.get("token_uri") or TOKEN_URL}
        key_id = account.get("private_key_id")
        assertion = signed(claims, str(private_key), algorithm="RS256", life=timedelta(hours=1), key_id=key_id)
        form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion}
        return client.post(str(url), subscription, data=form)

    return AccessToken(ask, life=timedelta(minutes=50))


def _require_reach(subscription: Subscription, window: Window, asked_at: list[datetime]) -> None:
    """A window that ends lately and was last read more than seven days ago has a gap; a backfill has not."""
    if not asked_at:
        return
    shown_from = asked_at[0] - SHOWN
    read_until = window.since + timedelta(days=subscription.overlap_days)
    if window.end > shown_from > read_until:
        raise SourceCut(
            f"the API shows reviews from {shown_from:%Y-%m-%d} on, older ones were not read",
            where=subscription.name,
            remedy="Import the Play Console's monthly CSV of that time (leumund import --layout play_console)",
        )


def _after(page: RawPage, _cursor: str | None) -> str | None:
    found = answer.loaded(page)
    return answer.text(answer.inner(found, "tokenPagination"), "nextPageToken") if isinstance(found, dict) else None


def _seconds(comment: Record) -> object:
    """The time of a comment: whole seconds since 1970, written as text, or RFC 3339."""
    moment = comment.get("lastModified")
    return moment.get("seconds") if isinstance(moment, dict) else moment


def _comments(row: Record, name: str) -> list[Record]:
    """The comments of one side, oldest first; more than one is a history of edits."""
    listed = [each[name] for each in row["comments"] if isinstance(each, dict) and isinstance(each.get(name), dict)]
    return sorted(listed, key=lambda comment: values.number(_seconds(comment)) or 0.0)


def _review(row: Record, page: RawPage) -> ParsedReview:
    written, replies = _comments(row, "userComment"), _comments(row, "developerComment")
    own, reply = (written[-1] if written else {}), (replies[-1] if replies else {})
    title, words = _title_and_words(answer.text(own, "originalText", "text"))
    device = answer.inner(own, "deviceMetadata")
    return answer.review(
        page,
        source_review_id=answer.identifier(row.get("reviewId")),
        rating=values.rating(own.get("starRating")),
        posted=_seconds(written[0]) if written else None,
        edited=_seconds(own),
        language=answer.text(own, "reviewerLanguage"),
        title=title,
        words=words,
        author=answer.text(row, "authorName"),
        answer=answer.reply(answer.text(reply, "text"), _seconds(reply)),
        extra=answer.only(own, _EXTRA) | answer.only(device, ("productName", "manufacturer")),
    )


def _title_and_words(text: str | None) -> tuple[str | None, str | None]:
    """Old reviews have a title, set before the words with a tab between; new ones often start with the tab alone."""
    title, tab, words = (text or "").partition("\t")
    return (title.strip() or None, words.strip() or None) if tab else (None, (text or "").strip() or None)
