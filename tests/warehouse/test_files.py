"""Tables in files: every row and column in order, whatever the encoding; clear words for what is no table."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import BadInput, UsageError
from pipeline.warehouse import files


def read(path: Path, batch: int = 10_000) -> list[dict[str, Any]]:
    return [row for part in files.read_rows(path, batch) for row in part]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "iso-8859-15"])
def test_csv_in_common_encodings(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.csv"
    text = 'Name;Text\nMüller;"schön\nund ""gut"", häufig süß"\nGrün;Für Österreich geprüft\n'
    path.write_bytes(text.encode(encoding))
    assert read(path) == [
        {"Name": "Müller", "Text": 'schön\nund "gut", häufig süß'},
        {"Name": "Grün", "Text": "Für Österreich geprüft"},
    ]


def test_csv_values_are_text_as_written(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,day,text\n007,2026-01-02,null\n1e5,,\n")
    assert read(path) == [{"id": "007", "day": "2026-01-02", "text": "null"}, {"id": "1e5", "day": None, "text": None}]


def test_json_lines_keep_values_and_fill_missing_columns(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"a": "2026-01-02T03:04:05Z", "n": 1}\n\n{"a": "ü", "b": [1, 2]}\n')
    assert read(path) == [{"a": "2026-01-02T03:04:05Z", "n": 1, "b": None}, {"a": "ü", "n": None, "b": [1, 2]}]
    array = tmp_path / "a.json"
    array.write_text('[{"a": 1}, {"a": 2}]')
    assert read(array) == [{"a": 1}, {"a": 2}]


ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "text": st.one_of(
                st.none(), st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40)
            ),
            "number": st.one_of(st.none(), st.integers(-(2**53), 2**53)),
            "share": st.one_of(st.none(), st.floats(0, 1)),
            "is_it": st.booleans(),
        }
    ),
    min_size=1,
    max_size=20,
)


@pytest.mark.parametrize("suffix", [".parquet", ".jsonl"])
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS)
def test_what_is_written_is_read_again(tmp_path: Path, suffix: str, rows: list[dict[str, Any]]) -> None:
    path = tmp_path / f"a{suffix}"
    assert files.write_rows(path, rows) == len(rows)
    assert read(path, batch=7) == rows


def test_order_is_kept_over_many_batches(tmp_path: Path) -> None:
    for suffix in (".csv", ".parquet", ".jsonl"):
        path = tmp_path / f"a{suffix}"
        files.write_rows(path, ({"n": i} for i in range(30_000)))
        assert [int(row["n"]) for row in read(path, 999)] == list(range(30_000))


def test_long_texts_among_short_ones_are_all_read_once_and_in_order(tmp_path: Path) -> None:
    # 2,048 rows, which DuckDB reads at a time, take more than the memory that reading begins with.
    path = tmp_path / "long.csv"
    # Doubled quotes make DuckDB copy the text; a plain one it leaves where it lies.
    words = ['kurz, ""ja""' * (1 if at < 3_000 else 2_500) for at in range(5_200)]
    with path.open("w", encoding="utf-8") as stream:
        stream.write("id,text\n")
        stream.writelines(f'{at},"{text}"\n' for at, text in enumerate(words))
    found = [(row["id"], len(row["text"])) for part in files.read_rows(path, 1_000) for row in part]
    assert found == [(str(at), len(text.replace('""', '"'))) for at, text in enumerate(words)]


# In a process of its own: the peak of this one may long have been higher, and getrusage would hand it down.
_GROWTH = r"""
import re, sys
from pathlib import Path
from pipeline.warehouse import files
def peak():
    return int(re.search(r"VmHWM:\s*(\d+)", Path("/proc/self/status").read_text())[1])
batches = files.read_rows(Path(sys.argv[1]), 2_000)
next(batches)
before = peak()
count = sum(map(len, batches))
print(count, (peak() - before) / 1e3)
"""


def test_memory_does_not_grow_with_a_csv_file(tmp_path: Path) -> None:
    path = tmp_path / "much.csv"
    line = "7," + "lange gewartet und nie geliefert. " * 60 + "\n"
    path.write_text("id,text\n" + line * 75_000, encoding="utf-8")
    done = subprocess.run([sys.executable, "-c", _GROWTH, str(path)], capture_output=True, text=True, check=True)
    count, megabytes = done.stdout.split()
    assert int(count) == 73_000
    assert float(megabytes) < path.stat().st_size / 1e6 / 3


def test_lists_become_json_text_in_csv_and_parquet(tmp_path: Path) -> None:
    rows = [{"themes": [{"group": "billing"}], "day": date(2026, 1, 2)}]
    files.write_rows(tmp_path / "a.csv", rows)
    assert read(tmp_path / "a.csv") == [{"themes": '[{"group": "billing"}]', "day": "2026-01-02"}]
    files.write_rows(tmp_path / "a.parquet", rows)
    (row,) = read(tmp_path / "a.parquet")
    assert json.loads(row["themes"]) == [{"group": "billing"}]
    assert row["day"] == date(2026, 1, 2)


def test_a_failing_writer_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    files.write_rows(path, [{"n": 1}])

    def broken() -> Any:
        yield {"n": 2}
        raise RuntimeError

    with pytest.raises(RuntimeError):
        files.write_rows(path, broken())
    assert read(path) == [{"n": "1"}]
    assert [each.name for each in tmp_path.iterdir()] == ["a.csv"]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", b"", "the file is empty"),
        ("a.parquet", b"text,stars\nfine,5\n", "Is this really PARQUET"),
        ("a.jsonl", b'{"a": 1}\n{"a": ', "Is this really JSON"),
        ("a.jsonl", b"[1, 2]\n", "row 1 is no object"),
    ],
    ids=["empty", "csv named parquet", "cut off", "no objects"],
)
def test_bad_files_are_told_in_one_line(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(BadInput, match=words) as caught:
        read(path)
    assert "\n" not in str(caught.value)


def test_missing_files_and_unknown_types(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such file"):
        read(tmp_path / "a.csv")
    with pytest.raises(UsageError, match="unknown file type"):
        read(tmp_path / "a.docx")
