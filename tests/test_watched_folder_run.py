"""A watched folder through a whole run: loaded once, bad rows and bad files told and counted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.errors import SourceError
from pipeline.steps import ingest

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
