"""A watched folder through a whole run: loaded once, bad rows and bad files told and counted."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.errors import SourceError
from pipeline.steps import ingest, source_remove, workplace

NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = tmp_path / "exports"
    made.mkdir()
    config = tmp_path / "leumund.toml"
    config.write_text(
        f'home = "{tmp_path / "state"}"\ntime_zone = "UTC"\n\n[[subscription]]\nname = "exports"\nsource = "file"\n'
        f'entity = "brio"\noptions = {{ path = "{made}", map_rating = "Sterne" }}\n',
        encoding="utf-8",
    )
    monkeypatch.setenv("LEUMUND_CONFIG", str(config))
    monkeypatch.delenv("LEUMUND_HOME", raising=False)
    return made


def _run(run_id: str) -> tuple[int, int, int]:
    """Pages fetched, things set aside, reviews that were new."""
    fetched = set_aside = 0
    for batch in ingest.plan_ingest(run_id, NOW - timedelta(days=1), NOW):
        counts = ingest.fetch_batch(batch)
        fetched += counts["fetched"]
        set_aside += counts["set_aside"]
    return fetched, set_aside, ingest.load_reviews(run_id)["new"]


def test_a_watched_folder_is_loaded_once_and_its_faults_are_told(folder: Path) -> None:
    (folder / "march.csv").write_text(
        "id,Sterne,Kommentar,Datum\n1,4,gut,05.03.2026\n2,,,\n3,1,schlecht,06.03.2026\n", encoding="utf-8"
    )
    (folder / "broken.csv").write_text("<html>503</html>", encoding="utf-8")
    assert _run("run-1") == (2, 2, 2)
    with pytest.raises(SourceError, match="a web page, not a table"):
        ingest.judge_coverage("run-1")
    (folder / "broken.csv").write_text("id,Sterne,Kommentar\n9,5,neu\n", encoding="utf-8")
    assert _run("run-2") == (1, 0, 1)
    ingest.judge_coverage("run-2")
    assert _run("run-3") == (0, 0, 0)
    ingest.judge_coverage("run-3")


def _export(path: Path, first: int, count: int) -> None:
    rows = [f"{first + at},4,gut {first + at},{28 - at:02}.03.2026" for at in range(count)]
    path.write_text("\n".join(["id,Sterne,Kommentar,Datum", *rows, ""]), encoding="utf-8")


def test_a_later_export_says_nothing_of_what_it_leaves_out(folder: Path) -> None:
    _export(folder / "first.csv", 1, 20)
    assert _run("run-1") == (1, 0, 20)
    for day in range(2, 12):
        _export(folder / f"export-{day:02}.csv", 100 * day, 6)  # newest first, as a site would list them
        assert _run(f"run-{day}") == (1, 0, 6)
        ingest.judge_coverage(f"run-{day}")
    with workplace.warehouse(workplace.current()) as con:
        assert con.execute("select count(*) from core.review_versions where is_removed").fetchall() == [(0,)]
        assert con.execute("select count(*) from run.source_runs where covered_from is not null").fetchall() == [(0,)]


def test_exports_that_overlap_are_all_read(folder: Path) -> None:
    for name in ("a", "b", "c"):
        _export(folder / f"{name}.csv", 1, 6)
        (folder / f"{name}.csv").write_text((folder / f"{name}.csv").read_text() + "\n" * ord(name), encoding="utf-8")
    _export(folder / "d.csv", 50, 6)
    assert _run("run-1") == (4, 0, 12)


def test_a_removed_folder_is_taken_again_when_it_comes_back(folder: Path) -> None:
    _export(folder / "march.csv", 1, 6)
    config = Path(os.environ["LEUMUND_CONFIG"])
    text = config.read_text(encoding="utf-8")
    assert _run("run-1") == (1, 0, 6)
    assert source_remove.remove_source("exports", keep_history=False) == 6
    config.write_text(text, encoding="utf-8")
    assert _run("run-2") == (1, 0, 6)
