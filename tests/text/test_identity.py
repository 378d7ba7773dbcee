"""Keys: an edit stays the same review, two reviews stay two, and nobody is followed across sites."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text import identity

_SECRET = b"a secret of the tests"
_REVIEW = (
    "I ordered a drill on Monday, it came on Friday with a broken case, and the hotline promised a new one "
    "that never came although I called three times."
)
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


def test_copies_are_found_and_other_texts_are_not() -> None:
    texts = [
        _REVIEW,
        "Wonderful breakfast with a view over the whole old harbour, but the lift was out of order all week",
        _REVIEW.replace("drill", "hammer"),
        "Super!",
        _REVIEW.upper() + " !!",
        "Super!",
        "Posted on two sites: " + _REVIEW,
    ]
    assert identity.find_copies(texts) == {2: 0, 4: 0, 6: 0}
    assert identity.find_copies([]) == {}
    assert identity.find_copies(["", "x"]) == {}


@pytest.mark.parametrize(
    "texts",
    [
        ("Very good service and fast delivery, thank you", "Very good service and fast delivery, many thanks"),
        ("Gerne wieder, alles bestens", "Gerne wieder, alles bestens"),
        ("Nice staff, quick answer, and the price is right too", "Nice staff, quick answer, and the price is fair too"),
    ],
)
def test_customers_who_write_the_same_short_phrase_copy_nobody(texts: tuple[str, str]) -> None:
    assert identity.find_copies(texts) == {}


def test_a_short_text_is_a_copy_only_word_for_word() -> None:
    text = "Nice staff, quick answer, and a fair price too"
    assert identity.find_copies([text, text.upper() + "!"]) == {1: 0}


def test_a_copy_joins_the_first_and_is_no_leader_itself() -> None:
    words = _REVIEW.split()
    drifting = [" ".join(["changed"] * cut + words[cut:]) for cut in range(0, len(words), 3)]
    found = identity.find_copies(drifting)
    assert found
    assert not set(found.values()) & set(found)


def test_known_texts_are_compared_with_fresh_ones_only() -> None:
    assert identity.find_copies([_REVIEW, _REVIEW + " Really.", "x"], fresh_from=2) == {}
    assert identity.find_copies([_REVIEW, "x", _REVIEW + " Really."], fresh_from=2) == {2: 0}


@given(st.lists(st.text(alphabet="ab ", max_size=60), max_size=12))
def test_what_is_found_points_back_to_a_text_that_repeats_none(texts: list[str]) -> None:
    found = identity.find_copies(texts)
    assert all(first < copy and first not in found for copy, first in found.items())
