"""Rows out of bytes: workbook or text, which encoding, which dialect, and one mapping of plain column names a row.

A row that cannot be read comes as the reason why, so that it can be set aside with its line.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from typing import IO, Any

from charset_normalizer import from_bytes

from pipeline.errors import BadInput
from pipeline.sources import nested, workbook

_SAMPLE = 200_000
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_DELIMITERS = ",;\t|"
_LONGEST_ROW = 2_000  # lines: no review is that long, but a quote that nobody closed is
csv.field_size_limit(50_000_000)

Row = Mapping[str, object] | str


def rows(file: IO[bytes], size: int, where: str) -> Iterator[tuple[int, Row]]:
    """(line, row or reason) of a workbook, CSV, JSON lines or JSON file, tables read as a stream; closes it.

    A JSON document may hold its reviews at any depth; one that says it has none gives no row.

    Raises:
        BadInput: it is empty, in no known encoding, or no table.
    """
    sample = file.read(_SAMPLE)
    file.seek(0)
    if workbook.is_workbook(sample):
        with file:
            yield from _headed(workbook.rows(file, where), where)
        return
    if not sample.strip(b"\x00 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise BadInput("the file is empty", where=where, remedy="Export it again")
    encoding = _encoding(sample, size > len(sample), where)
    start = sample.decode(encoding, "replace").lstrip("\ufeff \t\r\n")
    if start[:1] == "<":
        raise BadInput("a web page, not a table", where=where, remedy="Export the reviews as CSV")
    read = _json_rows if start.startswith(("{", "[")) else _csv_rows
    with io.TextIOWrapper(file, encoding=encoding, errors="strict", newline="") as text:
        try:
            yield from read(text, start, where)
        except UnicodeDecodeError as error:
            at = file.tell() - len(error.object) + error.start
            raise BadInput(
                f"not valid {encoding} at byte {at}", where=where, remedy="Save the file as UTF-8"
            ) from error


def _encoding(sample: bytes, is_cut: bool, where: str) -> str:
    for bom, name in _BOMS:
        if sample.startswith(bom):
            return name
    for offset, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        half = sample[offset:200:2]
        if half.count(0) * 10 > len(half) * 4:
            return name
    try:
        (sample[:-4] if is_cut else sample).decode("utf-8")
    except UnicodeDecodeError as error:
        if not (is_cut and error.start > len(sample) - 8):
            return _guessed(sample, where)
    return "utf-8"


def _guessed(sample: bytes, where: str) -> str:
    # Where most of what is not ASCII reads well as UTF-8, the file is UTF-8 with a fault, and no other encoding.
    read = sample.decode("utf-8", "replace")
    faults = read.count("\ufffd")
    if sum(1 for sign in read if sign > "\x7f") > 2 * faults:
        at = len(read[: read.index("\ufffd")].encode("utf-8"))
        raise BadInput(f"not valid utf-8 at byte {at}", where=where, remedy="Save the file as UTF-8")
    best = from_bytes(sample[:50_000], cp_isolation=["cp1252", "cp1250", "cp1251", "mac_roman", "iso8859_15"]).best()
    if best is None:
        raise BadInput("in no encoding we know", where=where, remedy="Save the file as UTF-8")
    # Windows writes cp1252 and calls it Latin-1; where both fit, cp1252 holds the euro sign.
    return "cp1252" if best.encoding in ("cp1250", "iso8859_15", "mac_roman") else best.encoding


def _csv_rows(text: IO[str], start: str, where: str) -> Iterator[tuple[int, Row]]:
    first = start.splitlines()[0]
    told = first.lower().startswith("sep=")  # Excel's own first line
    unquoted = re.sub(r'"[^"]*"', "", first)
    delimiter = first[4:5] or ";" if told else max(_DELIMITERS, key=unquoted.count)
    reader = csv.reader(text, delimiter=delimiter)
    try:
        filled = (row for row in reader if any(cell.strip("\ufeff ") for cell in row))
        cells = next(filled, [""])
        if told:
            cells = next(filled, [""])
        header = [plain(name) for name in cells]
        if len(header) < 2 and not told and delimiter not in unquoted:
            raise BadInput(
                f"one column only ({header[0][:40]!r})", where=where, remedy="Expected a table with a header line"
            )
        is_empty = True
        for each in _csv_body(reader, header, where):
            is_empty = False
            yield each
        if is_empty:
            raise no_rows(where)
    except csv.Error as error:
        raise BadInput(
            f"not a table: {error}", where=f"{where} line {reader.line_num}", remedy="Mend that line"
        ) from error


def _csv_body(reader: Any, header: list[str], where: str) -> Iterator[tuple[int, Row]]:
    last = reader.line_num
    for row in reader:
        if reader.line_num - last > _LONGEST_ROW:
            raise BadInput("a quote that is never closed", where=f"{where} line {last + 1}", remedy="Mend that line")
        last = reader.line_num
        if any(cell.strip() for cell in row[len(header) :]):
            yield last, f"{len(row)} cells, but {len(header)} columns"
        elif row:
            yield last, dict(zip(header, row, strict=False))


def _json_rows(text: IO[str], start: str, where: str) -> Iterator[tuple[int, Row]]:
    if not start.startswith("[") and _is_lines(start):
        for number, line in enumerate(text, start=1):
            if line.strip():
                yield from ((number, row) for row in _line_rows(line, number, where))
        return
    try:
        values = list(nested.documents(text.read()))
    except (ValueError, RecursionError) as error:
        raise BadInput(f"broken JSON: {error}", where=where, remedy="Export it again") from error
    if values == [[]]:
        raise no_rows(where)
    for value in values:
        yield from enumerate(_document_rows(value, where), start=1)


def _is_lines(start: str) -> bool:
    """Whether a text is an object a line, rather than one document."""
    first, _, rest = start.partition("\n")
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        # A broken first line of many is a line; a lone brace opens a document.
        return rest.lstrip().startswith("{") and len(first.strip()) > 1
    return bool(rest.strip())


def _line_rows(line: str, number: int, where: str) -> list[Row]:
    try:
        row = json.loads(line.lstrip("\ufeff"))
    except (ValueError, RecursionError) as error:
        if number == 1:
            raise BadInput(
                f"broken JSON: {error}", where=f"{where} line 1", remedy="Expected one object a line"
            ) from error
        return ["not readable"]
    return _element_rows(row)


def _document_rows(value: Any, where: str) -> Iterator[Row]:
    """The reviews of a whole document: an array of rows, or whatever holds lists of them."""
    if isinstance(value, list):
        for each in value:
            yield from _element_rows(each)
        return
    found = nested.rows(value)
    if found is None:
        raise BadInput("JSON without reviews", where=where, remedy="Look at it: it may be an error's answer")
    yield from (_plain_keys(each) for each in found)


def _element_rows(element: Any) -> list[Row]:
    """An object of a list of them: a row, unless it is a place that holds rows."""
    if isinstance(element, dict) and any(isinstance(each, dict | list) for each in element.values()):
        found = nested.rows(element)
        if found is not None:
            return [_plain_keys(each) for each in found]
    return [_plain_keys(element)]


def _plain_keys(row: Any) -> Row:
    if not isinstance(row, dict):
        return "not readable"
    if any(isinstance(each, dict) for each in row.values()):
        row = nested.flat(row)
    return {plain(str(name)): value for name, value in row.items()}


def _headed(lines: Iterator[tuple[int, list[Any]]], where: str) -> Iterator[tuple[int, Row]]:
    _, names = next(lines, (0, []))
    header = [plain(str(name)) if name is not None else "" for name in names]
    is_empty = True
    for number, cells in lines:
        is_empty = False
        yield number, {name: cell for name, cell in zip(header, cells, strict=False) if name}
    if is_empty:
        raise no_rows(where)


def no_rows(where: str) -> BadInput:
    """The error of a table that has none."""
    return BadInput("a header, but no rows", where=where, remedy="Export it again")


def plain(name: str) -> str:
    """A column's name in lower case without blanks, dashes, dots, brackets and quotes."""
    bare = name.strip().strip("\ufeff\"'").strip().lower()
    return re.sub(r"[\s./:-]+", "_", re.sub(r"[()]", "", bare)).strip("_")
