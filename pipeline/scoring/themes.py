"""Which themes of themes.toml a text names; several are possible, `none` stands for no theme."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.review import ThemeMention
from pipeline.scoring.lexicon import Cue

_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|\n+")
# "Rückruf" is a recall where goods are near it, a call-back otherwise.
_RECALL = re.compile(r"\bR(?:ü|ue)ckruf", re.IGNORECASE)
_GOODS = re.compile(
    r"\b(?:Charge|Produkt|Ware|Artikel|Modell|Hersteller|Lebensmittel|Fahrzeug|Auto|Akku|Serie)|Rückrufaktion",
    re.IGNORECASE,
)
_ONE_CUE, _MORE_CUES = 0.6, 0.8


def split_sentences(text: str) -> list[str]:
    """The sentences of a text, in order, without empty ones."""
    return [part for part in (piece.strip() for piece in _SENTENCE_END.split(text)) if part]


def find_themes(text: str, polarity: float, cues: Sequence[Cue]) -> tuple[ThemeMention, ...]:
    """The themes a text names, each once; all take the `polarity` of the text, in [-1, 1]."""
    hits: dict[tuple[str, str], int] = {}
    for sentence in split_sentences(text):
        for key in _themes_of(sentence, cues):
            hits[key] = hits.get(key, 0) + 1
    if not hits:
        return (ThemeMention("none", "none", polarity, 1 - _ONE_CUE),)
    return tuple(
        ThemeMention(group, name, polarity, _MORE_CUES if count > 1 else _ONE_CUE)
        for (group, name), count in sorted(hits.items())
    )


def _themes_of(sentence: str, cues: Sequence[Cue]) -> set[tuple[str, str]]:
    found = {(cue.group, cue.name) for cue in cues if cue.pattern.search(sentence)}
    if _RECALL.search(sentence):
        found.add(("product", "recall") if _GOODS.search(sentence) else ("service", "call_back"))
    return found
