"""Tables in files, row by row: CSV, JSON lines and Parquet, read and written in order with bounded memory."""

# ruff: noqa: S608 - what is put into a statement are constants and names of this package; values are bound.

from __future__ import annotations

import codecs
import csv
import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import charset_normalizer
import duckdb

from pipeline.errors import BadInput, UsageError
from pipeline.warehouse.connection import configure
from pipeline.warehouse.parquet import quoted
from pipeline.warehouse.staging import replacing

Row = dict[str, Any]
KINDS = {".csv": "csv", ".tsv": "csv", ".jsonl": "json", ".ndjson": "json", ".json": "json", ".parquet": "parquet"}
_SAMPLE = 1 << 20
# Not in parallel, so that quoted line breaks are read safely; a short line gets nulls, which is what spreadsheets mean.
# A small buffer: two lines as long as the longest that DuckDB takes (2 MB) still fit.
_CSV_READER = (
    "read_csv({}, all_varchar = true, header = true, null_padding = true, parallel = false, buffer_size = 4194304)"
)
# DuckDB keeps every buffer of a CSV file until its memory runs short, so without a limit a long file lies in memory
# whole; 2,048 rows of very long texts need more than the first.
_CSV_MEMORY = ("48MB", "192MB", "768MB", None)


def read_rows(path: Path, batch: int = 10_000) -> Iterator[list[Row]]:
    """Yield the rows of a file in order, `batch` at a time. CSV values are text as written, empty ones None.

    Raises:
        UsageError: The name's ending tells no format.
        BadInput: The file is missing, empty or not what its name says.
    """
    kind = _kind(path)
    if not path.is_file():
        raise BadInput("no such file", where=str(path), remedy="Check the path.")
    if path.stat().st_size == 0:
        raise BadInput("the file is empty", where=str(path), remedy="Export it again.")
    with tempfile.TemporaryDirectory(prefix="leumund-read-") as folder:
        readable = path if kind == "parquet" else _as_utf8(path, Path(folder))
        try:
            yield from _batches(readable, kind, batch)
        except (duckdb.Error, json.JSONDecodeError) as error:
            reason = " ".join(str(error).splitlines()[0].split()).replace(str(readable), path.name)
            raise BadInput(reason[:300], where=str(path), remedy=f"Is this really {kind.upper()}?") from error


def write_rows(path: Path, rows: Iterable[Mapping[str, Any]]) -> int:
    """Write rows in order and return their number; the first row names the columns. Replaces the file whole.

    CSV gets text; Parquet gets numbers, truth values, dates and times as such where a whole column has them, else text.
    Lists and mappings become JSON text in CSV and Parquet.
    """
    kind = _kind(path)
    with replacing(path) as temporary:
        if kind == "csv":
            return _write_csv(temporary, rows, "\t" if path.suffix.lower() == ".tsv" else ",")
        if kind == "json":
            return _write_json(temporary, rows)[0]
        return _write_parquet(temporary, rows)


