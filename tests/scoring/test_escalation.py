"""Escalation reasons on invented reviews: exact codes, and no grave one missed."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ModelError
from pipeline.scoring.escalation import GRAVE, Opinion, find_reasons, read_rules
from pipeline.scoring.lexicon import read_cues

HERE = Path(__file__).resolve().parent
MODEL = HERE.parents[1] / "models" / "sentiment"
RULES = read_rules(MODEL / "escalation")
CODES = {"SAFETY", "LEGAL", "DISCRIM", "PRIVACY", "MANAGER", "REPEAT", "MONEY", "VULNERABLE", "CHURN"}
LANGUAGES = {"de", "en", "es", "fr", "it", "nl", "pt"}


def rows(name: str) -> list[dict[str, Any]]:
    path = HERE / "fixtures" / "escalation" / f"{name}.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


SIXTY, HARD = rows("sixty"), [*rows("hard"), *rows("hard_unseen")]


def reasons(row: dict[str, Any]) -> set[str]:
    """What the rules find, with the opinion the shipped model gave of that text."""
    opinion = Opinion(row["label"], row["p_neg"], row["confidence"])
    return set(find_reasons(row["text"], row["detected"], RULES, opinion))


def test_codes_and_languages_are_those_we_promise() -> None:
    assert set(RULES) == LANGUAGES
    for tongue in RULES.values():
        assert {cue.group for cue in tongue.cues} == CODES


def test_sixty_reviews_have_exactly_their_codes() -> None:
    assert [(row["text"], sorted(found)) for row in SIXTY if (found := reasons(row)) != set(row["codes"])] == []
    assert {code for row in SIXTY for code in row["codes"]} == CODES


def test_no_grave_review_is_missed_and_few_are_cried_over() -> None:
    everything = [*SIXTY, *HARD]
    assert len(everything) == 260
    truth = [bool(GRAVE & set(row["codes"])) for row in everything]
    found = [bool(GRAVE & reasons(row)) for row in everything]
    missed = [row["text"] for row, true, hit in zip(everything, truth, found, strict=True) if true and not hit]
    assert missed == []
    assert sum(truth) / sum(found) >= 0.9


def test_easy_sentences_have_exactly_their_codes() -> None:
    lines = (MODEL / "evaluation" / "escalation.jsonl").read_text(encoding="utf-8").splitlines()
    easy = [json.loads(line) for line in lines]
    found = [(row["text"], list(find_reasons(row["text"], row["language"], RULES))) for row in easy]
    assert [pair for pair, row in zip(found, easy, strict=True) if pair[1] != sorted(row["codes"])] == []


@pytest.mark.parametrize(
    ("language", "text", "codes"),
    [
        ("en", "I don\N{RIGHT SINGLE QUOTATION MARK}t need a lawyer.", ()),
        ("en", "No, my lawyer will write.", ("LEGAL",)),
        ("de", "Im Laden hing ein Schild »Polizei bitte warten«.", ()),
        ("de", "„Das ist Betrug, ich war beim Anwalt.“", ("LEGAL",)),
        ("de", "Wuerde hier niemals kaufen, wurde verletzt.", ("SAFETY",)),
        ("de", "Der Betrug kostete mich 200 Euro.", ("LEGAL",)),
        ("de", "der preis betrug 200 euro.", ()),
        ("fr", "Mon avocat va vous écrire.", ("LEGAL",)),
        ("fr", "La salade d'avocat était bonne.", ()),
        ("en", "Brand new, top brand, brand store.", ()),
        ("xx", "", ()),
    ],
)  # fmt: skip
def test_context_decides(language: str, text: str, codes: tuple[str, ...]) -> None:
    assert find_reasons(text, language, RULES) == codes


def test_praise_silences_what_praise_says_too() -> None:
    text = "After my injury I called the police and came here."
    assert find_reasons(text, "en", RULES, Opinion("negative", 0.9, 0.9)) == ("LEGAL", "SAFETY")
    assert find_reasons(text, "en", RULES, Opinion("positive", 0.02, 0.95)) == ()
    # What a doubtful model calls praise counts all the same.
    assert find_reasons(text, "en", RULES, Opinion("positive", 0.3, 0.5)) == ("LEGAL", "SAFETY")


def test_umlauts_may_be_missing_or_capital() -> None:
    for text in ("Das Gerät überhitzte sich.", "Das Geraet ueberhitzte sich.", "DAS GERÄT ÜBERHITZTE SICH."):
        assert find_reasons(text, "de", RULES) == find_reasons("Das Gerät überhitzte sich.", "de", RULES)


@given(st.text(max_size=400), st.sampled_from([*sorted(LANGUAGES), "pl", None]))
def test_any_text_gives_known_codes(text: str, language: str | None) -> None:
    found = find_reasons(text, language, RULES)
    assert set(found) <= CODES
    assert list(found) == sorted(set(found))


def test_rules_take_less_time_than_the_model() -> None:
    """Far below the measured 20,000 texts a second, so that a busy machine does not fail it."""
    started = time.process_time()
    for _ in range(10):
        for row in SIXTY:
            find_reasons(row["text"], row["detected"], RULES)
    assert len(SIXTY) * 10 / (time.process_time() - started) > 2_000


@pytest.mark.parametrize(
    "content",
    ["[A.de]\ncues = ['ab']", "[A.de]\nwords = ['abc']", "A = 1", "not toml", "[A.de]\ncues = ['abc ((d|e)|f)']"],
)
def test_a_bad_list_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "cues.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ModelError, match="cue"):
        read_cues(path)


def test_a_bad_expression_or_an_empty_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no escalation rules"):
        read_rules(tmp_path)
    (tmp_path / "en.toml").write_text("[LEGAL.firm]\ncues = ['lawyer']\n[context]\ndenied = ['(']", encoding="utf-8")
    with pytest.raises(ModelError, match="context"):
        read_rules(tmp_path)
