"""Looks at subscriptions without loading anything: `leumund source check` and `leumund source list`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pipeline import sources
from pipeline.errors import UsageError
from pipeline.review import ParsedReview, RawPage
from pipeline.settings import Settings, SubscriptionSettings
from pipeline.sources.client import Client
from pipeline.sources.extent import EVERYTHING
from pipeline.sources.source import CountsReviews, Source, Subscription, Window
from pipeline.sources.values import number
from pipeline.steps import file_page, workplace
from pipeline.steps.collect import make_client
from pipeline.warehouse import read


@dataclass(frozen=True)
class FullCollection:
    """What reading all that the source shows would take; None where the source does not say how much there is."""

    reviews: int | None
    requests: int | None
    seconds_apart: float

    @property
    def hours(self) -> float | None:
        """How long that takes at the polite rate."""
        return None if self.requests is None else self.requests * self.seconds_apart / 3600


@dataclass(frozen=True)
class SourceCheck:
    """What one polite look found; `newest` is the latest posting time on the first page."""

    pages: int
    reviews: int
    with_text: int
    with_stars: int
    newest: str | None
    robots: str
    permission: str
    full: FullCollection
    notes: tuple[str, ...]


@dataclass(frozen=True)
class SourceState:
    """A subscription as `leumund source list` shows it; `last_run` and `status` are None before the first run."""

    subscription: SubscriptionSettings
    last_run: datetime | None
    status: str | None
    message: str | None


def check_source(name: str) -> SourceCheck:
    """What the first page of a subscription holds; robots.txt, pace and permission are those of a run.

    Raises:
        UsageError: no subscription has that name.
        SourceError: refused or unreachable.
        BadInput: the page is not what the source sends.
    """
    settings = workplace.current()
    wanted = named(settings, name)
    subscription = wanted.to_subscription()
    now = workplace.now()
    window = Window(start=now - timedelta(days=7), end=now, since=EVERYTHING, is_whole=True)
    client = make_client(settings, window)
    source = sources.get(subscription.source, subscription.options)
    page = next(iter(source.fetch(subscription, window, client)), None)
    found = file_page.parse(source, page).reviews if page is not None else []
    dated = [review.posted_at.isoformat() for review in found if review.posted_at is not None]
    return SourceCheck(
        pages=int(page is not None),
        reviews=len(found),
        with_text=sum(bool(review.text) for review in found),
        with_stars=sum(review.rating is not None for review in found),
        newest=max(dated, default=None),
        robots=_robots(page, client),
        permission=_permission(wanted),
        full=_full(page, found, source, subscription, client),
        notes=tuple(_notes(settings, page, found, len(dated))),
    )


def list_states() -> list[SourceState]:
    """Every subscription of the settings with the end of its last run."""
    settings = workplace.current()
    runs = {}
    if settings.warehouse_path.exists():
        with workplace.warehouse(settings) as con:
            runs = {run.subscription: run for run in read.latest_runs(con)}
    found = []
    for each in settings.subscription:
        run = runs.get(each.name)
        found.append(
            SourceState(
                each, run.finished_at if run else None, run.status if run else None, run.message if run else None
            )
        )
    return found


def named(settings: Settings, name: str) -> SubscriptionSettings:
    """The subscription of that name.

    Raises:
        UsageError: there is none.
    """
    for subscription in settings.subscription:
        if subscription.name == name:
            return subscription
    known = ", ".join(each.name for each in settings.subscription) or "none"
    raise UsageError(f"no subscription {name!r}", remedy=f"Known: {known}")


def _robots(page: RawPage | None, client: Client) -> str:
    if page is None or not page.url.startswith("http"):
        return "not asked: no web address"
    delay = client.crawl_delay_s(page.url)
    if delay is None:
        return "not asked: your credentials let us in, it speaks to crawlers"
    return f"allows it, {delay:g} s between requests" if delay else "allows it"


def _permission(wanted: SubscriptionSettings) -> str:
    given = wanted.permission
    if given is None:
        return "NONE: refused"
    note = f" ({given.note})" if given.note else ""
    return f"{given.basis}, by {given.granted_by} on {given.granted_on}{note}; the site's terms are yours to keep"


def _full(
    page: RawPage | None, found: Sequence[ParsedReview], source: Source, subscription: Subscription, client: Client
) -> FullCollection:
    pause_s = client.pause_s(page.url, subscription) if page is not None else client.interval_s
    total = source.total(page) if page is not None and isinstance(source, CountsReviews) else None
    total = total if total is not None else _counted_by_page(found)
    requests = math.ceil(total / len(found)) if total and found else None
    return FullCollection(total, requests, pause_s)


def _counted_by_page(found: Sequence[ParsedReview]) -> int | None:
    """The count that a page's own AggregateRating gives, where there is just one."""
    aggregates = found[0].extra.get("aggregates") if found else None
    if not isinstance(aggregates, list) or len(aggregates) != 1:
        return None
    entry = aggregates[0]
    count = number(entry.get("reviewCount") or entry.get("ratingCount")) if isinstance(entry, dict) else None
    return int(count) if count else None


def _notes(settings: Settings, page: RawPage | None, found: Sequence[ParsedReview], dated: int) -> list[str]:
    notes = []
    if page is None:
        notes.append("nothing came")
    if not settings.contact:
        notes.append("no contact in the settings: sites cannot reach you")
    if found and dated < len(found):
        notes.append(f"{len(found) - dated} of {len(found)} reviews carry no date; they count in no week")
    if found and not any(review.source_review_id for review in found):
        notes.append("the site gives no review ids; reviews are told apart by author and date")
    newest = max(
        (review.posted_at for review in found if isinstance(review.posted_at, datetime)), key=_utc, default=None
    )
    if newest is not None and workplace.now() - _utc(newest) > timedelta(days=365):
        notes.append("the newest review is more than a year old: is the listing in another order?")
    return notes


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
