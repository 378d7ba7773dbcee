"""Quotes differ, are excerpts of what was written, and each stands for reviews like it."""

from __future__ import annotations

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.reputation.clusters import group_texts
from pipeline.reputation.quoting import QUOTE_LENGTH, QUOTES, NegativeReview, are_same, choose_quotes, excerpt
from pipeline.text.mask import mask

DAY = date(2026, 11, 17)
CHARGED = ["They charged me twice for one order", "Charged twice, nobody answers", "I was charged twice again",
           "Charged twice and no refund of the order", "My card was charged twice"]  # fmt: skip
PARKING = ["No parking at the branch at all", "The parking was full, no parking for guests", "Parking is a nightmare"]


def review(key: str, text: str, **changes: object) -> NegativeReview:
    return NegativeReview(key, text, "portal", DAY, **changes)  # type: ignore[arg-type]


def reviews(*texts: str) -> list[NegativeReview]:
    return [review(f"r{k:03}", text) for k, text in enumerate(texts)]


def test_like_texts_are_one_group_and_larger_groups_come_first() -> None:
    found = group_texts([*PARKING, *CHARGED])
    assert len(set(found.group[:3])) == 1
    assert len(set(found.group[3:])) == 1
    assert found.group[3] == 0
    assert found.sizes == [5, 3]


def test_the_same_texts_give_the_same_groups() -> None:
    texts = [f"{a} {b} number {k}" for k, (a, b) in enumerate(zip(CHARGED * 40, PARKING * 70, strict=False))]
    one, other = group_texts(texts), group_texts(texts)
    assert (one.group == other.group).all()


def test_texts_beyond_the_linked_ones_join_their_group() -> None:
    found = group_texts([*CHARGED * 150, *PARKING * 150])
    assert len(found.group) == 1200
    assert (found.group[-30:] == found.group[750:780]).all()
    assert found.group[-1] != found.group[0]


def test_texts_without_a_telling_word_are_in_no_group() -> None:
    assert list(group_texts(["", "!!!", "and so", "👎"]).group) == [-1, -1, -1, -1]
    assert list(group_texts([]).group) == []
    assert list(group_texts(["Broken"]).group) == [0]
    assert sorted(group_texts(["Broken", "Slow"]).group) == [0, 1]


def test_each_quote_stands_for_a_group_of_its_own() -> None:
    quotes = choose_quotes(reviews(*PARKING, *CHARGED), ["charged twice"], [])
    assert len(quotes) == 2
    assert "charged twice" in quotes[0].text.casefold()
    assert [quote.n_similar for quote in quotes] == [4, 2]


def test_two_quotes_never_say_the_same() -> None:
    quotes = choose_quotes(
        reviews("Way too expensive!", "Too expensive", "way too expensive.", "Very expensive"), [], []
    )
    assert len(quotes) == 1
    assert quotes[0].n_similar == 3


def test_a_review_that_may_not_be_quoted_still_counts() -> None:
    told = [review(f"r{k}", text, is_quotable=k == 2) for k, text in enumerate(CHARGED)]
    (quote,) = choose_quotes(told, [], [])
    assert (quote.review_key, quote.n_similar) == ("r2", 4)
    assert choose_quotes([review("a", "Charged twice", is_quotable=False)], [], []) == ()


def test_a_theme_draws_the_quote() -> None:
    told = [review("a", "Nobody answers the telephone"), review("b", "The parcel never came", themes=("delivery",))]
    assert choose_quotes(told, [], ["delivery"])[0].review_key == "b"


def test_texts_of_signs_alone_are_quoted_where_there_is_nothing_else() -> None:
    (quote,) = choose_quotes(reviews("👎👎👎"), [], [])
    assert quote.text == "👎👎👎"
    assert choose_quotes(reviews("", "   "), [], []) == ()


def test_an_excerpt_is_short_and_holds_the_word() -> None:
    text = "word " * 100 + "refund " + "more " * 100
    cut = excerpt(text, ["refund"])
    assert len(cut) <= QUOTE_LENGTH
    assert "refund" in cut
    assert cut.startswith("…")
    assert cut.endswith("…")
    assert excerpt("short  text") == "short text"


SOME_TEXT = st.lists(
    st.sampled_from(
        [*CHARGED, *PARKING, "write to jane.roe@mail.example", "call +49 30 901820 now", "", "nie wieder!"]
    ),
    max_size=5,
).map(" ".join)


@settings(max_examples=60, deadline=None)
@given(st.lists(SOME_TEXT, max_size=12))
def test_quotes_are_masked_distinct_and_true_to_what_was_written(texts: list[str]) -> None:
    masked = [mask(text) for text in texts]
    quotes = choose_quotes(reviews(*masked), ["charged twice", "parking"], [])
    assert len(quotes) <= QUOTES
    assert not any("jane.roe" in quote.text or "901820" in quote.text for quote in quotes)
    for k, quote in enumerate(quotes):
        assert quote.text.strip("…") in " ".join(masked[int(quote.review_key[1:])].split())
        assert not any(are_same(quote.text, other.text) for other in quotes[:k])
    assert sum(quote.n_similar + 1 for quote in quotes) <= len([text for text in masked if text.strip()])
