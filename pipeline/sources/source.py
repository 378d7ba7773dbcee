"""What a source is: how it is fetched and parsed, what one subscription to it says, and by whose permission."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from pipeline.review import ParsedReview, RawPage

if TYPE_CHECKING:
    from pipeline.sources.client import Client


@dataclass(frozen=True)
class Permission:
    """Why a source may be fetched, who decided that, and when."""

    basis: str
    granted_by: str
    granted_on: date
    note: str = ""


@dataclass(frozen=True)
class Subscription:
    """One thing to collect. `options` are the source's own, such as `max_pages`, all as text."""

    name: str
    source: str
    entity: str
    url: str | None = None
    location: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    permission: Permission | None = None
    allow_private_hosts: bool = False
    language: str | None = None
    overlap_days: int = 3

    def number(self, option: str, default: float) -> float:
        """An option as a number; the default where it is missing or no number."""
        try:
            value = float(self.options.get(option, default))
        except ValueError:
            return default
        return value if math.isfinite(value) else default


@dataclass(frozen=True)
class Window:
    """What a run asks for, in UTC: the interval, and `since`, the point from which on everything is read again.

    `is_whole` says that all is asked for that the source still shows: the first collection, and now and then again.
    """

    start: datetime
    end: datetime
    since: datetime
    is_whole: bool = False


class Source(Protocol):
    """One site. `fetch` alone touches the network; `parse` is pure."""

    name: str

    def fetch(self, subscription: Subscription, window: Window, client: Client) -> Iterator[RawPage]:
        """Pages of the window, newest first where the site allows it.

        Raises:
            SourceError: refused, unreachable, or ended before it was complete.
        """
        ...

    def parse(self, page: RawPage) -> list[ParsedReview]:
        """The reviews of a page, in its order.

        Raises:
            BadInput: the payload is not what the source sends.
        """
        ...


@runtime_checkable
class ListsNewestFirst(Protocol):
    """A source that is asked for its reviews in the order of their time, so that what is missing in between is gone."""

    newest_first: bool


@runtime_checkable
class AsksByTime(Protocol):
    """A source that is asked for an interval: an empty answer is a quiet time there, and no fault."""

    asks_by_time: bool


@runtime_checkable
class CountsReviews(Protocol):
    """A source whose pages say how many reviews the site holds."""

    def total(self, page: RawPage) -> int | None:
        """The site's own count; None where this page does not give it."""
        ...


@runtime_checkable
class Configurable(Protocol):
    """A source whose `parse` goes by the subscription's options, such as declared selectors or a file's layout."""

    def configured(self, options: Mapping[str, str]) -> Source:
        """The same source with these options.

        Raises:
            UsageError: an option cannot be meant.
        """
        ...


def has_older(reviews: list[ParsedReview], since: datetime) -> bool:
    """Whether every dated review of a page is older than `since`, so that further pages hold nothing new."""
    dated = [review.posted_at for review in reviews if review.posted_at is not None]
    return bool(dated) and all(_day(posted) < since.date() for posted in dated)


def _day(value: datetime | date) -> date:
    return value.date() if isinstance(value, datetime) else value
