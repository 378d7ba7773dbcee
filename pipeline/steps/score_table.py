"""Any table, scored: `leumund score`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline import progress
from pipeline.errors import BadInput
from pipeline.scoring import table
from pipeline.scoring.engine import CHUNK
from pipeline.steps import workplace
from pipeline.steps.model import load_engine
from pipeline.warehouse import files

# Rows in memory at a time: four chunks of the engine, so that it seldom has to wait for the reader.
_BATCH = 4 * CHUNK


@dataclass
class TableCounts:
    """Rows read, rows with a label, rows left unscored with a reason."""

    rows: int = 0
    scored: int = 0
    abstained: int = 0


def score_table(path: Path, target: Path, text_column: str) -> TableCounts:
    """Write `path` again with the lm_ columns; all rows and columns in their order. Streams: memory stays bounded.

    Raises:
        BadInput: the file is missing or empty, or has no such column.
    """
    if not path.is_file():
        raise BadInput("no such file", where=str(path), remedy="Check the path")
    settings = workplace.current()
    engine = load_engine(settings)
    counts = TableCounts()
    batches = files.read_rows(path, batch=_BATCH)
    files.write_rows(target, _counted(table.score_rows(engine, batches, text_column), counts))
    return counts


def _counted(rows: Iterator[dict[str, Any]], counts: TableCounts) -> Iterator[dict[str, Any]]:
    for row in rows:
        counts.rows += 1
        if row["lm_abstained"]:
            counts.abstained += 1
        elif row["lm_label"]:
            counts.scored += 1
        progress.report("score", counts.rows)
        yield row
