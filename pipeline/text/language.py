"""Which language a text is in, with a confidence; what cannot be told is None, never a guess.

py3langid (naive Bayes over byte n-grams) restricted to the languages that reviews of our users come in. Its
probabilities are far too sure of short texts, so they are damped by length. See docs/decisions/language-detection.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

SUPPORTED = ("en", "de", "fr", "es", "it", "nl", "pt")
# Recognised so that they are honestly left unscored.
RECOGNISED = ("pl", "ru", "uk", "bg", "tr", "cs", "sk", "sl", "hr", "sv", "da", "no", "fi", "hu", "ro", "el", "ca",
              "ja", "zh", "ko", "ar", "fa", "he", "hi", "th", "vi", "id")  # fmt: skip
# What a supported language weighs more: short English texts look like Danish, short German ones like Dutch.
_PRIOR = dict.fromkeys(SUPPORTED, 4.0) | {"en": 8.0, "de": 8.0}
_DECLARED_WEIGHT = 30.0
_SURE_LETTERS = 20
_MIN_CONFIDENCE = 0.2
_SCRIPT_LANGUAGES = ("ja", "zh", "ko", "el", "he", "th", "hi")
_NAMES = {
    "english": "en", "german": "de", "deutsch": "de", "french": "fr", "spanish": "es", "latam": "es", "italian": "it",
    "dutch": "nl", "portuguese": "pt", "brazilian": "pt", "polish": "pl", "russian": "ru", "ukrainian": "uk",
    "turkish": "tr", "czech": "cs", "swedish": "sv", "danish": "da", "norwegian": "no", "finnish": "fi",
    "hungarian": "hu", "romanian": "ro", "greek": "el", "bulgarian": "bg", "japanese": "ja", "schinese": "zh",
    "tchinese": "zh", "koreana": "ko", "korean": "ko", "arabic": "ar", "thai": "th", "vietnamese": "vi", "nb": "no",
}  # fmt: skip


class LanguageGuess(NamedTuple):
    """An ISO 639-1 code, or None where it cannot be told, and a confidence in [0, 1]."""

    code: str | None
    confidence: float


def normalise(declared: str | None) -> str | None:
    """The ISO 639-1 code of what a site declares: a code, a tag such as de-AT, or a name that Steam uses."""
    if not declared:
        return None
    word = declared.strip().lower().replace("_", "-").split("-")[0]
    word = _NAMES.get(word, word)
    return word if len(word) == 2 and word.isalpha() else None


def detect(text: str, declared: str | None = None) -> LanguageGuess:
    """The language of a cleaned text; what the site declares counts as a prior, and decides for very short texts."""
    hint = normalise(declared)
    letters = sum(map(str.isalpha, text[:400]))
    if letters == 0:
        return LanguageGuess(hint, 0.0)
    script = _by_script(text[:400], letters)
    if script is not None:
        return LanguageGuess(script, 0.99)
    ranked = _ranked(text[:1000], hint)
    code, probability = ranked[0]
    confidence = round(probability * min(1.0, letters / _SURE_LETTERS), 4)
    if hint is not None and hint != code and confidence < 0.5:
        return LanguageGuess(hint, round(0.5 - confidence / 2, 4))
    return LanguageGuess(code if confidence >= _MIN_CONFIDENCE else hint, confidence)


def detect_many(texts: Iterable[tuple[str, str | None]]) -> list[LanguageGuess]:
    """The languages of (text, declared) pairs, in their order; equal pairs are looked at once."""
    seen: dict[tuple[str, str | None], LanguageGuess] = {}
    guesses = []
    for pair in texts:
        guess = seen.get(pair)
        if guess is None:
            guess = seen[pair] = detect(*pair)
        guesses.append(guess)
    return guesses


def _by_script(text: str, letters: int) -> str | None:
    """The language that a script alone gives away, where it holds most of the letters."""
    if text.isascii():
        return None
    counts = dict.fromkeys(_SCRIPT_LANGUAGES, 0)
    kana = han = 0
    for sign in text:
        point = ord(sign)
        if point < 0x370:
            continue
        if 0x3040 <= point <= 0x30FF:
            kana += 1
        elif 0x4E00 <= point <= 0x9FFF:
            han += 1
        elif 0xAC00 <= point <= 0xD7AF:
            counts["ko"] += 1
        elif point <= 0x3FF:
            counts["el"] += 1
        elif 0x590 <= point <= 0x5FF:
            counts["he"] += 1
        elif 0xE00 <= point <= 0xE7F:
            counts["th"] += 1
        elif 0x900 <= point <= 0x97F:
            counts["hi"] += 1
    counts["ja" if kana else "zh"] = kana + han
    code, most = max(counts.items(), key=lambda item: item[1])
    return code if most * 2 > letters else None


def _ranked(text: str, hint: str | None) -> list[tuple[str, float]]:
    weighted = [
        (code, float(probability) * _PRIOR.get(code, 1.0) * (_DECLARED_WEIGHT if code == hint else 1.0))
        for code, probability in _identifier().rank(text)
    ]
    total = sum(weight for _, weight in weighted) or 1.0
    return sorted(((code, weight / total) for code, weight in weighted), key=lambda item: -item[1])


@lru_cache(maxsize=1)
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    known = set(identifier.labels)
    identifier.set_languages([code for code in (*SUPPORTED, *RECOGNISED) if code in known])
    return identifier
