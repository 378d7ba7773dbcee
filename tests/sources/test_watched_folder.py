"""A watched folder: each content once, resumable, and nothing that cannot be read goes by in silence."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline import sources
from pipeline.errors import SourceUnreachable, UsageError
from pipeline.review import RawPage
from pipeline.sources.client import Client
from pipeline.sources.file import File
from pipeline.sources.source import Subscription
from pipeline.steps import file_page
from pipeline.warehouse import files
from tests.sources.conftest import WINDOW, page_of


def _watch(folder: Path, **options: str) -> Subscription:
    return Subscription("exports", "file", "Brio", options={"path": str(folder), **options})


def _take(subscription: Subscription, client: Client, *, is_kept: bool = True) -> list[str]:
    pages: list[RawPage] = list(sources.get("file").fetch(subscription, WINDOW, client))
    for page in pages if is_kept else []:
        client.confirm(page)
    return [page.url.rsplit("/", 1)[1] for page in pages]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two exports and what lies beside them."""
    made = tmp_path / "exports"
    (made / "old").mkdir(parents=True)
    for name in ("a.csv", "b.jsonl", "old/c.csv", ".hidden.csv", "~$lock.xlsx", "d.csv.part", "notes.md"):
        (made / name).write_text('{"rating": 4}\n' if name == "b.jsonl" else f"rating,text\n4,{name}\n", "utf-8")
    return made


def test_new_and_changed_files_are_taken_each_content_once(folder: Path, client: Client) -> None:
    watched = _watch(folder)
    assert _take(watched, client) == ["a.csv", "b.jsonl"]
    assert _take(watched, client) == []
    (folder / "a.csv").write_text("rating,text\n2,a.csv\n", "utf-8")
    (folder / "renamed.jsonl").write_bytes((folder / "b.jsonl").read_bytes())
    assert _take(watched, client) == ["a.csv"]


def test_a_killed_run_takes_them_again(folder: Path, client: Client) -> None:
    assert _take(_watch(folder), client, is_kept=False) == ["a.csv", "b.jsonl"]
    assert _take(_watch(folder), client) == ["a.csv", "b.jsonl"]


def test_another_reading_of_the_same_files_takes_them_anew(folder: Path, client: Client) -> None:
    _take(_watch(folder), client)
    assert _take(_watch(folder, map_text="rating"), client) == ["a.csv", "b.jsonl"]


def test_a_pattern_says_which(folder: Path, client: Client) -> None:
    assert _take(_watch(folder, pattern="**/*.csv"), client) == ["a.csv", "c.csv"]
    with pytest.raises(UsageError, match="no pattern"):
        _take(_watch(folder, pattern="/etc/*"), client)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_told_after_the_others(folder: Path, client: Client) -> None:
    (folder / "a.csv").chmod(0)
    pages = sources.get("file").fetch(_watch(folder), WINDOW, client)
    assert next(pages).url.endswith("/b.jsonl")
    with pytest.raises(SourceUnreachable, match=r"1 files not read: a\.csv"):
        next(pages)


def test_a_file_that_is_too_large_is_told_after_the_others(
    folder: Path, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.sources.file.MAX_BYTES", 15)
    pages = sources.get("file").fetch(_watch(folder), WINDOW, client)
    assert next(pages).url.endswith("/b.jsonl")
    with pytest.raises(SourceUnreachable, match="use `leumund import`"):
        next(pages)


def test_bad_rows_are_told_and_the_rest_is_read() -> None:
    page = page_of("file", b"rating,text\n4,x\n,\n3,y,z\n,\n2,w\n")
    parsed = file_page.parse(File(), page)
    assert [review.text for review in parsed.reviews] == ["x", "w"]
    assert sorted(parsed.rejected) == [
        "line 3: neither rating nor text",
        "line 3: neither rating nor text",
        "line 4: 3 cells, but 2 columns",
    ]


def test_parquet_is_read_like_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    files.write_rows(path, [{"Sterne": 4, "Kommentar": "gut"}, {"Sterne": 1, "Kommentar": "schlecht"}])
    source = sources.get("file", {"map_rating": "Sterne", "layout": "generic"})
    reviews = file_page.parse(source, page_of("file", path.read_bytes())).reviews
    assert [(review.rating.value if review.rating else None, review.text) for review in reviews] == [
        (4.0, "gut"),
        (1.0, "schlecht"),
    ]


@pytest.mark.parametrize(
    ("options", "says"), [({"layout": "xls"}, "no layout 'xls'"), ({"map_stars": "x"}, "no option map_stars")]
)
def test_options_that_cannot_be_meant_are_told(options: dict[str, str], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        sources.get("file", options)
