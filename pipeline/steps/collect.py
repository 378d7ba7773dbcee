"""Collects one subscription: fetch, keep the raw page, parse, prepare, stage. Never touches the warehouse."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipeline import landing, sources
from pipeline.errors import BadInput, PipelineError, SourceBlocked, SourceCut, SourceError
from pipeline.review import RawPage, Review
from pipeline.settings import Settings, SubscriptionSettings
from pipeline.sources import file as file_source
from pipeline.sources.address import host_of
from pipeline.sources.client import Client
from pipeline.sources.extent import Extent
from pipeline.sources.source import CountsReviews, ListsNewestFirst, Window
from pipeline.steps import file_page, workplace
from pipeline.text import prepare
from pipeline.warehouse import staging
from pipeline.warehouse.sightings import Suspect
from pipeline.warehouse.staging import SourceRun

log = logging.getLogger(__name__)

_REPEATS = 2  # pages in a row without a review that this fetch had not shown before


@dataclass
class _Tally:
    window: Window
    fetched: int = 0
    source_total: int | None = None
    parsed: int = 0
    set_aside: int = 0
    messages: list[str] = field(default_factory=list)
    pages: list[RawPage] = field(default_factory=list)
    fault: PipelineError | None = None
    extent: Extent = field(default_factory=Extent)
    stale_pages: int = 0

    @property
    def is_cut(self) -> bool:
        """Whether there was more to read: a bound of ours, or a site that repeats its pages."""
        return isinstance(self.fault, SourceCut)

    @property
    def status(self) -> str:
        """How the run ended; a page set aside makes it partial, and so does a cut before the window was read."""
        if self.fault is not None and not self.is_cut:
            return "blocked" if isinstance(self.fault, SourceBlocked) else "failed"
        if self.set_aside or (self.is_cut and not self.window.is_whole):
            return "partial"
        return "ok" if self.fetched else "not_modified"


def make_client(settings: Settings, window: Window) -> Client:
    """The polite client of a run; a whole reading takes no "not modified" for an answer to its later pages."""
    fetch = settings.fetch
    return Client(
        state_dir=settings.client_dir,
        contact=settings.contact,
        interval_s=fetch.interval_s,
        patience_s=fetch.patience_s,
        retries=fetch.retries,
        backoff_s=fetch.backoff_s,
        is_conditional=not window.is_whole,
        max_seconds=60 * fetch.max_minutes,
    )


def collect(
    settings: Settings,
    wanted: SubscriptionSettings,
    window: Window,
    run_id: str,
    folder: Path,
    suspects: Sequence[Suspect] = (),
) -> SourceRun:
    """What became of one subscription's fetch; its reviews lie staged in `folder`, its raw pages in the landing.

    A source that fails is recorded, not raised: the other subscriptions go on and `judge_coverage` turns red. What was
    read before the failure is kept. Validators for conditional requests are confirmed last, so that a killed fetch
    reads the pages again. `suspects` are reviews that were missing last time: their own pages are asked whether they
    are gone.
    """
    subscription = wanted.to_subscription()
    client = make_client(settings, window)
    tally = _Tally(window)
    started_at = workplace.now()
    path = folder / f"{subscription.name}.jsonl.gz"
    staging.write_reviews(path, _reviews(settings, wanted, run_id, client, tally))
    is_clean = tally.status == "ok" and client.unchanged == 0 and not file_source.is_local(subscription)
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
        is_whole=window.is_whole,
        covered_from=tally.extent.covered_from(tally.source_total) if is_clean else None,
        gone=_gone(wanted, client, tally, suspects),
    )
    staging.write_run(folder / f"{subscription.name}.run.json", run, path)
    for page in tally.pages:
        client.confirm(page)
    return run


def _reviews(
    settings: Settings, wanted: SubscriptionSettings, run_id: str, client: Client, tally: _Tally
) -> Iterator[Review]:
    """The reviews of all pages; a fault of the source ends them and is noted, what came before it stays."""
    try:
        source = sources.get(wanted.source, wanted.options)
        tally.extent.is_declared = isinstance(source, ListsNewestFirst) and source.newest_first
        for page in source.fetch(wanted.to_subscription(), tally.window, client):
            tally.fetched += 1
            raw_ref = landing.write(settings.raw_dir, page)
            try:
                found = _page_reviews(settings, wanted, page, raw_ref, run_id, tally)
                if tally.source_total is None and isinstance(source, CountsReviews):
                    tally.source_total = source.total(page)
                # A page set aside is not confirmed: answered with "not modified" its fault would be forgotten.
                tally.pages.append(page)
            except BadInput as error:
                landing.set_aside(settings.raw_dir, raw_ref, str(error))
                tally.set_aside += 1
                tally.messages.append(str(error))
                continue
            yield from found
            _refuse_repeats(wanted, found, tally)
    except PipelineError as error:
        tally.fault = error
        tally.messages.append(str(error))
    except Exception as error:  # one source's own fault must not cost the others of its batch
        log.exception("%s: the collector failed", wanted.name)
        tally.fault = PipelineError(
            f"the collector failed ({type(error).__name__})", where=wanted.name, remedy="Report it; the log has more"
        )
        tally.messages.append(str(tally.fault))


def _page_reviews(
    settings: Settings, wanted: SubscriptionSettings, page: RawPage, raw_ref: str, run_id: str, tally: _Tally
) -> list[Review]:
    prepared = prepare_page(settings, page, raw_ref, run_id, wanted)
    tally.parsed += len(prepared.reviews) + len(prepared.rejected)
    if prepared.rejected:
        reasons = "; ".join(sorted({rejected.reason for rejected in prepared.rejected}))
        landing.set_aside(settings.raw_dir, raw_ref, f"{len(prepared.rejected)} reviews: {reasons}")
        tally.set_aside += len(prepared.rejected)
        tally.messages.append(f"{page.url}: {len(prepared.rejected)} reviews set aside: {reasons}")
    return prepared.reviews


def _refuse_repeats(wanted: SubscriptionSettings, found: Sequence[Review], tally: _Tally) -> None:
    """End a fetch whose pages bring only what earlier ones brought; its source would page on to its bound.

    The files of a folder are no pages of one list: exports that overlap bring the same reviews again.
    """
    fresh = tally.extent.add(found)
    if file_source.is_local(wanted.to_subscription()):
        return
    tally.stale_pages = 0 if fresh else tally.stale_pages + 1
    if tally.stale_pages >= _REPEATS:
        raise SourceCut(
            "the site repeats its pages, older reviews were not read",
            where=wanted.name,
            remedy="Look at the site; the next run tries again",
        )


def _gone(wanted: SubscriptionSettings, client: Client, tally: _Tally, suspects: Sequence[Suspect]) -> tuple[str, ...]:
    """The suspects whose own page says 404 or 410; only the site itself is asked, and only after it answered well."""
    if tally.fault is not None or not tally.fetched:
        return ()
    subscription = wanted.to_subscription()
    hosts = {host_of(page.url) for page in tally.pages} | ({host_of(wanted.url)} if wanted.url else set())
    found = []
    for suspect in suspects:
        if host_of(suspect.url) not in hosts:
            continue
        try:
            if client.is_gone(suspect.url, subscription):
                found.append(suspect.review_key)
        except SourceError as error:  # not the question of this run: its own pages were read
            log.info("%s: own page of a review not read: %s", wanted.name, type(error).__name__)
    return tuple(found)


def prepare_page(
    settings: Settings, page: RawPage, raw_ref: str, run_id: str, wanted: SubscriptionSettings
) -> prepare.Prepared:
    """The reviews of one raw page, cleaned, masked and keyed, under the name of their site.

    Raises:
        BadInput: the page is not what its source sends.
    """
    try:
        parsed = file_page.parse(sources.get(page.source, wanted.options), page)
    except PipelineError:
        raise
    except RecursionError as error:
        raise BadInput("nested too deep", where=page.url, remedy="No site needs that; look at the page") from error
    except Exception as error:  # a parser's own fault must cost one page, which waits for the mended one
        raise BadInput(
            f"the parser failed ({type(error).__name__})", where=page.url, remedy="Report it; then `leumund reparse`"
        ) from error
    # A site calls its entity as it likes; a column that the subscription itself names says what the operator means.
    is_named = f"{file_source.MAP}entity" in wanted.options
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
