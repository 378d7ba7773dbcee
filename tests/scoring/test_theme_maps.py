"""Themes from the model's token figures: each sentence for itself, the text by its surest sentence."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.scoring.engine import Piece, _sentence_breaks, _windows
from pipeline.scoring.theme_maps import ThemeOutputs, join_sentences, read_sentences
from pipeline.scoring.themes import sentence_starts

OUTPUTS = ThemeOutputs(("service.waiting", "service.courtesy", "price.price", "service", "price"), 0.5)


def maps_of(seed: int, tokens: int, themes: int) -> NDArray[np.floating]:
    return np.random.default_rng(seed).normal(0, 4, (tokens, 3 * themes)).astype(np.float32)


@given(st.integers(0, 9999), st.lists(st.integers(1, 9), min_size=1, max_size=5))
def test_each_sentence_is_read_as_if_alone(seed: int, lengths: list[int]) -> None:
    maps = maps_of(seed, sum(lengths), 4)
    starts = [sum(lengths[:at]) for at in range(len(lengths))]
    present, polarity = read_sentences(maps, starts)
    for row, (start, length) in enumerate(zip(starts, lengths, strict=True)):
        alone = read_sentences(maps[start : start + length], [0])
        np.testing.assert_allclose(present[row], alone[0][0], rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(polarity[row], alone[1][0], rtol=1e-3, atol=1e-5)
    assert ((present >= 0) & (present <= 1)).all()
    assert (np.abs(polarity) <= 1).all()


def test_a_softmax_over_the_tokens_weighs_them() -> None:
    # One theme, two tokens: the second has ten times the say, names the theme, and blames.
    maps = np.array([[0.0, -5.0, 5.0], [np.log(10.0), 5.0, -5.0]], dtype=np.float32)
    present, polarity = read_sentences(maps, [0])
    share = 1 / (1 + np.exp(-(10 / 11 * 5 - 1 / 11 * 5)))
    np.testing.assert_allclose(present, [[share]], rtol=1e-5)
    np.testing.assert_allclose(polarity, [[1 - 2 * share]], rtol=1e-4)


def test_a_text_is_about_what_one_of_its_sentences_is_about() -> None:
    present, polarity = join_sentences(np.array([[0.9, 0.1], [0.1, 0.3]]), np.array([[-1.0, 0.5], [1.0, 0.5]]))
    np.testing.assert_allclose(present, [0.9, 0.3])
    np.testing.assert_allclose(polarity, [-0.8, 0.5])


def test_a_present_group_gives_its_present_codes_or_the_likeliest() -> None:
    found = OUTPUTS.mentions(np.array([0.7, 0.6, 0.2, 0.9, 0.8]), np.array([-1, 1, 0.25, 0, 0]), 0.1)
    assert [(each.group, each.theme, each.polarity) for each in found] == [
        ("price", "price", 0.25),
        ("service", "courtesy", 1.0),
        ("service", "waiting", -1.0),
    ]
    assert all(0 <= each.confidence <= 1 for each in found)
    (none,) = OUTPUTS.mentions(np.full(5, 0.2), np.zeros(5), -0.3)
    assert (none.group, none.theme, none.polarity, none.confidence) == ("none", "none", -0.3, 0.8)


def test_a_cue_tips_the_balance_but_does_not_decide() -> None:
    outputs = ThemeOutputs(OUTPUTS.names, 0.5, group_cue=1.0, code_cue=2.5)
    shares = np.array([0.3, 0.35, 0.1, 0.4, 0.1])
    assert [each.group for each in outputs.mentions(shares, np.zeros(5), 0.0)] == ["none"]
    found = outputs.mentions(shares, np.zeros(5), 0.0, {"service.waiting", "price.price"})
    assert [(each.group, each.theme) for each in found] == [("service", "waiting")]


@given(st.text(max_size=200))
def test_sentences_begin_in_order_and_cover_the_text(text: str) -> None:
    starts = sentence_starts(text)
    assert starts[0] == 0
    assert starts == sorted(set(starts))


def test_a_sentence_begins_at_the_token_that_holds_its_first_letter() -> None:
    text = "Good food. Bad service!"
    # Some tokenizers count the blank before a word to it, some do not.
    for offsets in ([(0, 4), (5, 9), (9, 10), (11, 14), (15, 22), (22, 23)],) * 2 + (
        [(0, 4), (4, 9), (9, 10), (10, 14), (14, 22), (22, 23)],
    ):
        assert _sentence_breaks(text, offsets) == [0, 3]
    assert _sentence_breaks("", []) == []


@given(st.integers(0, 2000), st.sets(st.integers(1, 1999), max_size=20))
def test_windows_hold_every_token_once_and_every_sentence_start(count: int, breaks: set[int]) -> None:
    tokens = list(range(100, 100 + count))
    pieces = _windows(tokens, sorted({0, *(at for at in breaks if at < count)}) if count else [])
    assert [token for piece in pieces for token in piece.tokens[1:-1]] == tokens
    assert all(isinstance(piece, Piece) and len(piece.tokens) <= 256 for piece in pieces)
    for piece in pieces:
        if len(piece.tokens) > 2:
            assert piece.starts[0] == 0
            assert piece.starts == sorted(set(piece.starts))
            assert piece.starts[-1] < len(piece.tokens) - 2
