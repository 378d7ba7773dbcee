"""What a text says of billing: which trouble, and the amount named with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pipeline.review import BillingMention
from pipeline.scoring.context import folding
from pipeline.scoring.lexicon import Cue, cues_of, find_cues, read_tables
from pipeline.scoring.themes import split_sentences
from pipeline.text.amounts import Amount, find_amounts

BillingCues = Mapping[str, tuple[Cue, ...]]


def read_billing(path: Path) -> BillingCues:
    """The cues by language of a file of tables [kind.language].

    Raises:
        ModelError: the file is missing or cannot be used.
    """
    tables = read_tables(path)
    languages = {language for kinds in tables.values() if isinstance(kinds, Mapping) for language in kinds}
    return {
        language: cues_of(
            {kind: {language: names[language]} for kind, names in tables.items() if language in names},
            path,
            folding(language),
        )
        for language in sorted(languages)
    }


def find_billing(text: str, language: str | None, cues: BillingCues) -> tuple[BillingMention, ...]:
    """The kinds of billing trouble a text names, each once and sorted, with the largest amount of their sentences.

    A kind whose sentences name no amount takes that of the text, if it names but one. In a text that names no kind the
    largest amount of each currency comes alone. A text of unknown language is read by the cues of all.
    """
    everywhere = find_amounts(text)
    kinds: dict[str, Amount | None] = {}
    languages = [language] if language in cues else list(cues)
    for sentence in split_sentences(text):
        named = {kind for code in languages for kind in _kinds(sentence, code, cues)}
        if named:
            largest = _largest(find_amounts(sentence))
            for kind in named:
                kinds[kind] = _largest([amount for amount in (kinds.get(kind), largest) if amount])
    if not kinds:
        largest_of = {amount.currency: amount for amount in sorted(everywhere, key=lambda found: found.value)}
        return tuple(_mention(None, largest_of[currency]) for currency in sorted(largest_of))
    only = everywhere[0] if len({(amount.value, amount.currency) for amount in everywhere}) == 1 else None
    return tuple(_mention(kind, amount or only) for kind, amount in sorted(kinds.items()))


def _kinds(sentence: str, language: str | None, cues: BillingCues) -> set[str]:
    folded = folding(language)(sentence)
    return {cue.group for cue, _, _ in find_cues(folded, cues[language or ""])}


def _mention(kind: str | None, amount: Amount | None) -> BillingMention:
    mention = BillingMention(kind, None, None)
    return replace(mention, amount=amount.value, currency=amount.currency) if amount else mention


def _largest(amounts: Sequence[Amount]) -> Amount | None:
    return max(amounts, key=lambda amount: amount.value, default=None)
