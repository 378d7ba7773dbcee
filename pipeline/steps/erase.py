"""Forgets a review or an author in every layer: `leumund erase`."""

from __future__ import annotations

import uuid
from typing import Any

from pipeline import landing
from pipeline.steps import workplace
from pipeline.steps.publish import build_marts, check_marts, publish_files
from pipeline.steps.quotes import withdraw_quotes
from pipeline.warehouse import privacy


def erase_reviews(review_key: str | None, author_key: str | None, url: str | None) -> dict[str, Any]:
    """A receipt: what was erased from which layer. Tombstones keep a later fetch from bringing it back.

    Raw pages that held one of the reviews are deleted whole: a page cannot be kept in part. Counts of past weeks stay.
    """
    settings = workplace.current()
    with workplace.warehouse(settings) as con:
        erased = privacy.erase(con, review_key=review_key, author_key=author_key, url=url)
        quotes = withdraw_quotes(con, settings)
    pages = sum(landing.delete(settings.raw_dir, ref) for ref in erased.raw_refs)
    reports = 0
    if erased.review_keys:
        build_marts()
        check_marts()
        publish_files()
        # A weekly page may quote the review; it is rendered again from what is left when next asked for.
        for path in settings.reports_dir.glob("*/*/*"):
            path.unlink()
            reports += 1
    return {
        "receipt": uuid.uuid4().hex,
        "erased_at": workplace.now().isoformat(timespec="seconds"),
        "reviews": len(erased.review_keys),
        "versions": erased.versions,
        "scores": erased.scores,
        "raw_pages": pages,
        "reports_withdrawn": reports,
        "quotes_withdrawn": quotes,
        "review_keys": sorted(erased.review_keys),
    }
