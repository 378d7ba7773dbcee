"""Which themes of themes.toml a text names; several are possible, `none` stands for no theme."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.review import ThemeMention
from pipeline.scoring.lexicon import Cue, find_cues

_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|\n+")
# "Rückruf" is a recall where goods are near it, a call-back otherwise.
_RECALL = re.compile(r"\br(?:ü|ue)ckruf")
_GOODS = re.compile(
    r"\b(?:charge|produkt|ware\b|waren\b|artikel|modell|hersteller|lebensmittel|fahrzeug|auto\b|akku|serie|gerät|"
    r"spielzeug|batterie|airbag|bremse)|r(?:ü|ue)ckrufaktion|gesundheitsgefahr|(?:produkt|waren)r(?:ü|ue)ckruf"
)
_ONE_CUE, _MORE_CUES = 0.6, 0.8


def split_sentences(text: str) -> list[str]:
    """The sentences of a text, in order, without empty ones."""
    return [part for part in (piece.strip() for piece in _SENTENCE_END.split(text)) if part]


def sentence_starts(text: str) -> list[int]:
    """Where the sentences of a text begin, in order; the first at 0."""
    return [0, *(found.end() for found in _SENTENCE_END.finditer(text) if found.end() < len(text))]


def find_themes(text: str, polarity: float, cues: Sequence[Cue]) -> tuple[ThemeMention, ...]:
    """The themes a text names, each once, sorted; all take the `polarity` of the text, in [-1, 1].

    The confidence is higher for a theme that several sentences name.
    """
    hits: dict[tuple[str, str], int] = {}
    for sentence in split_sentences(text.lower()):
        for key in _themes_of(sentence, cues):
            hits[key] = hits.get(key, 0) + 1
    if not hits:
        return (ThemeMention("none", "none", polarity, 1 - _ONE_CUE),)
    return tuple(
        ThemeMention(group, name, polarity, _MORE_CUES if count > 1 else _ONE_CUE)
        for (group, name), count in sorted(hits.items())
    )


def _themes_of(sentence: str, cues: Sequence[Cue]) -> set[tuple[str, str]]:
    found = {(cue.group, cue.name) for cue, _, _ in find_cues(sentence, cues)}
    if "ckruf" in sentence and _RECALL.search(sentence):
        found.add(("product", "recall") if _GOODS.search(sentence) else ("service", "call_back"))
    return found
