"""Language: what is scored, what is recognised and left alone, and what cannot be told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.language import RECOGNISED, SUPPORTED, LanguageGuess, detect, detect_many, normalise


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("The parcel came late and the box was torn open.", "en"),
        ("Das Paket kam zu spät und die Schachtel war aufgerissen.", "de"),
        ("Le colis est arrivé en retard et la boîte était déchirée.", "fr"),
        ("El paquete llegó tarde y la caja estaba rota por completo.", "es"),
        ("Il pacco è arrivato in ritardo e la scatola era rotta.", "it"),
        ("Het pakket kwam te laat en de doos was helemaal opengescheurd.", "nl"),
        ("A encomenda chegou tarde e a caixa não estava fechada.", "pt"),
        ("Посылка пришла поздно, и коробка была порвана, больше не закажу.", "ru"),
        ("Paczka przyszła za późno, a pudełko było całkiem rozdarte.", "pl"),
        ("Paket çok geç geldi ve kutu yırtılmıştı, bir daha asla ısmarlamam. İĞIŞ", "tr"),
        ("荷物が遅れて届き、箱が破れていました。", "ja"),
        ("包裹来得太晚，盒子也破了。", "zh"),
        ("소포가 늦게 왔고 상자가 찢어졌습니다.", "ko"),
        ("وصل الطرد متأخرا وكانت العلبة ممزقة تماما ولن أشتري مرة أخرى", "ar"),
        ("החבילה הגיעה מאוחר והקופסה הייתה קרועה", "he"),
        ("Το πακέτο ήρθε αργά και το κουτί ήταν σκισμένο.", "el"),
    ],
)
def test_whole_sentences_are_told_apart(text: str, code: str) -> None:
    guess = detect(text)
    assert guess.code == code
    assert guess.confidence > 0.5


@pytest.mark.parametrize("text", ["", "👍👍👍", "10/10", "!!! ???", "\u200f\u200f", "5 ★"])
def test_without_letters_there_is_no_guess(text: str) -> None:
    assert detect(text) == LanguageGuess(None, 0.0)
    assert detect(text, "de") == LanguageGuess("de", 0.0)


def test_very_short_texts_are_never_sure() -> None:
    assert all(detect(text).confidence <= 0.25 for text in ("ok", "super", "nice", "n/a", "top"))


def test_what_the_site_declares_decides_short_texts_and_no_others() -> None:
    assert detect("Top!", "de").code == "de"
    assert detect("Super", "nl").code == "nl"
    assert detect("The parcel came late and the box was torn open.", "de").code == "en"


def test_right_to_left_text_with_latin_names_keeps_its_language() -> None:
    assert detect("الخدمة في Hotel Brio سيئة جدا والغرفة لم تكن نظيفة على الإطلاق").code == "ar"


def test_capitals_do_not_change_the_language() -> None:
    assert detect("DAS PAKET KAM ZU SPÄT UND DIE SCHACHTEL WAR AUFGERISSEN").code == "de"


@pytest.mark.parametrize(
    ("declared", "code"),
    [("de-AT", "de"), ("EN_us", "en"), ("german", "de"), ("schinese", "zh"), ("latam", "es"), ("nb", "no"), ("", None),
     (None, None), ("klingon", None), ("x1", None)],
)  # fmt: skip
def test_declared_languages_are_normalised(declared: str | None, code: str | None) -> None:
    assert normalise(declared) == code


def test_many_are_told_as_each() -> None:
    pairs = [("Das war sehr schlecht.", None), ("ok", "fr"), ("Das war sehr schlecht.", None)]
    assert detect_many(pairs) == [detect(*pair) for pair in pairs]


@given(st.text(max_size=300), st.none() | st.text(max_size=10))
def test_any_text_gets_a_known_code_or_none(text: str, declared: str | None) -> None:
    code, confidence = detect(text, declared)
    assert 0 <= confidence <= 1
    assert code is None or code in SUPPORTED or code in RECOGNISED or code == normalise(declared)
