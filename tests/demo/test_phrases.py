import re
from typing import Any

import pytest

from pipeline.demo.grammar import LANGUAGES, THEMES, UNSUPPORTED, phrases


def shape(value: Any, path: str = "") -> dict[str, int]:
    if isinstance(value, dict):
        return {key: count for name, each in value.items() for key, count in shape(each, f"{path}.{name}").items()}
    return {path: len(value)} if isinstance(value, list) else {}


def every_phrase(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [phrase for each in value.values() for phrase in every_phrase(each)]
    return [str(each) for each in value] if isinstance(value, list) else [value]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_theme_has_ten_phrases_a_side(language: str) -> None:
    for theme in THEMES:
        for side in ("negative", "positive"):
            found = phrases(language)["theme"][theme][side]
            assert len(found) >= 10
            assert len(set(found)) == len(found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_languages_are_symmetric(language: str) -> None:
    assert shape(phrases(language)) == shape(phrases("de"))


@pytest.mark.parametrize("language", [*LANGUAGES, "other"])
def test_no_phrase_is_long_or_names_an_unknown_slot(language: str) -> None:
    known = {"product", "weekday", "name", "minutes", "days", "amount", "phone", "email", "iban", "place"}
    for phrase in every_phrase(phrases(language)):
        assert 0 < len(phrase) <= 300
        assert set(re.findall(r"\{(\w+)\}", phrase)) <= known | {"negative", "positive"}


def test_unsupported_languages_have_texts() -> None:
    assert set(phrases("other")) == set(UNSUPPORTED)
