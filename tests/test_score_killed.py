"""Scoring killed at any moment: nothing is lost, nothing is scored or loaded twice, and the figures are the same."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.steps import file_import, score, workplace

TEXTS = 260
KILL = "import os, signal\ndef die(*_, **__): os.kill(os.getpid(), signal.SIGKILL)\n"
START = KILL + "from pipeline.steps import score\nparts = score.select_texts('killed')\n"
MOMENTS = {
    "while texts are selected": KILL
    + "from pipeline.steps import score\nscore.read.unscored_texts = die\nscore.select_texts('killed')\n",
    "between two parts": START + "score.score_part(parts[0])\ndie()\n",
    "within a part": START
    + "score.score_part(parts[0])\n"
    + "report = score.progress.report\n"
    + "score.progress.report = lambda step, done, *rest: die() if step == 'score' else report(step, done, *rest)\n"
    + "score.score_part(parts[1])\n",
    "while scores are loaded": START
    + "for part in parts: score.score_part(part)\n"
    + "from pipeline.warehouse import load\n"
    + "calls, count = [], load.count\n"
    + "load.count = lambda *given: die() if calls else calls.append(0) or count(*given)\n"
    + "score.load_scores()\n",
    "after loading, before the part is swept": START
    + "for part in parts: score.score_part(part)\n"
    + "import pathlib\n"
    + "pathlib.Path.unlink = die\n"
    + "score.load_scores()\n",
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LEUMUND_CONFIG", "")
    monkeypatch.setenv("LEUMUND_HOME", str(tmp_path / "var"))
    monkeypatch.setenv("LEUMUND_MODEL__PART_SIZE", "100")
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "reviews.csv"
    opinions = ("The desk was scratched", "Sehr freundlich bedient", "Livraison en retard")
    lines = [f"{n},{n % 5 + 1},{opinions[n % 3]} number {n},2026-01-05" for n in range(TEXTS)]
    file.write_text("id,rating,text,date\n" + "\n".join(lines) + "\n", encoding="utf-8")
    file_import.import_file(file_import.ImportRequest(file, "portal", "shop"))
    return tmp_path


def finish() -> list[tuple[object, ...]]:
    """Score what is left, twice; all scores."""
    for run_id in ("after", "once-more"):
        for part in score.select_texts(run_id):
            score.score_part(part)
        score.load_scores()
    assert score.select_texts("last") == []
    with workplace.warehouse(workplace.current()) as con:
        return con.execute(
            "select text_hash, model_version, label, round(stars, 4) from core.scores order by all"
        ).fetchall()


@pytest.mark.parametrize("moment", MOMENTS)
def test_what_a_kill_left_is_completed(home: Path, moment: str) -> None:
    killed = subprocess.run([sys.executable, "-c", MOMENTS[moment]], check=False, capture_output=True)
    assert killed.returncode == -9, killed.stderr.decode()
    scores = finish()
    assert len({row[0] for row in scores}) == len(scores) == TEXTS
    folder = home / "var" / "staged" / score.SCORING
    assert not list(folder.glob("*.jsonl"))
    for partial in folder.glob("*.partial"):
        os.utime(partial, (0, 0))
    score.select_texts("a day later")
    assert not list(folder.iterdir())


def test_two_runs_at_once_lose_nothing(home: Path) -> None:
    mine = score.select_texts("mine")
    score.score_part(mine[0])
    others = score.select_texts("others")
    assert [score.score_part(part)["scored"] for part in mine] == [0, 0, 0]
    for part in others:
        score.score_part(part)
    assert len(finish()) == TEXTS
