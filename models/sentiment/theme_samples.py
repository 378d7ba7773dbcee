"""Reads what teaches the theme head: our own sentences, sets of the corpus mapped by mix.toml, and labels of ours.

The labels (`labels/`, a file a set) name real reviews of the corpus; their texts are not ours and stay there.
"""

from __future__ import annotations

import json
import math
import random
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
from permitted import LANGUAGES, permitted

UNKNOWN = math.nan
_SIGNS = {"neg": -1.0, "negative": -1.0, "neu": 0.0, "neutral": 0.0, "pos": 1.0, "positive": 1.0}
_STARS = {"negative": 1.5, "neutral": 3.0, "positive": 4.5}
_ROWS = """
select text, lang, extra from read_parquet($path)
where list_contains($languages, lang) and length(text) >= 3 and regexp_matches(coalesce(extra, ''), $where)
    and coalesce(extra, '') not like '%"split": "test"%'
    and not list_has_any([left(md5(coalesce(nullif(entity, ''), id)), n) for n in [1, 3]], $held_out)
qualify row_number() over (partition by lang order by md5($seed || id)) <= $cap
order by md5($seed || id)
"""
_LABELLED = """
select id, text, lang from read_parquet($path)
where list_contains($ids, id) and list_contains(['0', '1', '2'], left(md5(id), 1)) = $apart
order by id
"""


@dataclass(frozen=True)
class Lesson:
    """A text, its stars (1-5, None where not known), and what is known of each theme: name to presence and polarity.

    A theme that is missing from `present` is not known; one missing from `polarity` neither. `source`: see `Sample`.
    """

    text: str
    stars: float | None
    present: Mapping[str, float]
    polarity: Mapping[str, float] = field(default_factory=dict)
    source: str = ""


def read_own(folder: Path, names: Sequence[str], files: str = "*.jsonl") -> list[Lesson]:
    """Our own sentences: the `files` of `folder`; `text`, `stars` or `label`, `themes` of `code` or `group` a line.

    Where only groups are given, the codes within them are not known; a line without `themes` says nothing of them.
    """
    found = []
    for path in sorted(folder.glob(files)):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            stars = float(row["stars"] if "stars" in row else _STARS[row["label"]])
            present, polarity = _known(row.get("themes"), names)
            found.append(Lesson(row["text"], stars, present, polarity, "own"))
    return found


def read_corpus(corpus: Path, mix: Mapping[str, Any], names: Sequence[str]) -> Iterator[Lesson]:
    """The texts of the mapped sets of `mix`; they teach themes only, not stars."""
    for name, rule in mix["themes"].items():
        values = {
            "path": str(corpus / f"{permitted(name)}.parquet"),
            "languages": list(LANGUAGES),
            "where": rule.get("where", ""),
            "cap": rule["cap"],
            "seed": str(mix["seed"]),
            "held_out": mix["held_out"],
        }
        for text, _, extra in duckdb.execute(_ROWS, values).fetchall():
            lesson = _mapped(text, json.loads(extra), rule, names)
            if lesson is not None:
                yield lesson


def read_labelled_texts(corpus: Path, labels: Path, *, apart: bool) -> Iterator[tuple[str, str, dict[str, float]]]:
    """Text, language and themes (code to sign) of real reviews whose themes we labelled.

    `labels` holds a file for each set of the corpus, and that a line for each review: its id and themes, no text.
    `apart`: those kept for measuring (three in sixteen), else those to learn from. What the corpus lacks is left out.
    """
    for path in sorted(labels.glob("*.jsonl")):
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        known = {row["id"]: row["themes"] for row in rows}
        values = {"path": str(corpus / f"{permitted(path.stem)}.parquet"), "ids": sorted(known), "apart": apart}
        for key, text, language in duckdb.execute(_LABELLED, values).fetchall():
            yield text, language, known[key]


def read_labelled(corpus: Path, labels: Path, names: Sequence[str]) -> list[Lesson]:
    """The real reviews with our labels that teach; they teach themes only."""
    found = read_labelled_texts(corpus, labels, apart=False)
    return [
        Lesson(
            text, None, *_known([{"code": code, "polarity": sign} for code, sign in themes.items()], names), "themes"
        )
        for text, _, themes in found
    ]


def theme_names(path: Path) -> list[str]:
    """The outputs of the theme head in their order: each code as `group.name`, then the groups."""
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    return [f"{group}.{name}" for group, names in tables.items() for name in names] + list(tables)


def joined(lessons: Sequence[Lesson], count: int, seed: int) -> list[list[Lesson]]:
    """`count` made-up reviews of two to four lessons in a row, each of which keeps its own themes."""
    draw = random.Random(seed)  # noqa: S311 - order, no secret
    return [draw.sample(lessons, draw.randint(2, 4)) for _ in range(count)] if len(lessons) > 3 else []


def _known(
    themes: Sequence[Mapping[str, Any]] | None, names: Sequence[str]
) -> tuple[dict[str, float], dict[str, float]]:
    if themes is None:
        return {}, {}
    present = dict.fromkeys(names, 0.0)
    signs: dict[str, list[float]] = {}
    for mention in themes:
        code = mention.get("code", mention.get("group"))
        group = code.split(".")[0]
        within = [name for name in names if name.startswith(f"{group}.")]
        if code == group and len(within) == 1:
            code = within[0]
        if code == group:
            # Which of the group's codes it is, nobody said.
            present.update({name: UNKNOWN for name in within if not present[name]})
        for name in {code, group}:
            present[name] = 1.0
            signs.setdefault(name, []).append(float(mention["polarity"]))
    return present, {name: sum(values) / len(values) for name, values in signs.items()}


def _mapped(text: str, extra: Mapping[str, Any], rule: Mapping[str, Any], names: Sequence[str]) -> Lesson | None:
    """The lesson of one row; None where no category means anything here."""
    aspects = extra.get("aspects", [extra])
    mentions: list[dict[str, Any]] = []
    is_open = False
    for aspect in aspects:
        category = str(aspect.get(rule["field"]) or "")
        theme = next((theme for pattern, theme in rule["map"] if re.search(pattern, category)), None)
        if theme == "?":
            is_open = True
        elif theme is not None:
            mentions.append({"code": theme, "polarity": _SIGNS.get(str(aspect.get("polarity")), UNKNOWN)})
    if not mentions:
        return None
    present, polarity = _known(mentions, names)
    groups = {name.split(".")[0] for name, value in present.items() if value == 1.0}
    for name in names:
        group = name.split(".")[0]
        # What is absent is known of other groups only, and of those that an unclear category may mean not even that.
        if not present[name] and (group in groups or (is_open and group in rule["open"]) or "aspects" not in extra):
            if group in groups and name == group:
                continue
            present[name] = UNKNOWN
    known = {name: value for name, value in polarity.items() if not math.isnan(value)}
    return Lesson(text, None, present, known, "themes")
