"""What the other three sites send: a store's paged JSON shaped like Steam's, an Atom feed, a CSV export."""

from __future__ import annotations

import base64
import binascii
import csv
import io
import json
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

from pipeline.demo.firms import PLANNER_APP_ID, Firm
from pipeline.demo.opinion import BERLIN, Opinion

FEED_LENGTH = 50
EXPORT_DAYS = 30
EXPORT_COLUMNS = (
    "Bewertungsnummer", "Filiale", "Sterne", "Datum", "Sprache", "Bewertungstext", "Name", "Antwort", "Antwort am",
)  # fmt: skip
_STORE_LANGUAGE = {
    "de": "german", "en": "english", "fr": "french", "es": "spanish", "pl": "polish", "tr": "turkish", "ja": "japanese",
}  # fmt: skip


def store_page(opinions: Sequence[Opinion], query: Mapping[str, str]) -> str:
    """One answer of GetAppReviews: newest first, a cursor to the next page, totals on the first page only."""
    if "input_json" in query:
        query = {key: str(value) for key, value in json.loads(query["input_json"]).items()}
    if query.get("appid") != str(PLANNER_APP_ID):
        opinions = ()
    start = _offset(query.get("cursor", "*"))
    size = min(100, max(1, int(query.get("num_per_page", "20"))))
    shown = opinions[start : start + size]
    summary: dict[str, object] = {"num_reviews": len(shown)}
    if start == 0:
        up = sum(opinion.voted_up for opinion in opinions)
        summary |= {"review_score": 6, "review_score_desc": "Mostly Positive", "total_positive": up}
        summary |= {"total_negative": len(opinions) - up, "total_reviews": len(opinions)}
    response: dict[str, object] = {"query_summary": summary}
    if shown:
        response["reviews"] = [_store_review(opinion) for opinion in shown]
    response["cursor"] = base64.b64encode(f"demo+{start + len(shown):06d}".encode()).decode()
    response["total_matching"] = len(opinions)
    return json.dumps({"response": response}, ensure_ascii=False)


def _offset(cursor: str) -> int:
    try:
        return 0 if cursor == "*" else int(base64.b64decode(cursor, validate=True).removeprefix(b"demo+"))
    except (binascii.Error, ValueError):
        return 10**9  # a cursor we never gave: like the real store, answer an empty page


def _store_review(opinion: Opinion) -> dict[str, object]:
    created = int(opinion.posted_at.timestamp())
    minutes = 60 + opinion.number % 9000
    found: dict[str, object] = {
        "recommendationid": str(opinion.number),
        "author": {
            "steamid": opinion.author,
            "num_reviews": 1 + opinion.number % 12,
            "playtime_forever": minutes + 30,
            "playtime_at_review": minutes,
            "last_played": created,
        },
        "language": _STORE_LANGUAGE[opinion.language],
        "review": opinion.text or "",
        "timestamp_created": created,
        "timestamp_updated": int((opinion.edited_at or opinion.posted_at).timestamp()),
        "voted_up": opinion.voted_up,
        "votes_up": opinion.number % 5,
        "votes_funny": 0,
        "weighted_vote_score": 0.5,
        "comment_count": 0,
        "steam_purchase": True,
        "received_for_free": False,
        "written_during_early_access": False,
        "primarily_steam_deck": False,
    }
    if opinion.reply and opinion.reply_at:
        found |= {"developer_response": opinion.reply, "timestamp_dev_responded": int(opinion.reply_at.timestamp())}
    return found


def feed(firm: Firm, opinions: Sequence[Opinion]) -> str:
    """The newest 50 reviews as Atom; the rating is an element of its own, `im:rating`."""
    shown = opinions[:FEED_LENGTH]
    updated = shown[0].posted_at.isoformat() if shown else "2024-01-01T00:00:00+00:00"
    entries = "\n".join(_entry(opinion) for opinion in shown)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" '
        'xmlns:im="http://itunes.apple.com/rss">\n'
        f"<title>{escape(firm.title)}: Shopstimmen</title><id>tag:shopstimmen.example,2024:{firm.key}</id>"
        f"<updated>{updated}</updated>\n{entries}\n</feed>\n"
    )


def feed_id(opinion: Opinion) -> str:
    """An entry's own id."""
    return f"tag:shopstimmen.example,2024:review-{opinion.number}"


def _entry(opinion: Opinion) -> str:
    posted = opinion.posted_at.astimezone(BERLIN).isoformat()
    edited = (opinion.edited_at or opinion.posted_at).astimezone(BERLIN).isoformat()
    return (
        f"<entry><id>{feed_id(opinion)}</id><title>{escape(opinion.title or '')}</title>"
        f"<author><name>{escape(opinion.author)}</name></author><published>{posted}</published>"
        f"<updated>{edited}</updated><im:rating>{opinion.stars}</im:rating>"
        f"<content type={quoteattr('text')}>{escape(opinion.text or '')}</content></entry>"
    )


def export(opinions: Sequence[Opinion]) -> bytes:
    """The reviews of the last 30 days as the branches' terminals export them: semicolons, UTF-8 with BOM."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=";")
    writer.writerow(EXPORT_COLUMNS)
    newest = opinions[0].posted_at if opinions else None
    for opinion in opinions:
        if newest is not None and (newest - opinion.posted_at).days < EXPORT_DAYS:
            writer.writerow(_export_row(opinion))
    return buffer.getvalue().encode("utf-8-sig")


def export_id(opinion: Opinion) -> str:
    """The terminal's own number."""
    return f"FB-{opinion.number}"


def _export_row(opinion: Opinion) -> list[str]:
    return [
        export_id(opinion),
        opinion.location or "",
        str(opinion.stars),
        opinion.posted_at.astimezone(BERLIN).isoformat(),
        opinion.language,
        opinion.text or "",
        opinion.author,
        opinion.reply or "",
        opinion.reply_at.astimezone(BERLIN).isoformat() if opinion.reply_at else "",
    ]
