"""How far a source pages in one run: bounded, and said where the bound or the site cut it short."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.errors import SourceCut
from pipeline.sources.source import Subscription


def turns(subscription: Subscription, default: int) -> Iterator[int]:
    """0, 1, 2 ...: one for each page that may be asked for; the option `max_pages` replaces the default.

    A `fetch` loops over it and returns when the site or the window has no more.

    Raises:
        SourceCut: it wants one page more than allowed.
    """
    pages = max(1, int(subscription.number("max_pages", default)))
    yield from range(pages)
    raise SourceCut(
        f"stopped after {pages} pages, older reviews were not read",
        where=subscription.name,
        remedy="Raise the option max_pages",
    )


def repeated(subscription: Subscription) -> SourceCut:
    """The error of a site whose next page is one that was read already."""
    return SourceCut(
        "the site repeats its pages, older reviews were not read",
        where=subscription.name,
        remedy="Look at the site; the next run tries again",
    )
