"""The raw zone keeps what it was given, once, and lets go of it in time."""

from __future__ import annotations

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
