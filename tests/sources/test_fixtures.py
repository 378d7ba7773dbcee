"""Every payload of `fixtures/<source>/` beside the reviews it holds: all fields, written down by hand and read over."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline import sources
from pipeline.review import ParsedReview
from pipeline.sources import file_rows
from pipeline.sources.layouts import LAYOUTS
from tests.sources.conftest import page_of

_FIXTURES = Path(__file__).parent / "fixtures"
CASES = sorted(path for path in _FIXTURES.glob("*/*.*") if not path.name.endswith(".expected.json"))


def plain(review: ParsedReview) -> dict[str, Any]:
    """A review as JSON without what is empty."""
    whole = asdict(review)
    if review.rating is not None:
        whole["stars"] = review.rating.stars

    def simple(value: Any) -> Any:
        if isinstance(value, datetime | date):
            return value.isoformat()
        if isinstance(value, dict):
            return {key: simple(each) for key, each in value.items() if each not in (None, {})}
        return [simple(each) for each in value] if isinstance(value, list) else value

    found: dict[str, Any] = simple(whole)
    return found


def parsed(path: Path) -> list[ParsedReview]:
    """The reviews of a fixture; a file's name says its layout."""
    source = path.parent.name
    if source != "file":
        return sources.get(source).parse(page_of(source, path.read_bytes()))
    layout = next((name for name in LAYOUTS if path.stem.startswith(name)), "generic")
    items = file_rows.parse_path(
        path, source="file", entity="Nordlicht Touren", location=None, layout=layout, mapping={}
    )
    return [item for item in items if isinstance(item, ParsedReview)]


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_payload_gives_the_reviews_written_beside_it(path: Path) -> None:
    expected = json.loads(path.with_name(f"{path.name}.expected.json").read_text(encoding="utf-8"))
    assert [plain(review) for review in parsed(path)] == expected


def test_every_source_has_payloads() -> None:
    assert {path.parent.name for path in CASES} == set(sources.names())
