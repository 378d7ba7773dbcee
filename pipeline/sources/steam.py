"""Steam user reviews by the keyless API IUserReviewsService/GetAppReviews.

Contract: https://api.steampowered.com/IUserReviewsService/GetAppReviews/v1/ with `appid`, `filter` 1 (recent),
`languages[0]` all, `purchase_type` 1 (all), `num_per_page` <= 100 and `cursor`, which is fed back; the end is an
answer without reviews or a cursor seen before. The store endpoint was switched off in October 2026; its payloads parse.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pipeline.errors import BadInput, PageChanged, UsageError
from pipeline.review import ParsedReview, Rating, RawPage, Reply
from pipeline.sources import values
from pipeline.sources.client import Client
from pipeline.sources.paging import repeated, turns
from pipeline.sources.source import Subscription, Window, has_older

BASE_URL = "https://api.steampowered.com"
PATH = "/IUserReviewsService/GetAppReviews/v1/"
PAGE_SIZE = 100
DEFAULT_PAGES = 50
_EXTRA = (
    "votes_up", "votes_funny", "weighted_vote_score", "comment_count", "steam_purchase", "received_for_free",
    "written_during_early_access", "primarily_steam_deck", "refunded",
)  # fmt: skip


class Steam:
    """Source `steam`; options `appid`, `base_url`, `max_pages`."""

    name = "steam"
    newest_first = True

    def fetch(self, subscription: Subscription, window: Window, client: Client) -> Iterator[RawPage]:
        """Pages of recent reviews until one is wholly older than the window, or the cursor ends or repeats."""
        appid = subscription.options.get("appid")
        if not appid:
            raise UsageError("no appid", where=subscription.name, remedy='Add options = { appid = "..." }')
        url = subscription.options.get("base_url", BASE_URL).rstrip("/") + PATH
        cursor = "*"
        seen: set[str] = set()
        for _ in turns(subscription, DEFAULT_PAGES):
            if cursor in seen:
                raise repeated(subscription)
            seen.add(cursor)
            page = client.get(url, subscription, params=_query(appid, cursor))
            if page is None:
                return
            yield page
            try:
                reviews = self.parse(page)
            except BadInput:
                return  # the step sets the page aside
            following = _envelope(_loaded(page)).get("cursor")
            if not reviews or has_older(reviews, window.since) or not isinstance(following, str):
                return
            cursor = following

    def parse(self, page: RawPage) -> list[ParsedReview]:
        """The reviews of an answer, of the new API, the old one, or a dump of their objects.

        Raises:
            PageChanged: it is not JSON, or JSON of something else.
        """
        loaded = _loaded(page)
        rows = _rows(loaded, page.url)
        return [_review(row, page) for row in rows if isinstance(row, dict) and "voted_up" in row]


def _query(appid: str, cursor: str) -> dict[str, str]:
    return {
        "appid": appid,
        "filter": "1",
        "languages[0]": "all",
        "purchase_type": "1",
        "num_per_page": str(PAGE_SIZE),
        "cursor": cursor,
    }


def _loaded(page: RawPage) -> Any:
    try:
        return json.loads(page.body)
    except (ValueError, RecursionError) as error:
        raise PageChanged(
            "not JSON", where=page.url, remedy="Steam sent a page instead of an answer; try later"
        ) from error


def _envelope(loaded: Any) -> dict[str, Any]:
    if isinstance(loaded, dict):
        inner = loaded.get("response")
        return inner if isinstance(inner, dict) else loaded
    return {}


def _rows(loaded: Any, url: str) -> list[Any]:
    if isinstance(loaded, list):
        if loaded and not any(isinstance(row, dict) and "recommendationid" in row for row in loaded):
            raise PageChanged("JSON, but no Steam reviews", where=url, remedy="Check the appid and the address")
        return loaded
    envelope = _envelope(loaded)
    rows = envelope.get("reviews", [])
    is_steam = {"reviews", "query_summary", "cursor", "num_reviews"} & set(envelope) or loaded == {"response": {}}
    if not is_steam or envelope.get("success", 1) not in (1, True):
        raise PageChanged("JSON, but no Steam reviews", where=url, remedy="Check the appid and the address")
    return list(rows.values()) if isinstance(rows, dict) else rows if isinstance(rows, list) else []


def _review(row: dict[str, Any], page: RawPage) -> ParsedReview:
    author = row.get("author")
    author_id = author.get("steamid") if isinstance(author, dict) else row.get("steamid")
    created, precision = values.when(row.get("timestamp_created"))
    updated, _ = values.when(row.get("timestamp_updated"))
    answered, _ = values.when(row.get("timestamp_dev_responded"))
    answer = row.get("developer_response")
    identifier = str(row["recommendationid"]) if row.get("recommendationid") else None
    extra: dict[str, object] = {name: row[name] for name in _EXTRA if row.get(name) is not None}
    if isinstance(author, dict) and isinstance(author.get("playtime_at_review"), int):
        extra["playtime_at_review_minutes"] = author["playtime_at_review"]
    return ParsedReview(
        source=page.source,
        source_review_id=identifier,
        entity=page.entity,
        location=page.location,
        rating=Rating(1.0 if row["voted_up"] is True else 0.0, best=1.0, worst=0.0, is_binary=True),
        posted_at=created,
        posted_precision=precision,
        edited_at=updated if updated != created else None,
        language_declared=str(row["language"]) if row.get("language") else None,
        title=None,
        text=str(row["review"]) if row.get("review") else None,
        url=None,
        author=str(author_id) if author_id else None,
        reply=Reply(str(answer), answered) if answer else None,
        extra=extra,
    )
