"""Themes on the shipped sentences, and what must hold for any text."""

from __future__ import annotations

import json
import time
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from pipeline.scoring.lexicon import read_cues
from pipeline.scoring.themes import find_themes

MODEL = Path(__file__).resolve().parents[2] / "models" / "sentiment"
CUES = read_cues(MODEL / "themes.toml")
ROWS = [json.loads(line) for line in (MODEL / "evaluation" / "themes.jsonl").read_text(encoding="utf-8").splitlines()]
GROUPS = {"service", "billing", "delivery", "product", "price", "digital", "site"}


def test_groups_are_those_of_the_product() -> None:
    assert {cue.group for cue in CUES} == GROUPS


def test_shipped_sentences_name_their_groups() -> None:
    wrong = [
        (row["text"], found)
        for row in ROWS
        if (found := sorted({mention.group for mention in find_themes(row["text"], 0.0, CUES)})) != row["groups"]
    ]
    assert not wrong


def test_case_does_not_matter() -> None:
    for row in ROWS:
        assert find_themes(row["text"].upper(), 0.0, CUES) == find_themes(row["text"], 0.0, CUES) or "ß" in row["text"]


@given(st.text(max_size=400), st.floats(-1, 1))
def test_any_text_has_a_theme_or_none(text: str, polarity: float) -> None:
    found = find_themes(text, polarity, CUES)
    assert found
    assert all(mention.polarity == polarity and 0 <= mention.confidence <= 1 for mention in found)
    assert len({(mention.group, mention.theme) for mention in found}) == len(found)
    assert len(found) == 1 or all(mention.group != "none" for mention in found)


def test_rules_take_less_time_than_the_model() -> None:
    """Far below the measured 20,000 texts a second, so that a busy machine does not fail it."""
    started = time.process_time()
    for _ in range(10):
        for row in ROWS:
            find_themes(row["text"], 0.0, CUES)
    assert len(ROWS) * 10 / (time.process_time() - started) > 4_000
