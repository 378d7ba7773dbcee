"""The walk back through an API's pages, and the finder of records: nothing lost, nothing asked for ever or guessed."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import BadInput, PageChanged, SourceBlocked, SourceCut
from pipeline.review import ParsedReview, RawPage
from pipeline.sources import answer
from pipeline.sources.records import objects, records
from pipeline.sources.source import Subscription
from pipeline.sources.walk import is_past, next_link, next_number, walk
from tests.sources.conftest import page_of

SINCE = datetime(2026, 3, 6, tzinfo=UTC)


def _review(identifier: str, posted: str, edited: str | None = None) -> ParsedReview:
    return answer.review(page_of("reddit", b""), source_review_id=identifier, posted=posted, edited=edited)


def _parse(page: RawPage) -> list[ParsedReview]:
    return [_review(each, "2026-03-08T00:00:00Z") for each in answer.loaded(page)["ids"]]


def _walked(site: dict[str | None, tuple[list[str], str | None]], max_pages: int = 50) -> list[str]:
    subscription = Subscription("nordlicht", "reddit", "Nordlicht", options={"max_pages": str(max_pages)})

    def ask(cursor: str | None) -> RawPage:
        identifiers, following = site[cursor]
        return page_of("reddit", json.dumps({"ids": identifiers, "next": following}).encode())

    pages = walk(subscription, SINCE, ask, _parse, lambda page, _cursor: answer.loaded(page)["next"])
    return [review.source_review_id or "" for page in pages for review in _parse(page)]


@given(st.lists(st.lists(st.integers(0, 30).map(str), max_size=4), min_size=1, max_size=8))
def test_every_page_is_read_whatever_lies_on_it_empty_or_seen_in_part(pages: list[list[str]]) -> None:
    whole = [[f"{number}-{each}" for each in page] for number, page in enumerate(pages)]
    moved = [page + (whole[number - 1][-1:] if number else []) for number, page in enumerate(whole)]
    names: list[str | None] = [None, *(f"c{number}" for number in range(1, len(moved)))]
    site = {name: (page, names[at + 1] if at + 1 < len(names) else None)
            for at, (name, page) in enumerate(zip(names, moved, strict=True))}  # fmt: skip
    assert _walked(site) == [each for page in moved for each in page]


@given(st.integers(1, 6), st.integers(0, 5))
def test_a_cursor_that_leads_back_ends_the_walk_with_an_error(length: int, back: int) -> None:
    names: list[str | None] = [None, *(f"c{number}" for number in range(1, length))]
    site = {name: ([str(name)], names[at + 1] if at + 1 < length else names[min(back, length - 1)] or "c0")
            for at, name in enumerate(names)}  # fmt: skip
    site["c0"] = (["x"], "c0")
    with pytest.raises(SourceCut, match="repeats"):
        _walked(site)


def test_a_page_that_does_not_say_what_follows_is_an_error() -> None:
    def following(page: RawPage, _cursor: str | None) -> str | None:
        raise PageChanged("no links", where=page.url)

    subscription = Subscription("nordlicht", "reddit", "Nordlicht")
    page = page_of("reddit", b'{"ids": ["a"]}')
    with pytest.raises(PageChanged, match="no links"):
        list(walk(subscription, SINCE, lambda _cursor: page, _parse, following))


def test_fresh_cursors_with_the_same_page_end_the_walk_with_an_error() -> None:
    site: dict[str | None, tuple[list[str], str | None]] = {
        (f"c{number}" if number else None): (["a", "b"], f"c{number + 1}") for number in range(9)
    }
    with pytest.raises(SourceCut, match="repeats"):
        _walked(site)


def test_fresh_cursors_with_empty_pages_end_at_the_limit() -> None:
    site: dict[str | None, tuple[list[str], str | None]] = {
        (f"c{number}" if number else None): ([], f"c{number + 1}") for number in range(9)
    }
    with pytest.raises(SourceCut, match="stopped after 5 pages"):
        _walked(site, max_pages=5)


@pytest.mark.parametrize(
    ("posted", "edited", "past"),
    [
        ("2026-03-05T23:59:59Z", None, True),
        ("2026-03-06T00:00:00Z", None, False),
        ("2026-03-05T23:00:00-08:00", None, False),  # the 6th in UTC
        ("2026-03-06T01:00:00+05:00", None, True),
        ("2026-03-05", None, True),
        ("2026-03-05T10:00:00", None, True),
        ("2026-01-01T00:00:00Z", "2026-03-07T00:00:00Z", False),
        ("9999-12-31T23:00:00-08:00", None, False),
    ],
)
def test_the_later_of_writing_and_editing_counts_in_utc(posted: str, edited: str | None, past: bool) -> None:
    assert is_past([_review("a", posted, edited)], SINCE) is past


def test_undated_reviews_say_nothing_of_their_age() -> None:
    assert not is_past([], SINCE)
    assert not is_past([_review("a", "")], SINCE)
    assert is_past([_review("a", ""), _review("b", "2026-01-01")], SINCE)


@pytest.mark.parametrize("link", ["https://elsewhere.example/x", "//elsewhere.example/x", "http://[", "ftp://x/y"])
def test_a_link_to_another_host_is_not_followed(link: str) -> None:
    with pytest.raises(SourceBlocked, match="another host"):
        next_link(page_of("reddit", b""), link)


def test_links_and_numbers_lead_on() -> None:
    page = page_of("reddit", b"")
    assert next_link(page, "/reviews?page=2") == "https://nordlicht.example/reviews?page=2"
    assert next_link(page, "https://nordlicht.example/x") == "https://nordlicht.example/x"
    assert [next_link(page, each) for each in (None, "", " ", 5, {})] == [None] * 5
    assert (next_number(None), next_number("2")) == ("2", "3")


def _found(body: object, *, empty: tuple[str, ...] = ()) -> list[Any]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    rows = records(
        page_of("reddit", raw), "reviews", "review", "data",
        is_record=lambda row: "stars" in row, what="reviews", remedy="Look", empty=empty,
    )  # fmt: skip
    return [row["stars"] for row in rows]


@pytest.mark.parametrize(
    "body",
    [
        {"reviews": [{"stars": 1}, {"stars": 2}]},
        {"data": {"reviews": [{"stars": 1}, {"stars": 2}]}, "error": None},
        [{"stars": 1}, {"stars": 2}],
        [{"reviews": [{"stars": 1}]}, {"reviews": []}, {"reviews": [{"stars": 2}]}],
        {"review": {"stars": 1}, "reviews": [{"stars": 2}]},
        {"reviews": [None, 5, {"stars": 1}, {"other": 1}, {"stars": 2}]},
        b'{"stars": 1}\n{"stars": 2}\n',
        b'{"reviews": [{"stars": 1}]}\r\n\r\n{"reviews": [{"stars": 2}]}',
    ],
)
def test_records_are_found_in_any_envelope(body: object) -> None:
    assert sorted(_found(body)) == [1, 2]


@pytest.mark.parametrize("body", [{"reviews": []}, [], [{"reviews": []}], {"data": []}])
def test_an_empty_list_is_an_answer(body: object) -> None:
    assert _found(body) == []


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "no reviews"),
        ({"other": 1}, "no reviews"),
        ([1, 2], "no reviews"),
        ("x", "no reviews"),
        (None, "no reviews"),
        ([{"other": 1}], "no reviews"),
        ({"reviews": None}, "no reviews"),
        ({"reviews": [], "error": "rate_limited"}, r"an error .*\(rate_limited\)"),
        ({"errors": [{"code": "NOT_AUTHORIZED", "detail": "key abc"}]}, r"\(NOT_AUTHORIZED\)"),
        ({"error": {"code": 403, "message": "key abc"}}, r"\(403\)"),
        ({"message": "key abc", "statusCode": 429}, r"\(429\)"),
        ({"error": "the key s3cr3t is wrong"}, r"\(no code\)"),
    ],
)
def test_what_is_no_answer_is_told_by_its_code_alone(body: object, says: str) -> None:
    with pytest.raises(PageChanged, match=says) as error:
        _found(body)
    assert "abc" not in str(error.value)


def test_an_answer_that_leaves_the_list_out_is_empty_where_the_api_says_so() -> None:
    assert _found({"total": 0}, empty=("total",)) == []


@given(st.binary(max_size=60))
def test_no_bytes_make_it_crash(body: bytes) -> None:
    with contextlib.suppress(BadInput):
        assert isinstance(_found(body), list)


def test_objects_are_taken_from_anything() -> None:
    assert objects([{"a": 1}, 5, None]) == [{"a": 1}]
    assert objects({"a": 1}) == [{"a": 1}]
    assert [objects(each) for each in (None, 5, "x", [])] == [[], [], [], []]


def test_a_deep_payload_is_no_crash() -> None:
    deep = b'{"reviews": [' * 400 + b'{"stars": 1}' + b"]}" * 400
    with pytest.raises(BadInput):
        _found(deep)
