"""Themes and escalation reasons, without the network."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.scoring.escalation import find_reasons, read_rules
from pipeline.scoring.lexicon import read_cues
from pipeline.scoring.themes import find_themes

MODEL = Path(__file__).resolve().parents[2] / "models" / "sentiment"
THEMES = read_cues(MODEL / "themes.toml")
REASONS = read_rules(MODEL / "escalation")


@pytest.mark.parametrize(
    ("text", "theme"),
    [
        ("Der Rückruf der Charge kam zu spät.", ("product", "recall")),
        ("Ich bitte um Rückruf.", ("service", "call_back")),
        ("Die Expresslieferung kam nie an.", ("delivery", "delivery")),
        ("They charged me twice.", ("billing", "double_charge")),
        ("Schade.", ("none", "none")),
    ],
)
def test_theme_is_found(text: str, theme: tuple[str, str]) -> None:
    assert theme in {(mention.group, mention.theme) for mention in find_themes(text, -0.5, THEMES)}


def test_call_back_is_no_recall() -> None:
    assert all(mention.theme != "recall" for mention in find_themes("Ich bitte um Rückruf.", -0.5, THEMES))


@pytest.mark.parametrize(
    ("language", "text", "codes"),
    [
        ("de", "Ich brauche keinen Anwalt.", ()),
        ("de", "Mein Anwalt kümmert sich nun darum.", ("LEGAL",)),
        ("en", "My toaster caught fire and I want a refund.", ("MONEY", "SAFETY")),
        (None, "My toaster caught fire and I want a refund.", ("MONEY", "SAFETY")),
        ("de", "Alles bestens.", ()),
    ],
)
def test_reasons_heed_negation(language: str | None, text: str, codes: tuple[str, ...]) -> None:
    assert find_reasons(text, language, REASONS) == codes
