"""Cleaning: what goes, what stays, and that no input takes it long."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.clean import clean


@pytest.mark.parametrize(
    ("raw", "plain"),
    [
        ("Fish &amp;amp; chips", "Fish & chips"),
        ("a&nbsp;b &lt;br&gt; c", "a b\nc"),
        ("one<br/>two<p>three</p>", "one\ntwo\nthree"),
        ("<b>very</b> good", "very good"),
        ("x<script>alert(1)</script>y", "xy"),
        ("x<!-- note -->y", "xy"),
        ("[b]Bold[/b] [url=http://a.example]link[/url]", "Bold link"),
        ("[h1]Title[/h1]Body", "Title\nBody"),
        ("[img]http://a.example/x.png[/img]fine", "fine"),
        ("GrÃ¶ÃŸe passt nicht", "Größe passt nicht"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("soft\u00adhyphen", "softhyphen"),
        ("tab\tand\u2003space", "tab and space"),
        ("one\r\ntwo\u2028three", "one\ntwo\nthree"),
        ("a\n\n\n\n b ", "a\n\nb"),
        ("e\u0301te\u0301", "été"),
        ("half \ud83d pair", "half ? pair"),
        ("👩\u200d💻 good", "👩\u200d💻 good"),
        ("5 < 6 and 7 > 3", "5 < 6 and 7 > 3"),
        ("I <3 it, they don't :-[", "I <3 it, they don't :-["),
        ("see [1] and [sic]", "see [1] and [sic]"),
        ("rate a <= b", "rate a <= b"),
        ("", ""),
        (" \u200b ", ""),
    ],
)
def test_what_goes_and_what_stays(raw: str, plain: str) -> None:
    assert clean(raw) == plain


@given(st.text())
def test_any_text_is_cleaned_once_and_for_all(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert once == once.strip()


_PIECES = [
    "<",
    ">",
    "<b",
    "<br>",
    "</p>",
    "&lt;",
    "&amp;",
    "amp;",
    "[",
    "]",
    "[b]",
    "[/b]",
    "[img]",
    "[/img]",
    "x",
    "e",
]
_PIECES += ["<script>", "</script>", "<!--", "-->", "Ã¤", "â‚¬", "&#", "60;", "\n", " ", "\u200b", "\u0301"]


@given(st.lists(st.sampled_from(_PIECES), max_size=40).map("".join))
def test_pieces_of_markup_are_cleaned_once_and_for_all(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@pytest.mark.parametrize("text", ["<b" * 50 + ">" * 50, "[b" * 30 + "]" * 30, "<" * 40 + "b>" * 40, "&" + "#38;" * 40])
def test_markup_nested_deeper_than_we_look_is_still_settled(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@pytest.mark.parametrize(
    "piece",
    ["<", "[b]", "&amp;", "<b", "<!--", "[img]", "<script>", "</", "[url=", " \n", "Ã¤", "e\u0301", "&#", "\u200b"],
)
def test_hostile_input_takes_time_in_proportion_to_its_length(piece: str) -> None:
    def seconds(length: int) -> float:
        text = piece * (length // len(piece))
        tries = []
        for _ in range(2):
            started = time.perf_counter()
            clean(text)
            tries.append(time.perf_counter() - started)
        return min(tries)

    # Eight times the text may take eight times as long; quadratic work would take 64 times. The rest is for noise.
    assert seconds(400_000) < 30 * max(seconds(50_000), 0.005)
