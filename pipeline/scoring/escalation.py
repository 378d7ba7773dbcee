"""Reason codes for which a person should look at a review, by cues with negation, condition and quotation heeded."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.scoring.lexicon import Cue, find_cues
from pipeline.scoring.themes import split_sentences

_DENIED = re.compile(
    r"\b(?:kein(?:e[nmrs]?)?|nicht|ohne|niemals|niemand|weder|no|not|without|never|nobody|none|don't|didn't|doesn't|"
    r"wasn't|weren't|isn't|haven't|hasn't|won't)\b(?:\s+\w+){0,3}\s*$"
)
_SUPPOSED = re.compile(r"\b(?:falls|sofern|würde|könnte|wenn|if|would|could|unless|in case)\b(?:\s+\w+){0,3}\s*$")
_DENIED_AFTER = re.compile(r"^\w*\W+(?:\w+\s+){0,1}(?:brauch|benötig|nötig)\w*\s+(?:\w+\s+){0,1}nicht\b")
_QUOTED = re.compile(r"„[^“”\"]*[“”\"]|“[^”]*”|\"[^\"]*\"|»[^«]*«|«[^»]*»")
# "No refund" is about money as much as "refund" is; "would never again" is a farewell all the same.
_ALWAYS = frozenset({"MONEY", "REPEAT"})
_EVEN_IF_SUPPOSED = frozenset({"CHURN", "MANAGER"})


def find_reasons(text: str, cues: Sequence[Cue]) -> tuple[str, ...]:
    """The reason codes of a text, sorted.

    A cue does not count where it is denied or merely supposed just before it in its sentence, or quoted.
    """
    found: set[str] = set()
    for sentence in split_sentences(text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")):
        quoted = [match.span() for match in _QUOTED.finditer(sentence)]
        for cue, start, end in find_cues(sentence, cues):
            if cue.group not in found and not any(low <= start < high for low, high in quoted):
                found.update([cue.group] if _counts(cue.group, sentence[:start], sentence[end:]) else [])
    return tuple(sorted(found))


def _counts(group: str, before: str, after: str) -> bool:
    if group in _ALWAYS:
        return True
    if _DENIED.search(before) or _DENIED_AFTER.search(after):
        return False
    return group in _EVEN_IF_SUPPOSED or not _SUPPOSED.search(before)
