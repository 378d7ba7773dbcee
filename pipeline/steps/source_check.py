"""Looks at one subscription without loading, takes one away, and parses again what was set aside."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline import landing, sources
from pipeline import settings as settings_room
from pipeline.errors import BadInput, UsageError
from pipeline.review import RawPage
from pipeline.settings import Settings, SubscriptionSettings
from pipeline.sources.client import Client
from pipeline.sources.source import Window
from pipeline.steps import file_page, workplace
from pipeline.steps.collect import prepare_page
from pipeline.steps.ingest import run_folder
from pipeline.warehouse import load, privacy, staging

WEEK = timedelta(days=7)


@dataclass(frozen=True)
class SourceCheck:
    """What one polite look found; `newest` is the latest posting time on the first page."""

    pages: int
    reviews: int
    with_text: int
    with_stars: int
    newest: str | None
    notes: tuple[str, ...]


def check_source(name: str) -> SourceCheck:
    """What the first page of a subscription holds; robots.txt and permission are judged as in a run.

    Raises:
        UsageError: no subscription has that name.
        SourceError: refused or unreachable.
        BadInput: the page is not what the source sends.
    """
    settings = workplace.current()
    subscription = _named(settings, name).to_subscription()
    now = workplace.now()
    client = Client(state_dir=settings.client_dir / "check", contact=settings.contact)
    source = sources.get(subscription.source, subscription.options)
    page = next(iter(source.fetch(subscription, Window(start=now - WEEK, end=now, since=now - WEEK), client)), None)
    if page is None:
        return SourceCheck(0, 0, 0, 0, None, ("nothing came",))
    found = file_page.parse(source, page).reviews
    dated = [review.posted_at.isoformat() for review in found if review.posted_at is not None]
    notes = [] if settings.contact else ["no contact in the settings: sites cannot reach you"]
    if found and len(dated) < len(found):
        notes.append(f"{len(found) - len(dated)} of {len(found)} reviews carry no date; they count in no week")
    if found and not any(review.source_review_id for review in found):
        notes.append("the site gives no review ids; reviews are told apart by author and date")
    return SourceCheck(
        pages=1,
        reviews=len(found),
        with_text=sum(bool(review.text) for review in found),
        with_stars=sum(review.rating is not None for review in found),
        newest=max(dated, default=None),
        notes=tuple(notes),
    )


def _named(settings: Settings, name: str) -> SubscriptionSettings:
    for subscription in settings.subscription:
        if subscription.name == name:
            return subscription
    known = ", ".join(each.name for each in settings.subscription) or "none"
    raise UsageError(f"no subscription {name!r}", remedy=f"Known: {known}")


def remove_source(name: str, keep_history: bool) -> int:
    """How many reviews were erased with the subscription; its block leaves the settings file.

    Raises:
        UsageError: no subscription has that name, or the file holds it in a form we do not edit.
    """
    settings = workplace.current()
    subscription = _named(settings, name)
    path = settings_room.config_path()
    text = path.read_text(encoding="utf-8") if path else ""
    block = re.compile(
        r"^\[\[subscription\]\]\n(?:(?!^\[\[).*\n?)*?^name\s*=\s*([\"'])" + re.escape(name) + r"\1(?:(?!^\[\[).*\n?)*",
        re.M,
    )
    if path is None or not block.search(text):
        raise UsageError(
            f"{name!r} stands in no [[subscription]] block", where=str(path), remedy="Edit the file by hand"
        )
    erased = 0
    if not keep_history:
        with workplace.warehouse(settings) as con:
            erased = privacy.erase_subscription(con, subscription.source, subscription.entity, subscription.location)
    path.write_text(block.sub("", text, count=1), encoding="utf-8")
    return erased


def reparse_pages() -> dict[str, int]:
    """Counts of pages set aside that were parsed again: mended, still set aside, and the reviews they gave."""
    settings = workplace.current()
    counts = {"pages": 0, "mended": 0, "still": 0, "reviews": 0}
    run_id = f"reparse-{workplace.now():%Y%m%dT%H%M%S}"
    folder = run_folder(settings, run_id)
    for number, entry in enumerate(landing.list_set_aside(settings.raw_dir)):
        counts["pages"] += 1
        started_at = workplace.now()
        try:
            page = landing.read(settings.raw_dir, entry.raw_ref)
            wanted = _subscription_of(settings, page)
            prepared = prepare_page(settings, page, entry.raw_ref, run_id, wanted)
        except BadInput:
            counts["still"] += 1
            continue
        path = folder / f"{number:06d}.jsonl.gz"
        staging.write_reviews(path, prepared.reviews)
        with workplace.warehouse(settings) as con:
            load.load_staged(con, [path], _run_of(run_id, wanted, started_at, len(prepared.reviews)))
        counts["reviews"] += len(prepared.reviews)
        if prepared.rejected:
            counts["still"] += 1
        else:
            counts["mended"] += 1
            landing.clear_set_aside(settings.raw_dir, entry.raw_ref)
    return counts


def _subscription_of(settings: Settings, page: RawPage) -> SubscriptionSettings:
    """The subscription a raw page came from; one made from the page itself where the settings no longer name it."""
    for known in settings.subscription:
        if (known.source, known.entity, known.location) == (page.source, page.entity, page.location):
            return known
    return SubscriptionSettings(
        name="reparse", source=page.source, entity=page.entity or "unknown", location=page.location
    )


def _run_of(run_id: str, wanted: SubscriptionSettings, started_at: datetime, parsed: int) -> staging.SourceRun:
    return staging.SourceRun(
        run_id=run_id,
        subscription="reparse",
        source=wanted.site_name,
        entity=wanted.entity,
        location=wanted.location,
        started_at=started_at,
        finished_at=workplace.now(),
        window_start=started_at,
        window_end=started_at,
        fetched=0,
        parsed=parsed,
        set_aside=0,
        source_total=None,
        status="ok",
        message=None,
        is_import=True,
    )
