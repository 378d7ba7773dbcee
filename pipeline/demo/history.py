"""The world's past as one CSV, in the values that the live pages show, so that both give the same reviews."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING

from pipeline.demo import pages, payloads
from pipeline.demo.firms import SITES
from pipeline.demo.opinion import BERLIN, Opinion, end_of_day

if TYPE_CHECKING:
    from pipeline.demo.world import World

COLUMNS = (
    "source", "entity", "location", "review_id", "rating", "best", "worst", "posted_at", "language", "title", "text",
    "author", "url", "reply", "reply_at",
)  # fmt: skip
_KIND = {site.name: site.kind for site in SITES}


def history_rows(world: World, until: date) -> Iterator[dict[str, str]]:
    """The reviews posted before the business day `until`, oldest first, as the sites show them on its eve."""
    moment = end_of_day(until - timedelta(days=1))
    for opinion in world.reviews:
        shown = opinion.as_of(moment)
        if shown is not None:
            yield _row(shown)


def history_csv(world: World, until: date) -> bytes:
    """The rows of `history_rows` as UTF-8 CSV with a header."""
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, COLUMNS)
    writer.writeheader()
    writer.writerows(history_rows(world, until))
    return buffer.getvalue().encode()


def _row(opinion: Opinion) -> dict[str, str]:
    kind = _KIND[opinion.source]
    local = opinion.posted_at.astimezone(BERLIN)
    rating, best, worst = str(opinion.stars), "5", "1"
    if kind == "portal_b":
        rating, best, worst = f"{pages.points(opinion):g}", "10", "0"
    elif kind == "store":
        rating, best, worst = str(int(opinion.voted_up)), "1", "0"
    own_id = {"store": str(opinion.number), "feed": payloads.feed_id(opinion), "export": payloads.export_id(opinion)}
    return {
        "source": opinion.source,
        "entity": opinion.entity,
        "location": opinion.location or "",
        "review_id": own_id.get(kind, ""),
        "rating": rating,
        "best": best,
        "worst": worst,
        "posted_at": local.date().isoformat() if kind == "portal_b" else local.isoformat(),
        # The second portal and the feed do not say which language a review is in.
        "language": "" if kind in {"portal_b", "feed"} else opinion.language,
        "title": opinion.title or "",
        "text": opinion.text or "",
        "author": opinion.author,
        "url": "",
        "reply": opinion.reply or "",
        "reply_at": opinion.reply_at.astimezone(BERLIN).isoformat() if opinion.reply_at else "",
    }
