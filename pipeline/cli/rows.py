"""Prints or writes a result set in the format asked for."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from rich.table import Table

from pipeline.cli.console import err, out
from pipeline.errors import UsageError
from pipeline.warehouse import files
from pipeline.warehouse.query import QueryResult


def write_rows(result: QueryResult, form: str, to: Path | None, limit: int) -> None:
    """Print `result`, or write it to `to`.

    Raises:
        UsageError: Parquet without a file to write to.
    """
    if form == "parquet":
        if to is None:
            raise UsageError("parquet needs a file", remedy="Add --out FILE.parquet")
        files.write_rows(to, (dict(zip(result.columns, row, strict=True)) for row in result.rows))
        return
    if form == "table" and to is None:
        _table(result, limit)
        return
    with _target(to) as file:
        if form == "json":
            json.dump([dict(zip(result.columns, row, strict=True)) for row in result.rows], file, default=str, indent=1)
            file.write("\n")
        else:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(result.columns)
            writer.writerows(result.rows)


@contextmanager
def _target(to: Path | None) -> Iterator[IO[str]]:
    if to is None:
        yield sys.stdout
    else:
        with to.open("w", encoding="utf-8", newline="") as file:
            yield file


def _table(result: QueryResult, limit: int) -> None:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in result.columns:
        table.add_column(column, overflow="fold")
    for row in result.rows[:limit]:
        table.add_row(*(_cell(value) for value in row))
    out.print(table)
    hidden = len(result.rows) - limit
    if hidden > 0:
        err.print(f"{hidden} more rows; --limit shows more, --format csv all")


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def as_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Table:
    """A plain table for a person."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    return table
