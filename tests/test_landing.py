"""The raw zone keeps what it was given, once, and lets go of it in time."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline import landing
from pipeline.errors import BadInput
from pipeline.review import RawPage

_AT = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
_PAGE = RawPage("web_page", "https://nordlicht.example/r", _AT, 200, "text/html", b"<p>\xe4\x00</p>", "Nordlicht", None)


def test_a_page_comes_back_as_it_was(tmp_path: Path) -> None:
    assert landing.read(tmp_path, landing.write(tmp_path, _PAGE)) == _PAGE


def test_the_same_bytes_lie_once_and_the_last_fetch_counts(tmp_path: Path) -> None:
    later = replace(_PAGE, fetched_at=_AT + timedelta(days=1))
    ref = landing.write(tmp_path, _PAGE)
    assert landing.write(tmp_path, later) == ref
    assert list(landing.refs(tmp_path)) == [ref]
    assert landing.read(tmp_path, ref) == later
    assert len(list(tmp_path.rglob("*.gz"))) == 1
    assert not list(tmp_path.rglob(".*"))


def test_refs_are_those_of_a_source(tmp_path: Path) -> None:
    ref = landing.write(tmp_path, _PAGE)
    landing.write(tmp_path, replace(_PAGE, source="steam", body=b"{}"))
    assert list(landing.refs(tmp_path, "web_page")) == [ref]
    assert len(list(landing.refs(tmp_path))) == 2
    assert list(landing.refs(tmp_path / "none")) == []


def test_a_page_is_set_aside_and_cleared(tmp_path: Path) -> None:
    ref = landing.write(tmp_path, _PAGE)
    assert landing.set_aside(tmp_path, ref, "no rating").exists()
    landing.set_aside(tmp_path, ref, "no rating")
    assert landing.list_set_aside(tmp_path) == [landing.SetAside(ref, "no rating")]
    assert list(landing.refs(tmp_path)) == [ref]
    landing.clear_set_aside(tmp_path, ref)
    assert landing.list_set_aside(tmp_path) == []


def test_old_pages_are_purged_with_their_marks(tmp_path: Path) -> None:
    old = landing.write(tmp_path, _PAGE)
    landing.set_aside(tmp_path, old, "no rating")
    young = landing.write(tmp_path, replace(_PAGE, body=b"x", fetched_at=_AT + timedelta(days=40)))
    assert landing.purge(tmp_path, _AT + timedelta(days=30)) == 1
    assert list(landing.refs(tmp_path)) == [young]
    assert landing.list_set_aside(tmp_path) == []
    with pytest.raises(BadInput, match="raw page is not there"):
        landing.read(tmp_path, old)


def _touch(root: Path, ref: str, at: datetime) -> None:
    os.utime(root / f"{ref}.gz", (at.timestamp(), at.timestamp()))


def test_a_body_whose_line_was_never_written_harms_nobody(tmp_path: Path) -> None:
    orphan = landing.write(tmp_path, _PAGE)
    (tmp_path / f"{orphan}.jsonl").unlink()  # as if killed between the two
    _touch(tmp_path, orphan, _AT + timedelta(days=60))
    whole = landing.write(tmp_path, replace(_PAGE, body=b"x"))
    assert set(landing.refs(tmp_path)) == {orphan, whole}
    with pytest.raises(BadInput, match="raw page is not there"):
        landing.read(tmp_path, orphan)
    assert landing.purge(tmp_path, _AT + timedelta(days=30)) == 1
    assert landing.write(tmp_path, _PAGE) == orphan  # the next fetch completes it
    assert landing.read(tmp_path, orphan) == _PAGE


@pytest.mark.parametrize("damage", ["", '{"url": "https://nord', "[]", "{}", "not json\n"])
def test_a_damaged_line_is_one_clear_fault_and_goes_in_time(damage: str, tmp_path: Path) -> None:
    ref = landing.write(tmp_path, _PAGE)
    (tmp_path / f"{ref}.jsonl").write_text(damage, encoding="utf-8")
    with pytest.raises(BadInput):
        landing.read(tmp_path, ref)
    _touch(tmp_path, ref, _AT)  # the file's own age decides
    assert landing.purge(tmp_path, _AT) == 0
    assert landing.purge(tmp_path, _AT + timedelta(days=1)) == 1


def test_a_line_cut_short_does_not_spoil_the_next(tmp_path: Path) -> None:
    ref = landing.write(tmp_path, _PAGE)
    with (tmp_path / f"{ref}.jsonl").open("a", encoding="utf-8") as file:
        file.write('\n{"url": "https://nord')
    assert landing.read(tmp_path, ref) == _PAGE
    later = replace(_PAGE, fetched_at=_AT + timedelta(days=1))
    landing.write(tmp_path, later)
    assert landing.read(tmp_path, ref) == later


def test_a_damaged_body_is_one_clear_fault(tmp_path: Path) -> None:
    ref = landing.write(tmp_path, _PAGE)
    path = tmp_path / f"{ref}.gz"
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(BadInput):
        landing.read(tmp_path, ref)
