"""Collecting from a real loopback site: complete, once, and loud when it is not."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.demo import site as demo_site
from pipeline.demo import world as demo_world
from pipeline.demo_tour import write_settings
from pipeline.errors import SourceBlocked, SourceError
from pipeline.steps import ingest, score, workplace

NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture(scope="module")
def site() -> Iterator[demo_site.ReviewSite]:
    with demo_site.ReviewSite(demo_world.build(NOW.date())) as served:
        served.advance_to(NOW.date() - timedelta(days=1))
        yield served


@pytest.fixture
def home(tmp_path: Path, site: demo_site.ReviewSite, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LEUMUND_CONFIG", "")
    monkeypatch.setenv("LEUMUND_FETCH__BACKOFF_S", "0.05")
    write_settings(tmp_path, site)
    return tmp_path


def collect(run_id: str, judge: bool = True) -> dict[str, int]:
    for batch in ingest.plan_ingest(run_id, NOW - timedelta(days=1), NOW):
        ingest.fetch_batch(batch)
    counts = ingest.load_reviews(run_id)
    if judge:
        ingest.judge_coverage(run_id)
    return counts


def rows() -> list[tuple[object, ...]]:
    with workplace.warehouse(workplace.current()) as con:
        return con.execute(
            "select review_key, version_no, content_hash from core.review_versions order by all"
        ).fetchall()


def test_collecting_twice_adds_nothing(home: Path):
    first = collect("run-1")
    assert first["new"] > 100
    stored = rows()
    assert len({row[0] for row in stored}) == first["new"]
    again = collect("run-2")
    assert (again["new"], again["edited"]) == (0, 0)
    assert rows() == stored
    assert not list((home / "staged" / "ingest").iterdir())


def test_a_source_without_permission_is_refused_and_the_others_are_loaded(home: Path):
    config = home / "leumund.toml"
    blocks = config.read_text(encoding="utf-8").split("[subscription.permission]", 1)
    after = blocks[1].split("\n\n", 1)[1]
    config.write_text(f"{blocks[0]}\n\n{after}", encoding="utf-8")
    assert collect("run-1", judge=False)["new"] > 50
    with pytest.raises(SourceBlocked, match="no permission record"):
        ingest.judge_coverage("run-1")


def test_a_changed_page_is_red_set_aside_and_not_hidden_by_not_modified(home: Path, site: demo_site.ReviewSite):
    broken = next(iter(demo_site.subscriptions(site.world, site.base_url)))["site"]
    config = home / "leumund.toml"
    head, first, *_ = config.read_text(encoding="utf-8").split("[[subscription]]")
    config.write_text(f"{head}[[subscription]]{first}", encoding="utf-8")  # one is enough: each retry costs seconds
    site.set_fault(str(broken), "broken")
    try:
        for run_id in ("run-1", "run-2"):
            collect(run_id, judge=False)
            with pytest.raises(SourceError, match="not read completely"):
                ingest.judge_coverage(run_id)
    finally:
        site.set_fault(str(broken), None)
    collect("run-3")


@pytest.mark.parametrize("moment", ["staging", "loading"])
def test_a_killed_run_is_completed_by_the_next(home: Path, moment: str):
    child = (
        "import os, signal\n"
        "from datetime import datetime, timedelta, UTC\n"
        "from pipeline.steps import ingest\n"
        "now = datetime(2026, 11, 23, tzinfo=UTC)\n"
        "def die(*_, **__): os.kill(os.getpid(), signal.SIGKILL)\n"
        "batches = ingest.plan_ingest('killed', now - timedelta(days=1), now)\n"
        "ingest.fetch_batch(batches[0])\n"
        + (
            "ingest.collect = die\ningest.fetch_batch(batches[1])\n"
            if moment == "staging"
            else "ingest.load.load_staged = die\ningest.load_reviews('killed')\n"
        )
    )
    killed = subprocess.run([sys.executable, "-c", child], check=False, capture_output=True)
    assert killed.returncode == -9, killed.stderr.decode()
    collect("after")
    found = rows()
    assert len({row[0] for row in found}) == len(found)
    assert collect("once-more")["new"] == 0


def test_texts_are_scored_once(home: Path):
    collect("run-1")
    parts = score.select_texts("run-1")
    for part in parts:
        score.score_part(part)
    assert score.load_scores()["loaded"] > 50
    assert score.select_texts("run-2") == []
