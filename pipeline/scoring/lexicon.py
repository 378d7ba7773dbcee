"""Cue words of themes and escalation reasons, read from the model's directory and found in texts.

Cues are looked up by the first letters of each word rather than tried one after another: hundreds of them cost no more
than a dozen.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pipeline.errors import ModelError

_WORD = re.compile(r"\w+")
_KEY = 3  # letters by which cues are looked up; no cue is shorter


@dataclass(frozen=True, eq=False)
class Cue:
    """What to look for (`forms`, lower case), and the group and name it stands for.

    A form matches at the start of a word; with * before it inside compounds too, with . after it only as a whole word.
    """

    group: str
    name: str
    forms: tuple[str, ...]


@dataclass(frozen=True)
class _Form:
    cue: Cue
    text: str
    is_whole_word: bool


@dataclass(frozen=True)
class _Index:
    at_start: dict[str, tuple[_Form, ...]]
    inside: tuple[_Form, ...]


def read_cues(path: Path) -> tuple[Cue, ...]:
    """The cues of a file of tables [group.name] with a list `cues` each.

    Raises:
        ModelError: the file is missing, no TOML, or holds a cue of less than three letters.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
        cues = tuple(
            Cue(group, name, tuple(form.lower() for form in entry["cues"]))
            for group, names in tables.items()
            for name, entry in names.items()
        )
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError) as error:
        raise ModelError("no readable list of cues", where=str(path), remedy="Reinstall the model") from error
    for form in (form for cue in cues for form in cue.forms):
        if len(form.strip("*.")) < _KEY:
            raise ModelError(f"the cue {form!r} is too short", where=str(path), remedy="Write three letters or more")
    return cues


def find_cues(text: str, cues: Sequence[Cue]) -> Iterator[tuple[Cue, int, int]]:
    """Each cue found in `text`, which is lower case, with where it begins and ends; the same cue may come twice."""
    index = _index(tuple(cues))
    for word in _WORD.finditer(text):
        start = word.start()
        for form in index.at_start.get(text[start : start + _KEY], ()):
            if text.startswith(form.text, start) and _ends_well(form, text, start):
                yield form.cue, start, start + len(form.text)
    for form in index.inside:
        start = text.find(form.text)
        if start >= 0 and _ends_well(form, text, start):
            yield form.cue, start, start + len(form.text)


def _ends_well(form: _Form, text: str, start: int) -> bool:
    end = start + len(form.text)
    return not form.is_whole_word or end >= len(text) or not (text[end].isalnum() or text[end] == "_")


@lru_cache(maxsize=8)
def _index(cues: tuple[Cue, ...]) -> _Index:
    at_start: dict[str, list[_Form]] = {}
    inside: list[_Form] = []
    for cue in cues:
        for written in cue.forms:
            form = _Form(cue, written.strip("*").removesuffix("."), written.endswith("."))
            if written.startswith("*"):
                inside.append(form)
            else:
                at_start.setdefault(form.text[:_KEY], []).append(form)
    return _Index({key: tuple(forms) for key, forms in at_start.items()}, tuple(inside))
