"""Mentions on Reddit by its API, with an application's credentials: posts and comments, without a rating.

Contract (https://www.reddit.com/dev/api): a token from https://www.reddit.com/api/v1/access_token (client credentials),
then https://oauth.reddit.com/search, /r/<sub>/search, /r/<sub>/new or /r/<sub>/comments with `limit` <= 100 and
`after`; 100 requests a minute. A listing shows its newest 1,000 and no more. The application needs Reddit's approval.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from pipeline.errors import PageChanged, SourceCut, UsageError
from pipeline.review import ParsedReview, RawPage
from pipeline.sources import answer, values
from pipeline.sources.access_token import AccessToken, basic
from pipeline.sources.choice import choice
from pipeline.sources.client import Client
from pipeline.sources.records import Record, loaded
from pipeline.sources.secrets import secret
from pipeline.sources.source import Subscription, Window
from pipeline.sources.walk import is_past, walk

BASE_URL = "https://oauth.reddit.com"
TOKEN_URL = "https://www.reddit.com/api/v1/access_token"  # noqa: S105 - an address, no secret
PAGE_SIZE = 100
LISTED = 1_000
_EXTRA = ("score", "upvote_ratio", "num_comments", "subreddit", "link_flair_text", "parent_id", "link_id", "over_18")
_GONE = frozenset(("[deleted]", "[removed]"))
_MAX_DEPTH = 60


class Reddit:
    """Source `reddit`; options `query`, `subreddit`, `collect` ("posts" or "comments"), `base_url`, `token_url`.

    Secrets `client_id`, `client_secret`.
    """

    name = "reddit"

    def fetch(self, subscription: Subscription, window: Window, client: Client) -> Iterator[RawPage]:
        """Pages of posts or comments, newest first, until they are older than the window.

        Raises:
            SourceCut: the listing ended at its limit before the window's start.
        """
        url, fixed = _listing(subscription)
        form = {"grant_type": "client_credentials"}
        credentials = basic(secret(subscription, "client_id"), secret(subscription, "client_secret"))
        token_url = subscription.options.get("token_url", TOKEN_URL)
        token = AccessToken(
            lambda: client.post(token_url, subscription, data=form, headers=credentials), life=timedelta(minutes=50)
        )

        def ask(cursor: str | None) -> RawPage | None:
            params = fixed | {"limit": str(PAGE_SIZE), "raw_json": "1"} | ({"after": cursor} if cursor else {})
            return client.get(url, subscription, params=params, headers=token.header())

        shown = 0

        def following(page: RawPage, _cursor: str | None) -> str | None:
            nonlocal shown
            shown += len(_children(page))
            after = _after(page)
            if after is None and shown >= LISTED - PAGE_SIZE and not is_past(self.parse(page), window.since):
                raise SourceCut(
                    f"the listing ends after {shown}, older ones were not read", where=subscription.name,
                    remedy="What came is kept; narrow the query or collect more often",
                )  # fmt: skip
            return after

        yield from walk(subscription, window.since, ask, self.parse, following)

    def parse(self, page: RawPage) -> list[ParsedReview]:
        """The posts and comments of a listing, or of a post's page with its answers; what was deleted is left out.

        Raises:
            PageChanged: it is not a listing of Reddit.
        """
        found = loaded(page)
        things = _things(found, 0)
        if things is None:
            code = answer.identifier(found.get("error")) if isinstance(found, dict) else None
            raise PageChanged(
                f"no listing of Reddit{f' (error {code[:5]})' if code else ''}", where=page.url,
                remedy="Check query and subreddit, and that the application is approved",
            )  # fmt: skip
        reviews = (_review(kind, row, page) for kind, row in things)
        return [review for review in reviews if review is not None]


def _listing(subscription: Subscription) -> tuple[str, dict[str, str]]:
    """The address to ask and what to ask for."""
    options = subscription.options
    root, sub, query = options.get("base_url", BASE_URL).rstrip("/"), options.get("subreddit"), options.get("query")
    sub = sub.strip("/").removeprefix("r/") if sub else None
    if choice(subscription, "collect", "posts", "comments") == "comments":
        if not sub:
            raise UsageError(
                "no subreddit",
                where=subscription.name,
                remedy='Comments are listed by subreddit: add subreddit = "..."',
            )
        return f"{root}/r/{sub}/comments", {}
    if sub and not query:
        return f"{root}/r/{sub}/new", {}
    if not query:
        raise UsageError("no query and no subreddit", where=subscription.name, remedy='Add options = { query = "..." }')
    where = f"{root}/r/{sub}/search" if sub else f"{root}/search"
    return where, {"q": query, "sort": "new", "t": "all", "type": "link"} | ({"restrict_sr": "1"} if sub else {})


def _after(page: RawPage) -> str | None:
    found = answer.loaded(page)
    return answer.text(answer.inner(found, "data"), "after") if isinstance(found, dict) else None


def _children(page: RawPage) -> list[Any]:
    found = loaded(page)
    children = answer.inner(found, "data").get("children") if isinstance(found, dict) else None
    return children if isinstance(children, list) else []


def _things(value: Any, depth: int) -> list[tuple[str, Record]] | None:
    """Posts (t3) and comments (t1) with those that answer them, in document order; None where there is no listing."""
    if depth > _MAX_DEPTH:
        return []
    if isinstance(value, list):
        found = [each for each in (_things(each, depth + 1) for each in value) if each is not None]
        return [thing for things in found for thing in things] if found or not value else None
    if not isinstance(value, dict):
        return None
    row, kind = answer.inner(value, "data"), value.get("kind")
    if kind is None and ("json" in value or isinstance(value.get("data"), list)):  # more comments, or an archive's list
        return _things(answer.inner(answer.inner(value, "json"), "data").get("things", value.get("data")), depth + 1)
    if kind == "Listing" or (kind is None and isinstance(row.get("children"), list)):
        return _things(row.get("children") or [], depth + 1) or []
    if kind == "more":
        return []
    if kind in ("t1", "t3"):
        return [(str(kind), row), *(_things(row.get("replies"), depth + 1) or [])]
    is_bare = "created_utc" in value and ("title" in value or "body" in value)
    return [("t3" if "title" in value else "t1", value)] if is_bare else None


def _review(kind: str, row: Record, page: RawPage) -> ParsedReview | None:
    words = answer.text(row, "selftext", "body")
    words = None if (words or "").strip() in _GONE else words
    headline = answer.text(row, "title")
    headline = None if (headline or "").strip() in _GONE or kind == "t1" else headline
    if not (words or headline):
        return None
    author, link = answer.text(row, "author"), answer.text(row, "permalink")
    number = answer.identifier(row.get("id"))
    edited = row.get("edited")
    return answer.review(
        page,
        source_review_id=answer.text(row, "name") or (f"{kind}_{number}" if number else None),
        posted=values.number(row.get("created_utc")),
        edited=edited if isinstance(edited, int | float) and not isinstance(edited, bool) else None,
        title=headline if words else None,
        words=words or headline,  # a post without a text of its own says what it says in its headline
        url=f"https://www.reddit.com{link}" if link and link.startswith("/") else link,
        author=None if author in _GONE else author,
        extra=answer.only(row, _EXTRA),
    )
