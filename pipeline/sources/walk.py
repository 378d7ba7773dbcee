"""Walks an API page by page back to the start of the window, and says so where it cannot get there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from urllib.parse import urljoin, urlsplit

from pipeline.errors import BadInput, SourceBlocked
from pipeline.review import ParsedReview, RawPage
from pipeline.sources.paging import repeated, turns
from pipeline.sources.source import Subscription

DEFAULT_PAGES = 200


def walk(
    subscription: Subscription,
    since: datetime,
    ask: Callable[[str | None], RawPage | None],
    parse: Callable[[RawPage], list[ParsedReview]],
    following: Callable[[RawPage, str | None], str | None],
    *,
    is_newest_first: bool = True,
) -> Iterator[RawPage]:
    """Pages until the site ends, or one is wholly older than `since`.

    An empty page is not the end: only the site's own word is. A page that cannot be parsed ends the walk and is set
    aside by the step.

    Args:
        subscription: Its option `max_pages` bounds the walk.
        since: The start of the window; the later of writing and editing counts.
        ask: The page of a cursor (None is the first); None where the site says "not modified".
        parse: The source's own.
        following: The cursor after a page and its own cursor; None at the end.
        is_newest_first: Whether an old page means that only older ones follow.

    Raises:
        BadInput: a page that holds reviews does not say what follows it.
        SourceCut: a cursor came twice, a page thrice, or `max_pages` did not suffice: it is not complete.
    """
    cursors: set[str | None] = {None}
    shown: Counter[frozenset[str]] = Counter()
    cursor: str | None = None
    for _ in turns(subscription, DEFAULT_PAGES):
        page = ask(cursor)
        if page is None:
            return
        yield page
        try:
            reviews = parse(page)
        except BadInput:
            return  # the step sets the page aside
        after = following(page, cursor)
        if after is None or (is_newest_first and is_past(reviews, since)):
            return
        identifiers = frozenset(review.source_review_id for review in reviews if review.source_review_id)
        shown[identifiers] += 1
        # Once more is no fault: what was on a short page may have moved to the next one meanwhile.
        if after in cursors or (identifiers and shown[identifiers] > 2):
            raise repeated(subscription)
        cursors.add(after)
        cursor = after


def is_past(reviews: list[ParsedReview], since: datetime) -> bool:
    """Whether every dated review was written and last edited before the day of `since`."""
    days = [
        max(_day(moment) for moment in (review.posted_at, review.edited_at) if moment is not None)
        for review in reviews
        if review.posted_at is not None or review.edited_at is not None
    ]
    return bool(days) and max(days) < since.date()


def _day(value: datetime | date) -> date:
    if not isinstance(value, datetime):
        return value
    try:
        return value.astimezone(UTC).date() if value.tzinfo else value.date()
    except OverflowError:
        return value.date()


def next_number(cursor: str | None) -> str:
    """The number after a page's; the first page has none or 1."""
    return str(int(cursor or 1) + 1)


def next_link(page: RawPage, link: object) -> str | None:
    """The address of the next page as the answer names it; None where it names none.

    Raises:
        SourceBlocked: it leads to another host, which would be given the credentials.
    """
    if not isinstance(link, str) or not link.strip():
        return None
    try:
        target = urljoin(page.url, link)
        is_same = urlsplit(target)[:2] == urlsplit(page.url)[:2]
    except ValueError:
        is_same = False
    if not is_same:
        raise SourceBlocked(
            "the next page lies on another host", where=page.url, remedy="Set base_url to the host the site uses now"
        )
    return target
