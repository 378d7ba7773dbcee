"""Cue words of themes and escalation reasons, read from the model's directory and found in texts.

Cues are looked up by the first letters of each word rather than tried one after another: hundreds of them cost no more
than a dozen.
"""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from pipeline.errors import ModelError

_WORD = re.compile(r"\w+")
_EITHER = re.compile(r"\(([^()]*)\)")
_GAP = " ... "
_REST = r"(?:[^\w.!?\n]|(?<=\d)\.(?=\d))+"  # a full stop ends the sentence unless it stands in a number
_BETWEEN = rf"\w*(?:{_REST}\w+){{0,4}}?{_REST}"  # the rest of the first word, then up to four more
_KEY = 3  # letters by which cues are looked up; no cue is shorter


@dataclass(frozen=True, eq=False)
class Cue:
    """What to look for (`forms`, lower case), and the group and name it stands for.

    A form matches at the start of a word; with * before it inside compounds too, with . after it only as a whole word.
    `a ... b` is b within four words after a, `(a|b)` either of them.
    """

    group: str
    name: str
    forms: tuple[str, ...]


@dataclass(frozen=True)
class _Form:
    cue: Cue
    text: str
    is_whole_word: bool
    tail: re.Pattern[str] | None = None


@dataclass(frozen=True)
class _Index:
    at_start: dict[str, tuple[_Form, ...]]
    inside: tuple[_Form, ...]


def read_cues(path: Path) -> tuple[Cue, ...]:
    """The cues of a file of tables [group.name] with a list `cues` each.

    Raises:
        ModelError: the file is missing, no TOML, or holds a cue of less than three letters.
    """
    return cues_of(read_tables(path), path, str.lower)


def read_tables(path: Path) -> Mapping[str, Any]:
    """The tables of a file of cues.

    Raises:
        ModelError: the file is missing or no TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ModelError("no readable list of cues", where=str(path), remedy="Reinstall the model") from error


def cues_of(tables: Mapping[str, Any], path: Path, fold: Callable[[str], str]) -> tuple[Cue, ...]:
    """The cues of tables read from `path`, each form folded as the texts will be.

    Raises:
        ModelError: a table has no list `cues`, or a cue has less than three letters.
    """
    try:
        cues = tuple(
            Cue(group, name, tuple(fold(form) for form in entry["cues"]))
            for group, names in tables.items()
            for name, entry in names.items()
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ModelError("no readable list of cues", where=str(path), remedy="Reinstall the model") from error
    for written in (form for cue in cues for form in cue.forms):
        if set("()|?[]") & set(_EITHER.sub("", written)):
            raise ModelError(f"the cue {written!r} cannot be read", where=str(path), remedy="Write (a|b), not nested")
        for form in _expanded(written.split(_GAP)[0]):
            if len(form.strip("*.")) < _KEY:
                raise ModelError(f"the cue {written!r} is too short", where=str(path), remedy="Write three letters")
    return cues


def find_cues(text: str, cues: Sequence[Cue]) -> Iterator[tuple[Cue, int, int]]:
    """Each cue found in `text`, which is lower case, with where it begins and ends; the same cue may come twice."""
    index = _index(tuple(cues))
    for word in _WORD.finditer(text):
        start = word.start()
        for form in index.at_start.get(text[start : start + _KEY], ()):
            if text.startswith(form.text, start) and (end := _end(form, text, start)):
                yield form.cue, start, end
    for form in index.inside:
        start = text.find(form.text)
        if start >= 0 and (end := _end(form, text, start)):
            yield form.cue, start, end


def _end(form: _Form, text: str, start: int) -> int | None:
    """Where the form that begins at `start` ends; None where it does not fit."""
    end = start + len(form.text)
    if form.is_whole_word and end < len(text) and (text[end].isalnum() or text[end] == "_"):
        return None
    if form.tail is None:
        return end
    match = form.tail.match(text, end)
    return match.end() if match else None


@lru_cache(maxsize=32)
def _index(cues: tuple[Cue, ...]) -> _Index:
    at_start: dict[str, list[_Form]] = {}
    inside: list[_Form] = []
    for cue in cues:
        for written in cue.forms:
            head, *tails = written.split(_GAP)
            tail = re.compile("".join(_BETWEEN + _tail(part) for part in tails)) if tails else None
            for text in _expanded(head):
                form = _Form(cue, text.strip("*").removesuffix("."), text.endswith("."), tail)
                if text.startswith("*"):
                    inside.append(form)
                else:
                    at_start.setdefault(form.text[:_KEY], []).append(form)
    return _Index({key: tuple(forms) for key, forms in at_start.items()}, tuple(inside))


def _expanded(head: str) -> list[str]:
    """Every reading of a head with (a|b) in it."""
    parts = _EITHER.split(head)
    choices = [part.split("|") if at % 2 else [part] for at, part in enumerate(parts)]
    return ["".join(chosen) for chosen in itertools.product(*choices)]


def _tail(part: str) -> str:
    """The expression of what follows a gap: literal but for (a|b) and the full stop of whole words."""
    pieces = _EITHER.split(part)
    return "".join(
        "(?:" + "|".join(map(_literal, piece.split("|"))) + ")" if at % 2 else _literal(piece)
        for at, piece in enumerate(pieces)
    )


def _literal(text: str) -> str:
    return re.escape(text.removesuffix(".")) + (r"\b" if text.endswith(".") else "")
