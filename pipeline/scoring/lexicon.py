"""Cue words of themes and escalation reasons, read from the model's directory."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import ModelError


@dataclass(frozen=True)
class Cue:
    """What to look for, and the group and name it stands for."""

    group: str
    name: str
    pattern: re.Pattern[str]


def read_cues(path: Path) -> tuple[Cue, ...]:
    """The cues of a file of tables [group.name] with a list `cues` each.

    A cue matches at the start of a word; one that begins with * matches inside compounds too, one that ends in . is a
    whole word.

    Raises:
        ModelError: the file is missing or no TOML.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ModelError("no readable list of cues", where=str(path), remedy="Reinstall the model") from error
    return tuple(
        Cue(group, name, _pattern(entry["cues"])) for group, names in tables.items() for name, entry in names.items()
    )


def _pattern(cues: list[str]) -> re.Pattern[str]:
    parts = []
    for cue in cues:
        body = re.escape(cue.strip("*").removesuffix("."))
        parts.append(("" if cue.startswith("*") else r"\b") + body + (r"\b" if cue.endswith(".") else ""))
    return re.compile("|".join(parts), re.IGNORECASE)
