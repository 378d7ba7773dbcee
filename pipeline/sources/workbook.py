"""Rows of a workbook (XLSX, XLS, ODS): the fullest visible sheet, its first row of names as the header.

python-calamine reads it: see docs/decisions/workbooks.md.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from typing import IO, Any

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from pipeline.errors import BadInput

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MAX_BYTES = 1_000_000_000
"""What a workbook may unpack to."""


def is_workbook(sample: bytes) -> bool:
    """Whether bytes begin like a workbook."""
    return sample.startswith((ZIP, OLE))


def rows(file: IO[bytes], where: str) -> Iterator[tuple[int, list[Any]]]:
    """(row number, cells) of the sheet, the header first. Whole numbers come as such, empty cells as None.

    Raises:
        BadInput: it is no workbook, is locked, has no table, or would unpack to more than MAX_BYTES.
    """
    _refuse_bombs(file, where)
    try:
        book = CalamineWorkbook.from_filelike(file)
        sheet = _fullest(book)
    except (CalamineError, OSError, ValueError, RuntimeError) as error:
        told = " ".join(str(error).split())[:120]
        raise BadInput(
            f"no workbook: {told}", where=where, remedy="Save it as XLSX without a password, or as CSV"
        ) from error
    if sheet is None:
        raise BadInput("a workbook without a table", where=where, remedy="Export it again")
    offset = sheet.start[0] if sheet.start else 0
    has_header = False
    for number, cells in enumerate(sheet.iter_rows(), start=offset + 1):
        plain = [_plain(cell) for cell in cells]
        filled = [cell for cell in plain if cell is not None]
        if not has_header:
            # A line of one cell above the table is its title.
            if len(filled) < 2 or not all(isinstance(cell, str) for cell in filled):
                continue
            has_header = True
        if filled:
            yield number, plain


def _fullest(book: CalamineWorkbook) -> Any:
    sheets = [
        book.get_sheet_by_name(each.name)
        for each in book.sheets_metadata
        if each.visible == SheetVisibleEnum.Visible and each.typ == SheetTypeEnum.WorkSheet
    ]
    tables = [sheet for sheet in sheets if sheet.height > 1]
    return max(tables, key=lambda sheet: sheet.height, default=None)


def _plain(cell: Any) -> Any:
    if isinstance(cell, str):
        return cell.strip() or None
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return int(cell)
    return cell


def _refuse_bombs(file: IO[bytes], where: str) -> None:
    if file.read(len(ZIP)) == ZIP:
        file.seek(0)
        try:
            size = sum(entry.file_size for entry in zipfile.ZipFile(file).infolist())
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise BadInput("a damaged workbook", where=where, remedy="Export it again") from error
        if size > MAX_BYTES:
            raise BadInput(f"unpacks to {size // 1_000_000} MB", where=where, remedy="Split it, or save it as CSV")
    file.seek(0)
