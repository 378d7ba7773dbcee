"""Parses again the pages that were set aside, once their parser was mended: `leumund reparse`."""

from __future__ import annotations

import shutil
from datetime import datetime

from pipeline import landing
from pipeline.errors import BadInput
from pipeline.review import RawPage
from pipeline.settings import Settings, SubscriptionSettings
from pipeline.sources.address import host_of
from pipeline.steps import workplace
from pipeline.steps.collect import prepare_page
from pipeline.steps.ingest import run_folder
from pipeline.warehouse import copies, load, staging


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
    if counts["reviews"]:
        with workplace.warehouse(settings) as con:
            copies.note(con)
    shutil.rmtree(folder)
    return counts


def _subscription_of(settings: Settings, page: RawPage) -> SubscriptionSettings:
    """The subscription a raw page came from; one made from the page itself where the settings no longer name it.

    Of several for the same entity the one whose address lies on the page's host: two sites may be read by one source.
    """
    alike = [
        known
        for known in settings.subscription
        if (known.source, known.entity, known.location) == (page.source, page.entity, page.location)
    ]
    for known in alike:
        if known.url and host_of(known.url) == host_of(page.url):
            return known
    if alike:
        return alike[0]
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
