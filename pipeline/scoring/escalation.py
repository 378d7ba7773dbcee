"""Reason codes for which a person should look at a review: by cues of its language, their context, and the model.

The rules speak first; the model is the second opinion. Where it takes a text for praise, cues that praise uses as well
("my injury healed fast") do not count.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import ModelError
from pipeline.review import Label
from pipeline.scoring.context import (
    Context,
    Fold,
    Sentence,
    context_of,
    folding,
    is_amount,
    is_denied,
    is_fiction,
    is_hearsay,
    is_supposed,
    sentences,
)
from pipeline.scoring.lexicon import Cue, cues_of, find_cues, read_tables

GRAVE = frozenset({"SAFETY", "LEGAL", "DISCRIM", "PRIVACY"})  # level P1
_LOOSE = "loose"
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|\n+")
# "No refund" is about money as much as "refund" is, "nobody calls back" needs its denial.
_STATED = frozenset({"MONEY", "REPEAT", "CHURN", "VULNERABLE"})
_PRAISE_P_NEG = 0.2  # of a text the model calls positive; above it is not sure enough to speak against a cue
_HARM = frozenset({"SAFETY"})
_TOLD = frozenset({"SAFETY", "LEGAL", "DISCRIM"})  # what stories tell of


@dataclass(frozen=True)
class Opinion:
    """What the model says of the text: its label, P(negative), and how sure it is, in [0, 1]."""

    label: Label
    p_neg: float
    confidence: float

    @property
    def is_praise(self) -> bool:
        """Whether the model takes the text for praise and leaves little doubt."""
        return self.label == "positive" and self.p_neg < _PRAISE_P_NEG


@dataclass(frozen=True)
class Tongue:
    """The cues and the context of one language."""

    cues: tuple[Cue, ...]
    context: Context
    fold: Fold


Rules = Mapping[str, Tongue]


def read_rules(folder: Path) -> Rules:
    """The rules of every file <language>.toml in a folder.

    Raises:
        ModelError: there is none, or one cannot be read.
    """
    rules: dict[str, Tongue] = {}
    for path in sorted(folder.glob("*.toml")):
        tables = dict(read_tables(path))
        context = tables.pop("context", {})
        folded = folding(path.stem)
        try:
            rules[path.stem] = Tongue(cues_of(tables, path, folded), context_of(context, folded), folded)
        except (re.error, TypeError, AttributeError) as error:
            raise ModelError(f"[context] cannot be used ({error})", where=str(path), remedy="Mend it") from error
    if not rules:
        raise ModelError("no escalation rules", where=str(folder), remedy="Reinstall the model")
    return rules


def find_reasons(text: str, language: str | None, rules: Rules, opinion: Opinion | None = None) -> tuple[str, ...]:
    """The reason codes of a text, sorted; a text of unknown language is read by the rules of all."""
    found: set[str] = set()
    own = rules.get(language or "")
    for tongue in [own] if own else rules.values():
        _read(text, tongue, opinion, found)
    return tuple(sorted(found))


def _read(text: str, tongue: Tongue, opinion: Opinion | None, found: set[str]) -> None:
    folded = tongue.fold(text)
    hits = list(find_cues(folded, tongue.cues))
    if not hits:
        return
    parts = sentences(folded, _SENTENCE_END)
    for cue, start, end in hits:
        if cue.group not in found:
            sentence = next(part for part in reversed(parts) if part.start <= start)
            place = (start - sentence.start, end - sentence.start)
            if _is_meant(cue, sentence, place, (text, folded), tongue, opinion):
                found.add(cue.group)


def _is_meant(
    cue: Cue,
    sentence: Sentence,
    place: tuple[int, int],
    texts: tuple[str, str],
    tongue: Tongue,
    opinion: Opinion | None,
) -> bool:
    start, end = place
    group, context = cue.group, tongue.context
    if cue.name == _LOOSE and opinion is not None and opinion.is_praise:
        return False
    if any(low <= start < high for low, high in sentence.quotations):
        return group == "DISCRIM"  # what staff said to a customer is the very case of it
    if group in _STATED:
        return True
    if is_denied(sentence.text, start, end, context):
        return False
    if is_supposed(sentence.text, start, context, is_harm=group in _HARM):
        return group == "MANAGER"
    if is_hearsay(sentence.text, start, context, by_anyone=group in ("LEGAL", "MANAGER")):
        return False
    # Illness that a clinic treats or an insurer is asked to pay for is not of their making.
    if group in _HARM and cue.name == _LOOSE and context.elsewhere.search(sentence.text):
        return False
    is_told = group in ("SAFETY", "DISCRIM") or cue.name == _LOOSE
    if group in _TOLD and is_told and is_fiction(texts[1], sentence.text, context):
        return False
    if group in GRAVE and context.ironic.search(sentence.text) and (opinion is None or opinion.label != "negative"):
        return False
    return not is_amount(sentence.text, start, end, texts[0])
