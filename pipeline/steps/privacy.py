"""Retention and erasure: the steps of `keep_privacy`, and `leumund erase`."""

from __future__ import annotations

from datetime import timedelta

from pipeline import landing, progress
from pipeline.steps import workplace
from pipeline.steps.quotes import withdraw_quotes
from pipeline.warehouse import privacy


@progress.step
def purge_raw() -> dict[str, int]:
    """How many raw pages past their days were deleted."""
    settings = workplace.current()
    before = workplace.now() - timedelta(days=settings.privacy.raw_days)
    return {"pages": landing.purge(settings.raw_dir, before)}


@progress.step
def purge_texts() -> dict[str, int]:
    """How many review versions lost their text: kept past their months, or removed by their site days ago.

    What quotes them in an incident goes with them. Stars, labels and counts stay, so past figures do not move.
    """
    settings = workplace.current()
    now = workplace.now()
    with workplace.warehouse(settings) as con:
        expired = privacy.blank_texts_seen_before(con, now - timedelta(days=30 * settings.privacy.text_months))
        removed = privacy.blank_texts_removed_before(con, now - timedelta(days=settings.privacy.removed_text_days))
        return {"expired": expired, "removed": removed, "quotes": withdraw_quotes(con, settings)}
