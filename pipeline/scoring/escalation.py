"""Reason codes for which a person should look at a review, by cues with negation and condition heeded."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.scoring.lexicon import Cue
from pipeline.scoring.themes import split_sentences

_UNDONE = re.compile(
    r"\b(?:kein(?:e[nmrs]?)?|nicht|ohne|niemals|no|not|without|don't|didn't|doesn't|wasn't|falls|würde|wenn|if|would)\b"
    r"(?:\s+\w+){0,3}\W*$",
    re.IGNORECASE,
)


def find_reasons(text: str, cues: Sequence[Cue]) -> tuple[str, ...]:
    """The reason codes of a text, sorted; a cue denied or supposed just before it in its sentence does not count."""
    found = {
        cue.group
        for sentence in split_sentences(text)
        for cue in cues
        for match in cue.pattern.finditer(sentence)
        if not _UNDONE.search(sentence[: match.start()])
    }
    return tuple(sorted(found))
