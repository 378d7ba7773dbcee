"""Writes the texts of invented reviews from the phrase files, one language a file."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Literal

from pipeline.demo.firms import PLAIN_LETTERS

Polarity = Literal["negative", "neutral", "positive"]

LANGUAGES = ("de", "en", "fr", "es")
UNSUPPORTED = ("pl", "tr", "ja")
THEMES = ("service", "billing", "delivery", "product", "price", "digital", "site")
PHRASES = Path(__file__).parent / "phrases"
_ADDENDUM = {"de": "Nachtrag: ", "en": "Update: ", "fr": "Mise à jour : ", "es": "Actualización: "}


@dataclass(frozen=True)
class Brief:
    """What a text is to say: `event` names phrases of that event, `setting` the phrases of a firm that has its own."""

    language: str
    polarity: Polarity
    theme: str | None
    place: str
    event: str | None = None
    setting: Literal["furniture", "hotel", "planner"] = "furniture"


@cache
def phrases(language: str) -> dict[str, Any]:
    """The phrase file of a language; `other` holds the languages that are not supported."""
    return tomllib.loads((PHRASES / f"{language}.toml").read_text(encoding="utf-8"))


def write(rng: Random, brief: Brief) -> str:
    """A text of one to five sentences, slots filled, roughened like people write."""
    if brief.language in UNSUPPORTED:
        side = "positive" if brief.polarity == "positive" else "negative"
        return _pick(rng, phrases("other")[brief.language][side])
    text = _fill(rng, " ".join(_sentences(rng, brief)), brief)
    return _roughen(rng, text, brief)


def title(rng: Random, brief: Brief) -> str:
    """A headline of a word or two; in English where the language has no phrases."""
    return _pick(rng, phrases(_known(brief.language))["titles"][brief.polarity])


def reply(rng: Random, language: str, polarity: Polarity) -> str:
    """The firm's public answer."""
    return _pick(rng, phrases(_known(language))["reply"]["positive" if polarity == "positive" else "negative"])


def addendum(rng: Random, language: str, polarity: Polarity) -> str:
    """What an author adds when editing."""
    book = phrases(_known(language))
    return _ADDENDUM[_known(language)] + _fill(
        rng, _pick(rng, book["closers"][polarity]), Brief(language, polarity, None, "")
    )


def _known(language: str) -> str:
    return language if language in LANGUAGES else "en"


def _sentences(rng: Random, brief: Brief) -> list[str]:
    book, polarity = phrases(brief.language), brief.polarity
    draw = rng.random()
    if brief.event is not None:
        core = [_pick(rng, book["event"][brief.event])]
        core += [_about(rng, brief, polarity)] if draw < 0.45 and polarity != "neutral" else []
        return _framed(rng, book, polarity, core)
    if polarity == "negative" and draw < 0.07 and brief.theme in book["ironic"] and brief.setting == "furniture":
        return [_pick(rng, book["ironic"][brief.theme])]
    if draw < 0.2:
        pattern = _pick(rng, book["mixed"][polarity])
        parts = {side: _about(rng, brief, side) for side in ("negative", "positive")}
        # Slots of the phrases themselves are filled later, so only the two sides are replaced here.
        return [pattern.replace("{negative}", parts["negative"]).replace("{positive}", parts["positive"])]
    if polarity == "neutral" or brief.theme is None:
        core = [_pick(rng, book["general"][polarity])]
        return core if draw < 0.35 else _framed(rng, book, polarity, core)
    core = [_about(rng, brief, polarity)]
    while len(core) < 3 and rng.random() < 0.35:
        extra = _about(rng, brief, polarity)
        core += [extra] if extra not in core else []
    return core if draw < 0.35 else _framed(rng, book, polarity, core)


def _framed(rng: Random, book: dict[str, Any], polarity: Polarity, core: list[str]) -> list[str]:
    opener = [_pick(rng, book["openers"][polarity])] if rng.random() < 0.55 else []
    closer = [_pick(rng, book["closers"][polarity])] if rng.random() < 0.5 else []
    contact = [_pick(rng, book["contact"]["phrases"])] if rng.random() < 0.02 else []
    return opener + core + closer + contact


def _about(rng: Random, brief: Brief, side: str) -> str:
    """A sentence on the brief's theme, or on any where it has none."""
    book = phrases(brief.language)
    if brief.setting == "planner":
        return _pick(rng, book["planner"][side])
    themes = book["hotel"] if brief.setting == "hotel" else book["theme"]
    theme = brief.theme if brief.theme in themes else _pick(rng, sorted(themes))
    return _pick(rng, themes[theme][side])


def _pick(rng: Random, choices: list[str]) -> str:
    return choices[int(rng.random() * len(choices))]


def _fill(rng: Random, text: str, brief: Brief) -> str:
    if "{" not in text:
        return text
    slots = phrases(_known(brief.language))["slots"]

    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        if name in slots:
            return _pick(rng, slots[name])
        return _INVENTED[name](rng) if name in _INVENTED else brief.place

    filled = re.sub(r"\{(\w+)\}", value, text)
    return filled[0].upper() + filled[1:]


def _iban(rng: Random) -> str:
    """An account number with right check digits at a bank code that is not given out."""
    account = f"{rng.randrange(10**10):010d}"
    digits = f"00000000{account}131400"
    return f"DE{98 - int(digits) % 97:02d}00000000{account}"


_INVENTED = {
    "minutes": lambda rng: str(rng.randrange(15, 95, 5)),
    "days": lambda rng: str(rng.randrange(4, 60)),
    "amount": lambda rng: str(rng.choice((19, 29, 49, 79, 99, 120, 149, 199, 249, 349, 499, 650, 899, 1290))),
    "phone": lambda rng: f"+49 30 23125 {rng.randrange(100, 1000)}",
    "email": lambda rng: f"kunde{rng.randrange(100, 9999)}@example.org",
    "iban": _iban,
}


def _roughen(rng: Random, text: str, brief: Brief) -> str:
    """Typing slips, missing capitals, shouting, plain-letter spelling, emojis: about a fifth of all texts."""
    draw = rng.random()
    if draw < 0.05:
        text = _slip(rng, text)
    elif draw < 0.08:
        text = text.lower()
    elif draw < 0.11 and brief.polarity == "negative":
        text = text.upper()
    elif draw < 0.15 and brief.language == "de":
        text = text.replace("ß", "ss")
    elif draw < 0.17 and brief.language == "de":
        text = text.translate(PLAIN_LETTERS)
    if brief.polarity != "neutral" and rng.random() < 0.07:
        text += " " + _pick(rng, phrases(brief.language)["slots"][f"emoji_{brief.polarity}"]) * rng.randrange(1, 4)
    return text


def _slip(rng: Random, text: str) -> str:
    """The text with two letters of one longer word exchanged."""
    words = text.split(" ")
    long = [at for at, word in enumerate(words) if len(word) > 5 and word.isalpha()]
    if long:
        at = long[int(rng.random() * len(long))]
        word, cut = words[at], 1 + int(rng.random() * (len(words[at]) - 3))
        words[at] = word[:cut] + word[cut + 1] + word[cut] + word[cut + 2 :]
    return " ".join(words)