def _kind(path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix not in KINDS:
        raise UsageError(
            f"unknown file type {suffix or 'without ending'!r}",
            where=str(path),
            remedy=f"Use one of {', '.join(KINDS)}.",
        )
    return KINDS[suffix]


def _batches(path: Path, kind: str, batch: int) -> Iterator[list[Row]]:
    if kind == "json":
        yield from _json_batches(path, batch)
        return
    if kind == "parquet":
        yield from _table_batches("read_parquet({})", path, batch)
        return
    done = 0
    for memory_limit in _CSV_MEMORY:
        try:
            for rows in _table_batches(_CSV_READER, path, batch, memory_limit=memory_limit, offset=done):
                done += len(rows)
                yield rows
        except duckdb.OutOfMemoryException:
            if memory_limit is None:
                raise
        else:
            return


def _table_batches(
    reader: str, path: Path, batch: int, *, memory_limit: str | None = None, offset: int = 0
) -> Iterator[list[Row]]:
    """The rows after the first `offset`."""
    con = duckdb.connect()
    try:
        configure(con)
        # Nothing is bound here: for a bound value the driver loads pandas where it finds it, 50 MB.
        if memory_limit is not None:
            con.execute(f"set memory_limit = '{memory_limit}'")
        con.execute(f"create temp view source_rows as select * from {reader.format(quoted(str(path)))}")
        described = con.execute("describe source_rows").fetchall()
        columns = ", ".join(_readable(column[0], column[1]) for column in described)
        names = [column[0] for column in described]
        con.execute(f"select {columns} from source_rows offset {offset}")
        while rows := con.fetchmany(batch):
            yield [dict(zip(names, row, strict=True)) for row in rows]
    finally:
        con.close()


def _json_batches(path: Path, batch: int) -> Iterator[list[Row]]:
    """Rows of JSON lines, or of one array, with the columns of all rows in every row; values as they stand."""
    names: dict[str, None] = {}
    for row in _json_rows(path):
        names.update(dict.fromkeys(row))
    rows = _json_rows(path)
    while part := list(islice(rows, batch)):
        yield [{name: row.get(name) for name in names} for row in part]


def _json_rows(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8-sig") as stream:
        is_array = stream.read(_SAMPLE).lstrip().startswith("[")
        stream.seek(0)
        values = json.load(stream) if is_array else (json.loads(line) for line in stream if line.strip())
        for number, row in enumerate(values, start=1):
            if not isinstance(row, dict):
                raise BadInput(f"row {number} is no object", where=path.name, remedy="Write one JSON object a row.")
            yield row


def _readable(name: str, kind: str) -> str:
    """A column as the driver can give it back: times with a zone as text in UTC, other scalars as they are."""
    column = '"' + name.replace('"', '""') + '"'
    return f"{column}::varchar as {column}" if "WITH TIME ZONE" in kind else column


def _as_utf8(path: Path, folder: Path) -> Path:
    """The file itself if it is UTF-8, else a copy that is; UTF-16 by its mark, other encodings by their statistics."""
    with path.open("rb") as stream:
        head = stream.read(_SAMPLE)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif _is_utf8(path):
        return path
    else:
        best = charset_normalizer.from_bytes(head).best()
        encoding = best.encoding if best else "cp1252"
    copy = folder / path.name
    with (
        path.open(encoding=encoding, errors="replace", newline="") as source,
        copy.open("w", encoding="utf-8", newline="") as target,
    ):
        while part := source.read(_SAMPLE):
            target.write(part)
    return copy


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as stream:
        try:
            while part := stream.read(_SAMPLE):
                decoder.decode(part)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _write_csv(path: Path, rows: Iterable[Mapping[str, Any]], delimiter: str) -> int:
    written = 0
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter=delimiter)
        for written, row in enumerate(rows, start=1):
            if written == 1:
                names = list(row)
                writer.writerow(names)
            writer.writerow(["" if row.get(name) is None else _text(row[name]) for name in names])
    return written


def _write_json(path: Path, rows: Iterable[Mapping[str, Any]]) -> tuple[int, dict[str, str]]:
    """Write JSON lines; their number, and the narrowest DuckDB type of each column."""
    kinds: dict[str, str | None] = {}
    written = 0
    with path.open("w", encoding="utf-8", errors="replace") as stream:
        for row in rows:
            written += 1
            for name, value in row.items():
                kinds[name] = _joined(kinds.get(name), value)
            stream.write(json.dumps(row, ensure_ascii=False, default=_text) + "\n")
    return written, {name: kind or "varchar" for name, kind in kinds.items()}


def _write_parquet(path: Path, rows: Iterable[Mapping[str, Any]]) -> int:
    with _lines_beside(path) as lines:
        written, kinds = _write_json(lines, rows)
        con = duckdb.connect()
        try:
            configure(con)
            schema = "{" + ", ".join(f"{quoted(name)}: '{kind}'" for name, kind in kinds.items()) + "}"
            source = (
                f"select * from read_json({quoted(str(lines))}, format = 'newline_delimited', columns = {schema})"
                if kinds
                else "select null::varchar as empty limit 0"
            )
            con.execute(f"copy ({source}) to {quoted(str(path))} (format parquet, compression zstd)")
        finally:
            con.close()
    return written


@contextmanager
def _lines_beside(path: Path) -> Iterator[Path]:
    lines = path.with_suffix(".lines")
    try:
        yield lines
    finally:
        lines.unlink(missing_ok=True)


def _joined(kind: str | None, value: object) -> str | None:
    if value is None:
        return kind
    own = _kind_of(value)
    if kind is None or kind == own:
        return own
    return "double" if {kind, own} == {"bigint", "double"} else "varchar"


def _kind_of(value: object) -> str:
    for types, kind in (
        (bool, "boolean"), (int, "bigint"), (float, "double"), (datetime, "timestamp"), (date, "date")
    ):  # fmt: skip
        if isinstance(value, types):
            is_aware = isinstance(value, datetime) and value.tzinfo is not None
            return "timestamptz" if is_aware else kind
    return "varchar"


def _text(value: object) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, list | tuple | dict):
        return json.dumps(value, ensure_ascii=False, default=_text)
    return str(value)
