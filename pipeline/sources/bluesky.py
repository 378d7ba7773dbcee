"""Mentions on Bluesky by the search of its API, with a session of the operator's own account.

Contract (https://docs.bsky.app): `/xrpc/com.atproto.server.createSession` on the account's server (PDS), then
`/xrpc/app.bsky.feed.searchPosts?q=&sort=latest&limit=100&since=&cursor=` with its token. Without a session the search
is refused. 3,000 requests in five minutes, but it is not meant for bulk. Who asks to be shown to members only is left
out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from pipeline.errors import UsageError
from pipeline.review import ParsedReview, RawPage
from pipeline.sources import answer, values
from pipeline.sources.access_token import AccessToken
from pipeline.sources.client import Client
from pipeline.sources.records import Record, objects, records
from pipeline.sources.secrets import secret
from pipeline.sources.source import Subscription, Window
from pipeline.sources.walk import walk

BASE_URL = "https://bsky.social"
SESSION = "/xrpc/com.atproto.server.createSession"
SEARCH = "/xrpc/app.bsky.feed.searchPosts"
PAGE_SIZE = 100
OPT_OUT = "!no-unauthenticated"
_COUNTS = ("likeCount", "repostCount", "replyCount", "quoteCount")
_POST = re.compile(r"^at://([^/]+)/app\.bsky\.feed\.post/([^/]+)$")


class Bluesky:
    """Source `bluesky`; options `query` (default: the entity), `language`, `base_url` (the PDS), `max_pages`.

    Secrets `identifier` (handle), `password` (an app password).
    """

    name = "bluesky"
    asks_by_time = True

    def fetch(self, subscription: Subscription, window: Window, client: Client) -> Iterator[RawPage]:
        """Pages of posts, newest first, until they are older than the window."""
        options = subscription.options
        query = options.get("query", subscription.entity)
        if not query.strip():
            raise UsageError("no query", where=subscription.name, remedy='Add options = { query = "..." }')
        root = options.get("base_url", BASE_URL).rstrip("/")
        account = {name: secret(subscription, name) for name in ("identifier", "password")}
        session = AccessToken(
            lambda: client.post(root + SESSION, subscription, json=account), field="accessJwt", life=timedelta(hours=1)
        )
        fixed = {"q": query, "sort": "latest", "limit": str(PAGE_SIZE), "since": f"{window.since:%Y-%m-%dT%H:%M:%SZ}"}
        if options.get("language"):
            fixed["lang"] = options["language"]

        def ask(cursor: str | None) -> RawPage | None:
            params = fixed | ({"cursor": cursor} if cursor else {})
            page = client.get(root + SEARCH, subscription, params=params, headers=session.header())
            return _without_opted_out(page) if page else None

        yield from walk(subscription, window.since, ask, self.parse, _after)

    def parse(self, page: RawPage) -> list[ParsedReview]:
        """The posts of a search, a feed, a thread, or single ones; they carry no rating.

        Raises:
            PageChanged: it is an error or not an answer of this API.
        """
        rows = records(
            page, "posts", "feed", "post", "thread", "replies", "notifications", "records",
            is_record=_is_post,
            what="posts of Bluesky",
            remedy="Check the query and the account's app password",
        )  # fmt: skip
        return [review for review in (_review(row, page) for row in rows) if review.text]


def _without_opted_out(page: RawPage) -> RawPage:
    """The page without posts of people who ask to be shown to members only: of them nothing is kept."""
    try:
        found = json.loads(page.body)
    except (ValueError, RecursionError):
        return page
    if not isinstance(found, dict) or not isinstance(found.get("posts"), list):
        return page
    kept = [post for post in found["posts"] if not (isinstance(post, dict) and _is_opted_out(post))]
    body = json.dumps(found | {"posts": kept}, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return replace(page, body=body) if len(kept) < len(found["posts"]) else page


def _is_opted_out(post: Record) -> bool:
    labels = objects(answer.inner(post, "author").get("labels"))
    return any(label.get("val") == OPT_OUT and label.get("neg") is not True for label in labels)


def _after(page: RawPage, _cursor: str | None) -> str | None:
    found = answer.loaded(page)
    return answer.text(found, "cursor") if isinstance(found, dict) else None


def _words_of(row: Record) -> Record:
    """A post's own record; listings of a repository call it `value`."""
    return answer.inner(row, "record") or answer.inner(row, "value")


def _is_post(row: Record) -> bool:
    return "uri" in row and isinstance(_words_of(row).get("text"), str)


def _text(own: Record) -> str | None:
    """What was written; of a post of pictures or a link alone their descriptions."""
    embed = answer.inner(own, "embed")
    described = [answer.text(picture, "alt") for picture in objects(embed.get("images"))]
    described.append(answer.text(answer.inner(embed, "external"), "title"))
    return answer.text(own, "text") or "\n".join(each for each in described if each) or None


def _posted(own: Record, row: Record) -> object:
    """When it was written by the author's own clock, unless that is ahead of the network's or missing."""
    written, indexed = own.get("createdAt"), row.get("indexedAt")
    own_time, network_time = values.when(written)[0], values.when(indexed)[0]
    if (
        isinstance(own_time, datetime)
        and isinstance(network_time, datetime)
        and own_time.tzinfo
        and network_time.tzinfo
    ):
        return indexed if network_time < own_time else written
    return indexed if own_time is None else written


def _review(row: Record, page: RawPage) -> ParsedReview:
    own, author = _words_of(row), answer.inner(row, "author")
    languages: Any = own.get("langs")
    handle = answer.text(author, "handle")
    address = _POST.match(str(row.get("uri")))
    return answer.review(
        page,
        source_review_id=answer.identifier(row.get("uri")),
        posted=_posted(own, row),
        language=next((each for each in languages if isinstance(each, str)), None)
        if isinstance(languages, list)
        else None,
        words=_text(own),
        url=f"https://bsky.app/profile/{handle or address.group(1)}/post/{address.group(2)}" if address else None,
        author=handle or answer.text(author, "did") or (address.group(1) if address else None),
        extra=answer.only(row, _COUNTS),
    )
