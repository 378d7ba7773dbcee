"""Collects one subscription: fetch, keep the raw page, parse, prepare, stage. Never touches the warehouse."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipeline import landing, sources
from pipeline.errors import BadInput, PipelineError, SourceBlocked
from pipeline.review import RawPage, Review
from pipeline.settings import Settings, SubscriptionSettings
from pipeline.sources.client import Client
from pipeline.sources.file import MAP
from pipeline.sources.source import CountsReviews, Window
from pipeline.steps import file_page, workplace
from pipeline.text import prepare
from pipeline.warehouse import staging
from pipeline.warehouse.staging import SourceRun

log = logging.getLogger(__name__)


@dataclass
class _Tally:
    fetched: int = 0
    source_total: int | None = None
    parsed: int = 0
    set_aside: int = 0
    messages: list[str] = field(default_factory=list)
    pages: list[RawPage] = field(default_factory=list)
    fault: PipelineError | None = None

    @property
    def status(self) -> str:
        """How the run ended; a page set aside makes it partial."""
        if self.fault is not None:
            return "blocked" if isinstance(self.fault, SourceBlocked) else "failed"
        if self.set_aside:
            return "partial"
        return "ok" if self.fetched else "not_modified"


def collect(settings: Settings, wanted: SubscriptionSettings, window: Window, run_id: str, folder: Path) -> SourceRun:
    """What became of one subscription's fetch; its reviews lie staged in `folder`, its raw pages in the landing.

    A source that fails is recorded, not raised: the other subscriptions go on and `judge_coverage` turns red. What was
    read before the failure is kept. Validators for conditional requests are confirmed last, so that a killed fetch
    reads the pages again.
    """
    subscription = wanted.to_subscription()
    client = Client(state_dir=settings.client_dir, contact=settings.contact)
    tally = _Tally()
    started_at = workplace.now()
    path = folder / f"{subscription.name}.jsonl.gz"
    staging.write_reviews(path, _reviews(settings, wanted, window, run_id, client, tally))
    run = SourceRun(
        run_id=run_id,
        subscription=subscription.name,
        source=wanted.site_name,
        entity=subscription.entity,
        location=subscription.location,
        started_at=started_at,
        finished_at=workplace.now(),
        window_start=window.start,
        window_end=window.end,
        fetched=tally.fetched,
        parsed=tally.parsed,
        set_aside=tally.set_aside,
        source_total=tally.source_total,
        status=tally.status,
        message="; ".join(tally.messages)[:2000] or None,
        is_import=False,
    )
    staging.write_run(folder / f"{subscription.name}.run.json", run, path)
    for page in tally.pages:
        client.confirm(page)
    return run


def _reviews(
    settings: Settings, wanted: SubscriptionSettings, window: Window, run_id: str, client: Client, tally: _Tally
) -> Iterator[Review]:
    """The reviews of all pages; a fault of the source ends them and is noted, what came before it stays."""
    try:
        source = sources.get(wanted.source)
        for page in source.fetch(wanted.to_subscription(), window, client):
            tally.fetched += 1
            raw_ref = landing.write(settings.raw_dir, page)
            try:
                yield from _page_reviews(settings, wanted, page, raw_ref, run_id, tally)
                if tally.source_total is None and isinstance(source, CountsReviews):
                    tally.source_total = source.total(page)
                # A page set aside is not confirmed: answered with "not modified" its fault would be forgotten.
                tally.pages.append(page)
            except BadInput as error:
                landing.set_aside(settings.raw_dir, raw_ref, str(error))
                tally.set_aside += 1
                tally.messages.append(str(error))
    except PipelineError as error:
        tally.fault = error
        tally.messages.append(str(error))


def _page_reviews(
    settings: Settings, wanted: SubscriptionSettings, page: RawPage, raw_ref: str, run_id: str, tally: _Tally
) -> Iterator[Review]:
    prepared = prepare_page(settings, page, raw_ref, run_id, wanted)
    tally.parsed += len(prepared.reviews) + len(prepared.rejected)
    if prepared.rejected:
        reasons = "; ".join(sorted({rejected.reason for rejected in prepared.rejected}))
        landing.set_aside(settings.raw_dir, raw_ref, f"{len(prepared.rejected)} reviews: {reasons}")
        tally.set_aside += len(prepared.rejected)
        tally.messages.append(f"{page.url}: {len(prepared.rejected)} reviews set aside: {reasons}")
    yield from prepared.reviews


def prepare_page(
    settings: Settings, page: RawPage, raw_ref: str, run_id: str, wanted: SubscriptionSettings
) -> prepare.Prepared:
    """The reviews of one raw page, cleaned, masked and keyed, under the name of their site.

    Raises:
        BadInput: the page is not what its source sends.
    """
    parsed = file_page.parse(sources.get(page.source, wanted.options), page)
    # A site calls its entity as it likes; a column that the subscription itself names says what the operator means.
    is_named = f"{MAP}entity" in wanted.options
    prepared = prepare.prepare(
        [
            replace(
                review,
                source=wanted.site_name,
                entity=review.entity if is_named and review.entity else wanted.entity,
            )
            for review in parsed.reviews
        ],
        seen_at=page.fetched_at,
        secret=settings.secret(),
        run_id=run_id,
        raw_ref=raw_ref,
        is_imported=False,
        entity=wanted.entity,
        location=wanted.location,
        time_zone=str(settings.entity_zone(wanted.entity)),
    )
    bad = [prepare.Rejected(len(parsed.reviews) + at, reason) for at, reason in enumerate(parsed.rejected)]
    return replace(prepared, rejected=[*prepared.rejected, *bad])
