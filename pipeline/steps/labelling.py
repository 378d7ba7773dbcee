"""People judge texts, so that the model can be measured on what this firm is told: draw, take, give out, agree."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import BadInput
from pipeline.reputation.agreement import cohen_kappa
from pipeline.steps import workplace
from pipeline.warehouse import labels
from pipeline.warehouse.labels import LABELS, Draw, DrawnText, Judgement
from pipeline.warehouse.staging import replacing

COLUMNS = ("text_hash", "drawn", "language", "text", "label")
_SHORT = {"-": "negative", "n": "negative", "0": "neutral", "u": "neutral", "+": "positive", "p": "positive"}


@dataclass(frozen=True)
class Agreement:
    """Two labellers: texts both judged, the share judged alike, and Cohen's kappa (None where it is not defined)."""

    one: str
    other: str
    n: int
    share: float
    kappa: float | None


def draw(labeller: str, how: Draw, size: int, language: str | None, seed: str) -> list[DrawnText]:
    """Masked texts for a labeller to judge, in a fixed random order."""
    with workplace.warehouse(workplace.current()) as con:
        return labels.draw(con, labeller, how, size, language=language, seed=seed)


def draw_file(target: Path, labeller: str, how: Draw, size: int, language: str | None, seed: str) -> int:
    """Write drawn texts as CSV with an empty column `label`; how many."""
    found = draw(labeller, how, size, language, seed)
    with replacing(target) as partial, partial.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows((each.text_hash, how, each.language, each.text, "") for each in found)
    return len(found)


def take_file(path: Path, labeller: str) -> tuple[int, int]:
    """Store the labels of a filled-in file: how many were new or different, and how many rows are still empty.

    The file is taken whole or not at all.

    Raises:
        BadInput: the file is missing or not of `draw_file`, a label is none of ours, or a text is not in the warehouse.
    """
    by_draw: dict[str, list[Judgement]] = defaultdict(list)
    empty = 0
    with workplace.warehouse(workplace.current()) as con:
        for line, row in _rows(path):
            written = row["label"].strip().lower()
            if not written:
                empty += 1
                continue
            where = f"{path}, line {line}"
            label = _SHORT.get(written, written)
            if label not in LABELS:
                raise BadInput(f"label {written!r}", where=where, remedy=f"Write {', '.join(LABELS)}, or - 0 +")
            if not labels.is_known(con, row["text_hash"]):
                raise BadInput("this text is not in the warehouse (any more)", where=where, remedy="Delete the line")
            by_draw[row["drawn"]].append(Judgement(row["text_hash"], label))
        now = workplace.now()
        changed = sum(labels.store(con, labeller, drawn, found, now) for drawn, found in by_draw.items())
    return changed, empty


def keep(labeller: str, how: Draw, judgement: Judgement) -> None:
    """Store one judgement."""
    with workplace.warehouse(workplace.current()) as con:
        labels.store(con, labeller, how, [judgement], workplace.now())


def export(target: Path) -> int:
    """Write every judgement with its text as JSON lines that `models/sentiment/evaluate.py` reads; how many."""
    with workplace.warehouse(workplace.current()) as con:
        found = [each._asdict() for each in labels.labelled(con)]
    with replacing(target) as partial:
        partial.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in found), encoding="utf-8")
    return len(found)


def agreements() -> list[Agreement]:
    """How far each two labellers agree on the texts both have judged."""
    with workplace.warehouse(workplace.current()) as con:
        rows = labels.pairs(con)
    tables: dict[tuple[str, str], dict[tuple[str, str], int]] = defaultdict(dict)
    for one, other, label, second, n in rows:
        tables[one, other][label, second] = n
    return [
        Agreement(
            one,
            other,
            n := sum(table.values()),
            sum(count for (a, b), count in table.items() if a == b) / n,
            cohen_kappa(table),
        )
        for (one, other), table in tables.items()
    ]


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    if not path.is_file():
        raise BadInput("no such file", where=str(path), remedy="leumund label draw --out FILE writes one")
    with path.open(encoding="utf-8-sig", newline="") as file:
        sample = file.readline()
        file.seek(0)
        # A spreadsheet of a German office writes semicolons.
        reader = csv.DictReader(file, delimiter=";" if sample.count(";") > sample.count(",") else ",")
        if not {"text_hash", "drawn", "label"} <= set(reader.fieldnames or ()):
            raise BadInput(
                "no columns text_hash, drawn and label",
                where=str(path),
                remedy="Fill in a file of `leumund label draw`",
            )
        for row in reader:
            yield reader.line_num, {name: value or "" for name, value in row.items() if isinstance(name, str)}
