"""Exports as people hand them over: odd first lines, broken bytes, ragged rows. No fault is silent."""

from __future__ import annotations

import pytest

from pipeline.errors import BadInput
from pipeline.review import ParsedReview
from pipeline.sources import file as file_source


def _rows(body: bytes) -> list[file_source.Item]:
    return list(file_source.parse_bytes(body, source="file", entity="Brio", location=None))


def _short(items: list[file_source.Item]) -> list[tuple[float | None, str | None] | str]:
    return [
        (item.rating.value if item.rating else None, item.text) if isinstance(item, ParsedReview) else item.reason
        for item in items
    ]


@pytest.mark.parametrize(
    ("body", "read"),
    [
        (b"\n\nrating,text\n3,a\n", [(3.0, "a")]),
        (b"sep=;\nrating;text\n3;a\n", [(3.0, "a")]),
        (b'"rating";"text, long";"text"\n3;b;a\n', [(3.0, "a")]),
        (b"rating,text\r3,a\r4,b\r", [(3.0, "a"), (4.0, "b")]),
        ("rating,text\n4,hi\n".encode("utf-16-be"), [(4.0, "hi")]),
        (b"rating;text\n3;a; b\n4;c;\n", ["3 cells, but 2 columns", (4.0, "c")]),
        (b"rating,text\n3\n", [(3.0, None)]),
        (b'{"text":"x"}\n{"rating":4,"text":"y"}\n{"other":1}\n', [(None, "x"), (4.0, "y"), "neither rating nor text"]),
        (b'{"rating":4}\n[1]\n\n{"rating":\n', [(4.0, None), "not readable", "not readable"]),
        (b'[{"rating":4}, 3, null]', [(4.0, None), "not readable", "not readable"]),
        (b'{"rating":NaN,"text":"x"}\n{"rating":1e999,"text":"y"}\n', [(None, "x"), (None, "y")]),
    ],
)
def test_odd_files_are_read_as_meant(body: bytes, read: list[object]) -> None:
    assert _short(_rows(body)) == read


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("rating,text\n4,größe gut\n".encode() * 200 + b"3,broken \xff\xc3( here\n", "not valid utf-8 at byte 5209"),
        ("rating,text\n4,größe gut\n".encode() * 20_000 + b"3,broken \xff\n", "not valid utf-8 at byte 520009"),
        (b"PK\x03\x04" + bytes(range(256)) * 4, "no encoding we know"),
        (b'rating,text\n4,"open\n' + b"5,x\n" * 3000, "a quote that is never closed"),
        (b"[" * 100_000, "broken JSON"),
        (b"[]", "no rows"),
        (b'{"reviews":[{"rating":4}]}', "no column for rating or text"),
        (b"sep=;", "no rows"),
    ],
)
def test_files_that_cannot_be_read_are_one_clear_line(body: bytes, says: str) -> None:
    with pytest.raises(BadInput) as error:
        _rows(body)
    assert "\n" not in str(error.value)
    assert says in str(error.value)
    assert error.value.exit_code == 3
