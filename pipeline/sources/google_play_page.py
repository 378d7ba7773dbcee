"""Reviews as the pages of Google Play load them. Off until a legal basis is recorded; robots.txt denies most of it.

Contract (undocumented): POST /_/PlayStoreUi/data/batchexecute, form field `f.req`; the answer is a guard line, then
rows of JSON, or chunks with their lengths before them. A row's third place is JSON again: [reviews, [null, token]].
Pages of 2019 carry the same arrays in a script. No token is the end; with an old one the list would begin anew.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from pipeline.errors import BadInput, PageChanged, UsageError
from pipeline.review import ParsedReview, Rating, RawPage, Reply
from pipeline.sources import legal_basis
from pipeline.sources.client import Client
from pipeline.sources.paging import repeated, turns
from pipeline.sources.source import Subscription, Window, has_older

BASE_URL = "https://play.google.com"
PATH = "/_/PlayStoreUi/data/batchexecute"
METHODS = ("UsvDTd", "oCPfdb")
PAGE_SIZE = 150
DEFAULT_PAGES = 20
_GUARD = b")]}'"
_SCRIPT = re.compile(rb"AF_initDataCallback\(\{[^<]*?data:\s*(?:function\(\)\{return\s*)?(\[.*?\])\s*\}?\s*(?:,\s*sideChannel:[^<]*?)?\}\);\s*</script>", re.DOTALL)  # fmt: skip  # noqa: E501


class GooglePlayPage:
    """Source `google_play_page`; options `app` (its package), `language`, `country`, `base_url`, `max_pages`."""

    name = "google_play_page"

    def fetch(self, subscription: Subscription, window: Window, client: Client) -> Iterator[RawPage]:
        """Pages of reviews, newest first, until the token ends or repeats."""
        legal_basis.require(subscription)
        app = subscription.options.get("app")
        if not app:
            raise UsageError("no app", where=subscription.name, remedy='Add options = { app = "com.firm.app" }')
        url = subscription.options.get("base_url", BASE_URL).rstrip("/") + PATH
        params = {"hl": subscription.options.get("language", "en"), "gl": subscription.options.get("country", "us")}
        token: str | None = None
        seen: set[str] = set()
        for _ in turns(subscription, DEFAULT_PAGES):
            page = client.post(url, subscription, params=params, data={"f.req": _request(app, token)})
            yield page
            try:
                reviews, token = self.parse(page), _token(page)
            except BadInput:
                return  # the step sets the page aside
            if not reviews or token is None or has_older(reviews, window.since):
                return
            if token in seen:
                raise repeated(subscription)
            seen.add(token)

    def parse(self, page: RawPage) -> list[ParsedReview]:
        """The reviews of an answer or of a page that carries them.

        Raises:
            PageChanged: it is neither.
        """
        if page.body.lstrip().startswith(_GUARD):
            return [_review(row, page) for payload in _payloads(page) for row in _reviews(payload)]
        blocks = [block for block in map(_json, _SCRIPT.findall(page.body)) if block is not None]
        if not blocks:
            raise PageChanged(
                "no answer of Google Play", where=page.url, remedy="The page changed, or asks for consent"
            )
        return [_review(row, page) for block in blocks for row in _reviews(block)]


def _request(app: str, token: str | None) -> str:
    paging = [PAGE_SIZE, None, token] if token else [PAGE_SIZE]
    inner = json.dumps([None, [2, 2, paging, None, []], [app, 7]], separators=(",", ":"))
    return json.dumps([[[METHODS[0], inner, None, "generic"]]], separators=(",", ":"))


def _json(text: bytes | str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _payloads(page: RawPage) -> list[Any]:
    """The inner JSON of every row that answers a review call; rows stand on lines of their own, lengths between."""
    found, is_answer = [], False
    for line in page.body.lstrip()[len(_GUARD) :].splitlines():
        rows = _json(line) if line.startswith(b"[") else None
        for row in rows if isinstance(rows, list) else []:
            is_answer = is_answer or (isinstance(row, list) and bool(row) and isinstance(row[0], str))
            if isinstance(row, list) and len(row) > 2 and row[1] in METHODS and isinstance(row[2], str):
                found.append(_json(row[2]))
    if not is_answer:
        raise PageChanged("no answer of Google Play", where=page.url, remedy="The reply's form changed; report it")
    return found


def _token(page: RawPage) -> str | None:
    for payload in _payloads(page):
        if isinstance(payload, list) and len(payload) > 1 and isinstance(payload[1], list) and payload[1]:
            last = payload[1][-1]
            return last if isinstance(last, str) and last else None
    return None


def _reviews(payload: Any) -> list[list[Any]]:
    first = payload[0] if isinstance(payload, list) and payload else None
    return [row for row in first if _is_review(row)] if isinstance(first, list) else []


def _is_review(row: Any) -> bool:
    return (
        isinstance(row, list)
        and len(row) > 6
        and isinstance(row[0], str)
        and isinstance(row[1], list)
        and isinstance(row[2], int)
        and isinstance(row[5], list | None)
    )


def _place(row: list[Any], *places: int) -> Any:
    found: Any = row
    for place in places:
        if not isinstance(found, list) or len(found) <= place:
            return None
        found = found[place]
    return found


def _seconds(value: Any) -> datetime | None:
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _words(value: Any) -> str | None:
    return value if isinstance(value, str) and value.strip() else None


def _review(row: list[Any], page: RawPage) -> ParsedReview:
    replied = _words(_place(row, 7, 1))
    version, thumbs = _words(_place(row, 10)), _place(row, 6)
    extra: dict[str, object] = {"version": version} if version else {}
    posted = _seconds(_place(row, 5, 0))
    return ParsedReview(
        source=page.source,
        source_review_id=row[0],
        entity=page.entity,
        location=page.location,
        rating=Rating(float(row[2])) if 1 <= row[2] <= 5 else None,
        posted_at=posted,
        posted_precision="second" if posted else None,
        edited_at=None,
        language_declared=None,
        title=None,
        text=_words(row[4]),
        url=None,
        author=_words(_place(row, 1, 0)),
        reply=Reply(replied, _seconds(_place(row, 7, 2, 0))) if replied else None,
        extra=extra | ({"thumbs": thumbs} if isinstance(thumbs, int) else {}),
    )
