"""Exports as people hand them over: odd first lines, broken bytes, ragged rows. No fault is silent."""

from __future__ import annotations

import pytest

from pipeline.errors import BadInput
from pipeline.review import ParsedReview
from pipeline.sources import file_rows


def _rows(body: bytes) -> list[file_rows.Item]:
    return list(file_rows.parse_bytes(body, source="file", entity="Brio", location=None))


def _short(items: list[file_rows.Item]) -> list[tuple[float | None, str | None] | str]:
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
        (b'{"reviews":[{"rating":4}]}', [(4.0, None)]),
        (b'{\n "items": [\n  {"stars": 2, "text": "a", "user": {"name": "b"}}\n ]\n}', [(2.0, "a")]),
        (b'{"name":"Brio","rating":4.4,"review_count":230}', []),
        (b'{"name":"Brio","rating":4.4,"review_count":0,"reviews":[]}', []),
        (b'{"data":{"reviews":{"edges":[{"node":{"id":"1","body":"a","score":3}}]}}}', [(3.0, "a")]),
        (b'{"reviews":{"17":{"text":"a","rating":3},"18":{"text":"b","rating":4}}}', [(3.0, "a"), (4.0, "b")]),
        (
            b'[{"name":"A","reviewCount":1,"reviews":[{"rating":1,"text":"a"}]},{"name":"B","reviewCount":0,"reviews":[]}]',
            [(1.0, "a")],
        ),
        (b'{"rating":4,"text":"a","date":"2026-03-05","replies":[{"text":"b","author":"c"}]}', [(4.0, "a")]),
        (b"recommended,text\nyes,a\nno,b\n", [(1.0, "a"), (0.0, "b")]),
        (b"score,text\n9,a\n3,b\n10,c\n", [(9.0, "a"), (3.0, "b"), (10.0, "c")]),
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
        (b"PK\x03\x04" + bytes(range(256)) * 4, "a damaged workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 900, "no workbook"),
        (b'rating,text\n4,"open\n' + b"5,x\n" * 3000, "a quote that is never closed"),
        (b"[" * 100_000, "broken JSON"),
        (b"[]", "no rows"),
        (b'{"error":{"id":"GONE","text":"No such place"}}', "JSON without reviews"),
        (b'{"status":"OVER_QUERY_LIMIT","error_message":"Wait"}', "JSON without reviews"),
        (b'{"message":"Not Found"}', "JSON without reviews"),
        (b"sep=;", "no rows"),
    ],
)
def test_files_that_cannot_be_read_are_one_clear_line(body: bytes, says: str) -> None:
    with pytest.raises(BadInput) as error:
        _rows(body)
    assert "\n" not in str(error.value)
    assert says in str(error.value)
    assert error.value.exit_code == 3


@pytest.mark.parametrize(
    ("ratings", "stars"),
    [
        ((9, 3, 10), [pytest.approx(4.555, abs=0.01), pytest.approx(1.888, abs=0.01), 5.0]),
        ((87, 100, 20), [pytest.approx(4.48), 5.0, pytest.approx(1.8)]),
        ((0, 10, 5), [1.0, 5.0, 3.0]),
        ((5, 4, 1), [5.0, 4.0, 1.0]),
        ((*(4,) * 20, 55), [*(4.0,) * 20, None]),  # one slip of the pen is no scale of a hundred
    ],
)
def test_a_scale_beyond_five_stars_is_told_from_the_whole_file(ratings: tuple[int, ...], stars: list[object]) -> None:
    items = _rows(b"rating,text\n" + b"".join(b"%d,x\n" % rating for rating in ratings))
    assert [item.rating.stars for item in items if isinstance(item, ParsedReview) and item.rating] == stars
