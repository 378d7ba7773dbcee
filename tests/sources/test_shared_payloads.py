"""Recorded payloads, where they lie beside the checkout: counts and both ends against a reference extractor."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline import sources
from pipeline.errors import BadInput
from pipeline.review import ParsedReview
from pipeline.sources import file_rows
from tests.sources.conftest import page_of

_ROOT = Path(__file__).resolve().parents[2].parent / "shared" / "fixtures"
_SOURCE_OF = {
    "schemaorg": "web_page",
    "steam": "steam",
    "csv_exports": "file",
    "feeds": "feed",
    "appstore_rss": "app_store_feed",
    "bazaarvoice": "bazaarvoice",
    "bluesky": "bluesky",
    "discourse": "discourse",
    "feefo": "feefo",
    "freshdesk": "freshdesk",
    "google_play": "google_play_page",
    "hackernews": "hacker_news",
    "reddit": "reddit",
    "zendesk": "zendesk",
    "mastodon": "mastodon",
    "yotpo": "yotpo",
    "microformats": "web_page",
    "judgeme": "web_page",
    "trustpilot": "trustpilot_page",
    "yelp": "file",
    "google_places": "file",
}
# Errors of the API, told as what they are.
_ERRORS = {"display_bv_errors.json", "conversations_errors.json", "555731861_us_11.json"} | {
    "v2_error.json",
    "legacy_over_query_limit.json",
}
# The reference gives the bare text of a feed's broken item, which is its title; we do not say a title twice.
_NO_TEXT = {"InvalidDateFormat.xml"}
# The reference leaves out the reviewer of this page, who is named there.
_NO_AUTHOR = {"microformats-v2__h-review__vcard.html"}
# The reference takes the address of the thing reviewed for the review's id; two reviews of it would be one.
_NO_ID = {"microformats-v1__hreview__item.html"}
# The reference took the order of an RDF graph, which has none; the page shows the review of one star first.
_REVERSED = {"schemaorg-eg-0010-rdfa.html"}


# The reference gives a ticket's subject for its text; the subject is our title, and the text is what was written.
_SUBJECT = {"all_tickets.json", "search_tickets.json"}


def _cases() -> list[tuple[str, dict[str, Any]]]:
    found = []
    for folder in _SOURCE_OF:
        path = _ROOT / folder / "expected.json"
        if path.exists():
            found += [(folder, each) for each in json.loads(path.read_text(encoding="utf-8"))]
    return found


def _parse(folder: str, name: str) -> list[ParsedReview]:
    path = _ROOT / folder / name
    source = _SOURCE_OF[folder]
    if source != "file":
        return [review for body in _bodies(path) for review in sources.get(source).parse(page_of(source, body))]
    layout = {"csv_exports": "play_console" if "play" in name else "skytrax", "yelp": "yelp"}.get(folder, "generic")
    items = list(file_rows.parse_path(path, source="file", entity="x", location=None, layout=layout, mapping={}))
    assert not [item for item in items if isinstance(item, file_rows.RejectedRow)]
    return [item for item in items if isinstance(item, ParsedReview)]


def _bodies(path: Path) -> list[bytes]:
    """The answers in a file: one, or those of a recorded session."""
    if path.suffix in (".yml", ".yaml"):
        recorded = yaml.safe_load(path.read_text(encoding="utf-8"))
        turns = recorded.get("http_interactions") or recorded["interactions"]
        wanted = [turn for turn in turns if "/timelines/" in turn["request"]["uri"]] or turns[-1:]
        return [turn["response"]["body"]["string"].encode() for turn in wanted]
    if path.parent.name in ("reddit", "zendesk") and path.suffix == ".json":
        return _answers_of_a_session(path)
    if "recorded_requests" in path.name:
        turns = json.loads(path.read_text(encoding="utf-8"))
        return [json.dumps(turn["reply"]).encode() for turn in turns if "hits" in turn["reply"]]
    return [path.read_bytes()]


def _answers_of_a_session(path: Path) -> list[bytes]:
    """The answers with posts or tickets in a recorded session; its token and the account's roles are something else."""
    recorded = json.loads(path.read_text(encoding="utf-8"))
    bodies = [
        turn["response"]["body"]["string"] for turn in recorded.get("interactions", recorded.get("http_interactions"))
    ]
    return [body.encode() for body in bodies if body.startswith(('{"kind": "Listing"', '{"ticket"'))]


def _words(text: str | None) -> str:
    return " ".join((text or "").split())[:60]


@pytest.mark.skipif(not _ROOT.exists(), reason="recorded payloads are not here")
@pytest.mark.parametrize(
    ("folder", "expected"), _cases(), ids=lambda each: each if isinstance(each, str) else each["file"]
)
def test_a_recorded_payload_is_read_as_the_reference_does(folder: str, expected: dict[str, Any]) -> None:
    if expected["file"] in _ERRORS:
        with pytest.raises(BadInput):
            _parse(folder, expected["file"])
        return
    reviews = _parse(folder, expected["file"])
    assert len(reviews) == expected["count"]
    ends = (("first", -1), ("last", 0)) if expected["file"] in _REVERSED else (("first", 0), ("last", -1))
    for end, at in ends:
        if not reviews or not expected.get(end):
            continue
        review, wanted = reviews[at], expected[end]
        if expected["file"] in _NO_ID:
            assert review.source_review_id is None
        else:
            assert not wanted.get("id") or str(wanted["id"]) == review.source_review_id
        assert wanted.get("rating") == (review.rating.value if review.rating else None)
        if expected["file"] not in _NO_AUTHOR:
            assert (str(wanted["author"]) if wanted.get("author") else None) == review.author
        if expected["file"] not in _NO_TEXT:
            words = review.title if expected["file"] in _SUBJECT else review.text
            assert _words(wanted.get("text_first80")) == _words((words or "")[:80])
        if str(wanted.get("date"))[:4].isdigit():
            assert str(review.posted_at)[:10] == wanted["date"][:10]


@pytest.mark.skipif(not _ROOT.exists(), reason="recorded payloads are not here")
@pytest.mark.parametrize(
    ("folder", "name", "count"),
    [
        ("tripadvisor", "hotels_with_reviews.json", 40),
        ("zendesk", "ticket_data.csv", 10),
        ("zendesk", "ticket_comment_data.csv", 20),
        ("trustpilot", "nextdata_companies.json", 60),
        ("trustpilot", "nextdata_reviews_list_en.json", 60),
    ],
)
def test_the_generic_importer_reads_what_has_no_source(folder: str, name: str, count: int) -> None:
    path = _ROOT / folder / name
    items = list(file_rows.parse_path(path, source="file", entity="x", location=None, layout="generic", mapping={}))
    assert len(items) == count
    assert all(isinstance(item, ParsedReview) for item in items)
