"""Escalation reasons on the shipped sentences: exact codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.errors import ModelError
from pipeline.scoring.escalation import find_reasons
from pipeline.scoring.lexicon import read_cues

MODEL = Path(__file__).resolve().parents[2] / "models" / "sentiment"
CUES = read_cues(MODEL / "escalation.toml")
CODES = {"SAFETY", "LEGAL", "DISCRIM", "PRIVACY", "MANAGER", "REPEAT", "MONEY", "VULNERABLE", "CHURN"}


def test_codes_are_those_of_the_product() -> None:
    assert {cue.group for cue in CUES} == CODES


def test_shipped_sentences_have_their_codes() -> None:
    lines = (MODEL / "evaluation" / "escalation.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    wrong = [
        (row["text"], found) for row in rows if list(found := find_reasons(row["text"], CUES)) != sorted(row["codes"])
    ]
    assert not wrong
    assert {code for row in rows for code in row["codes"]} == CODES


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("I don\N{RIGHT SINGLE QUOTATION MARK}t need a lawyer.", ()),
        ("No, my lawyer will write.", ("LEGAL",)),
        ("Im Laden hing ein Schild »Polizei bitte warten«.", ()),
        ("", ()),
    ],
)
def test_negation_and_quotation(text: str, codes: tuple[str, ...]) -> None:
    assert find_reasons(text, CUES) == codes


@pytest.mark.parametrize("content", ["[A.de]\ncues = ['ab']", "[A.de]\nwords = ['abc']", "A = 1", "not toml"])
def test_a_bad_list_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "cues.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ModelError, match="cue"):
        read_cues(path)
