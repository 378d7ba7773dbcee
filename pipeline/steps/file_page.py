"""Reviews of files whatever their form: what the sources read themselves, and Parquet, which the warehouse reads."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.review import ParsedReview, RawPage
from pipeline.sources import file_rows
from pipeline.sources.file import File
from pipeline.sources.file_rows import Item, RejectedRow
from pipeline.sources.source import Source
from pipeline.warehouse import files

_PARQUET = b"PAR1"


@dataclass(frozen=True)
class Parsed:
    """The reviews of a page, and a reason for every row of it that was set aside."""

    reviews: list[ParsedReview]
    rejected: list[str]


def items_of_path(
    path: Path, *, source: str, entity: str | None, location: str | None, layout: str, mapping: Mapping[str, str]
) -> Iterator[Item]:
    """The rows of a file as reviews, one at a time, with the bad ones among them.

    Raises:
        BadInput: the file cannot be read as a whole.
        UsageError: no layout or field has that name.
    """
    with path.open("rb") as file:
        is_parquet = path.suffix.lower() == ".parquet" or file.read(len(_PARQUET)) == _PARQUET
    if not is_parquet:
        return file_rows.parse_path(
            path, source=source, entity=entity, location=location, layout=layout, mapping=mapping
        )
    rows = (row for batch in files.read_rows(path) for row in batch)
    return file_rows.parse_rows(
        rows, source=source, entity=entity, location=location, layout=layout, mapping=mapping, where=str(path)
    )


def parse(source: Source, page: RawPage) -> Parsed:
    """The reviews of a page; of a file's page without the rows that cannot be read, which are told one by one.

    Raises:
        BadInput: the page is not what its source sends.
    """
    if not isinstance(source, File):
        return Parsed(source.parse(page), [])
    reviews: list[ParsedReview] = []
    faults: Counter[str] = Counter()
    first: dict[str, int] = {}
    for item in _items_of_page(source, page):
        if isinstance(item, RejectedRow):
            faults[item.reason] += 1
            first.setdefault(item.reason, item.line)
        else:
            reviews.append(item)
    return Parsed(reviews, [f"line {first[reason]}: {reason}" for reason in faults.elements()])


def _items_of_page(source: File, page: RawPage) -> Iterator[Item]:
    if not page.body.startswith(_PARQUET):
        yield from source.items(page)
        return
    with tempfile.TemporaryDirectory(prefix="leumund-file-") as folder:
        path = Path(folder, "page.parquet")
        path.write_bytes(page.body)
        yield from items_of_path(
            path,
            source=page.source,
            entity=page.entity,
            location=page.location,
            layout=source.layout,
            mapping=source.mapping,
        )
