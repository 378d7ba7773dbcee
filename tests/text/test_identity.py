"""Keys: an edit stays the same review, two reviews stay two, and nobody is followed across sites."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text import identity

_SECRET = b"a secret of the tests"
_LONG = "The parcel came two weeks late and nobody at the hotline could tell me where it was or when it would come"


def _key(**changes: object) -> str:
    fields: dict[str, object] = {
        "source": "web_page",
        "entity": "Brio",
        "location": None,
        "source_review_id": None,
        "author": "a1",
        "posted": date(2026, 3, 5),
        "text_hash": "t1",
    }
    return identity.review_key(**(fields | changes))  # type: ignore[arg-type]


def test_an_edited_text_is_the_same_review() -> None:
    assert _key() == _key(text_hash="t2")
    assert _key(source_review_id="7") == _key(source_review_id="7", text_hash="t2", author="b", posted=None)


def test_two_reviews_of_one_author_and_day_are_told_apart_by_their_text() -> None:
    assert _key(is_ambiguous=True) != _key(is_ambiguous=True, text_hash="t2")


@pytest.mark.parametrize(
    "other",
    [{"entity": "Other"}, {"location": "Kiel"}, {"author": "a2"}, {"posted": date(2026, 3, 6)}, {"source": "feed"}],
)
def test_other_things_are_other_reviews(other: dict[str, object]) -> None:
    assert _key() != _key(**other)


@pytest.mark.parametrize("unknown", [{"author": None}, {"posted": None}])
def test_without_author_or_date_the_text_tells_reviews_apart(unknown: dict[str, object]) -> None:
    assert _key(**unknown) != _key(**unknown, text_hash="t2")


@given(st.lists(st.none() | st.text(max_size=5), max_size=4), st.lists(st.none() | st.text(max_size=5), max_size=4))
def test_parts_never_run_into_each_other(one: list[str | None], other: list[str | None]) -> None:
    assert (identity.digest(*one) == identity.digest(*other)) == (one == other)


def test_an_author_is_known_on_one_source_only() -> None:
    key = identity.author_key("Jane Doe", "web_page", _SECRET)
    assert key is not None
    assert len(key) == 32
    assert key == identity.author_key("  jane DOE ", "web_page", _SECRET)
    assert key != identity.author_key("Jane Doe", "feed", _SECRET)
    assert key != identity.author_key("Jane Doe", "web_page", b"another secret")
    assert "jane" not in key.lower()


@pytest.mark.parametrize("name", [None, "", "  ", "Anonymous", "ANONYM", "Gast", "-", "N/A"])
def test_nobody_has_no_key(name: str | None) -> None:
    assert identity.author_key(name, "web_page", _SECRET) is None


def test_a_title_that_begins_the_text_is_read_once() -> None:
    assert identity.scored_text("Too late", "Too late again") == "Too late again"
    assert identity.scored_text("Late", "Never again") == "Late\nNever again"
    assert identity.scored_text("Late", None) == "Late"
    assert identity.scored_text(None, None) == ""
    assert identity.text_hash(None, None) is None
    assert identity.text_hash("Late", None) == identity.text_hash(None, "Late")


def test_copies_are_grouped_and_other_texts_are_not() -> None:
    texts = [
        _LONG,
        "Wonderful breakfast with a view over the whole old harbour",
        _LONG + "!",
        "Super!",
        _LONG.upper(),
        "Super!",
    ]
    hashes = [identity.near_hash(text) for text in texts]
    assert hashes[3] is None
    assert identity.near_duplicates(hashes) == [[0, 2, 4]]
    assert identity.near_duplicates([]) == []


@given(st.lists(st.none() | st.integers(0, 2**64 - 1), max_size=12), st.integers(0, 63), st.integers(0, 63))
def test_hashes_three_bits_apart_are_always_found(others: list[int | None], one: int, two: int) -> None:
    def signed(value: int | None) -> int | None:
        return None if value is None else value - (1 << 64) if value >> 63 else value

    base = 0x5555_AAAA_0F0F_3C3C
    hashes = [signed(value) for value in [base, *others, base ^ (1 << one) ^ (1 << two) ^ 1]]
    groups = identity.near_duplicates(hashes)
    assert any({0, len(hashes) - 1} <= set(group) for group in groups)
    assert all(len(group) > 1 and group == sorted(group) for group in groups)
    members = [position for group in groups for position in group]
    assert len(members) == len(set(members))


@given(st.text())
def test_near_hashes_fit_a_signed_64_bit_column(text: str) -> None:
    value = identity.near_hash(text)
    assert value is None or -(2**63) <= value < 2**63
