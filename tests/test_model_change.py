"""Another model beside the one that counts: it moves no figure until it is switched to, and the way back is open."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.cli.app import app
from pipeline.errors import ModelError, UsageError
from pipeline.steps import file_import, model, model_change, score, workplace
from pipeline.steps.doctor import examine
from pipeline.warehouse import models

SHIPPED = Path(__file__).resolve().parents[1] / "models" / "sentiment"
ROWS = (
    "1,1,The kettle broke after a week and nobody helped.,2026-01-05",
    "2,5,Lovely people and a fair price.,2026-01-05",
    "3,4,Ganz nette Leute hier.,2026-01-06",
    "4,2,Очень плохой магазин и плохие люди.,2026-01-06",
    "5,3,,2026-01-07",
)
FIGURES = "select count(*), count_if(is_negative), count_if(is_scored), max(model_version) from core.review_facts"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LEUMUND_CONFIG", "")
    monkeypatch.setenv("LEUMUND_HOME", str(tmp_path / "var"))
    monkeypatch.chdir(tmp_path)
    load_reviews(tmp_path, ROWS)
    run_scoring()
    return tmp_path


def load_reviews(folder: Path, rows: tuple[str, ...]) -> None:
    file = folder / "reviews.csv"
    file.write_text("id,rating,text,date\n" + "\n".join(rows) + "\n", encoding="utf-8")
    file_import.import_file(file_import.ImportRequest(file, "portal", "shop"))


def run_scoring() -> dict[str, int]:
    for part in score.select_texts("run"):
        score.score_part(part)
    return score.load_scores()


def grim_model(folder: Path) -> str:
    """The shipped weights with an alarm cut that calls everything negative; its folder."""
    target = folder / "grim"
    target.mkdir(exist_ok=True)
    for path in SHIPPED.iterdir():
        if path.name != "leumund.json" and not (target / path.name).exists():
            (target / path.name).symlink_to(path)
    row = json.loads((SHIPPED / "leumund.json").read_text(encoding="utf-8"))
    row |= {"version": "grim-1", "alarm_below": {"": 5.5}}
    (target / "leumund.json").write_text(json.dumps(row), encoding="utf-8")
    return str(target)


def figures() -> tuple[int, int, int, str]:
    with workplace.warehouse(workplace.current()) as con:
        (row,) = con.execute(FIGURES).fetchall()
    return row


def shipped_version() -> str:
    return json.loads((SHIPPED / "leumund.json").read_text(encoding="utf-8"))["version"]  # type: ignore[no-any-return]


def test_scored_beside_compared_switched_and_back(home: Path) -> None:
    before = figures()
    assert before == (5, 2, 3, shipped_version())
    assert model_change.score_beside(grim_model(home), limit=1) == ("grim-1", 1, 3)
    with pytest.raises(UsageError, match="has not scored 3 texts"):
        model_change.switch_to("grim-1")
    assert model_change.score_beside(grim_model(home)) == ("grim-1", 3, 0)
    assert model_change.score_beside(grim_model(home)) == ("grim-1", 0, 0)
    assert figures() == before
    a, b, found = model_change.compare_versions(None, "grim-1")
    assert (a.version, b.version, found.reviews, found.same_label) == (shipped_version(), "grim-1", 4, 4)
    assert [(part.name, part.negative_a, part.negative_b, part.gained) for part in found.sources] == [
        ("portal", 2, 4, 2)
    ]
    assert (found.stars.n, found.stars.right_a, found.stars.only_b) == (3, 3, 0)
    model_change.switch_to("grim-1", reason="a trial")
    # The review in Russian is still counted by its stars.
    assert figures() == (5, 4, 3, "grim-1")
    load_reviews(home, (*ROWS, "6,5,Friendly and fast.,2026-01-08"))
    assert run_scoring() == {"loaded": 1, "read_again": 0}
    assert figures() == (6, 5, 4, "grim-1")
    assert model_change.switch_back() == shipped_version()
    # What the version before has not scored yet keeps the newer one's score for a run.
    assert figures()[:3] == (6, 3, 4)
    assert run_scoring() == {"loaded": 1, "read_again": 0}
    assert figures() == (6, 2, 4, shipped_version())


def test_a_model_named_by_the_settings_takes_over_when_it_has_scored_all(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = figures()
    monkeypatch.setenv("LEUMUND_MODEL__DIRECTORY", grim_model(home))
    (part,) = score.select_texts("changed")
    score.score_part(part)
    assert figures() == before
    assert score.load_scores() == {"loaded": 4, "read_again": 0, "switched": 1}
    assert figures() == (5, 4, 3, "grim-1")
    monkeypatch.delenv("LEUMUND_MODEL__DIRECTORY")
    assert run_scoring() == {"loaded": 0, "read_again": 0, "switched": 1}
    assert figures() == before


def test_a_switch_holds_against_the_settings_until_they_are_asked_again(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model_change.score_beside(grim_model(home))
    model_change.switch_to("grim-1")
    run_scoring()
    versions, named = model_change.list_versions()
    assert [(each.version, each.is_current, each.is_chosen) for each in versions] == [
        ("grim-1", True, True),
        (shipped_version(), False, False),
    ]
    assert named == shipped_version()
    notes = [finding.message for finding in examine() if finding.level == "note" and finding.subject == "model"]
    assert notes == [f"grim-1 counts by a switch, not {named} of the settings; leumund model switch"]
    since = versions[0].current_since
    assert model_change.follow_settings() == shipped_version()
    ((kept, *_), _) = model_change.list_versions()
    assert (kept.version, kept.is_chosen, kept.current_since) == ("grim-1", False, since)
    assert run_scoring()["switched"] == 1
    assert figures()[3] == shipped_version()


def test_the_score_of_an_erased_text_outlives_a_new_model(home: Path) -> None:
    with workplace.warehouse(workplace.current()) as con:
        con.execute("update core.review_versions set text = null where rating_stars = 1")
    model_change.score_beside(grim_model(home))
    model_change.switch_to("grim-1")
    with workplace.warehouse(workplace.current()) as con:
        ((version, is_scored),) = con.execute(
            "select model_version, is_scored from core.review_facts where rating_stars = 1"
        ).fetchall()
    assert (version, is_scored) == (shipped_version(), True)


def test_what_cannot_be_is_said(home: Path) -> None:
    with pytest.raises(UsageError, match="no model version 'ghost'"):
        model_change.switch_to("ghost")
    with pytest.raises(UsageError, match="counts already"):
        model_change.switch_to(shipped_version())
    with pytest.raises(UsageError, match="no other version has counted"):
        model_change.switch_back()
    with pytest.raises(ModelError, match="no model in this folder"):
        model_change.score_beside(str(home))
    model_change.score_beside(grim_model(home))
    model_change.switch_to("grim-1")
    (home / "grim" / "leumund.json").unlink()
    model._loaded.cache_clear()
    with pytest.raises(ModelError):
        score.select_texts("gone")


def test_every_switch_is_kept(home: Path) -> None:
    model_change.score_beside(grim_model(home))
    model_change.switch_to("grim-1", reason="a trial")
    model_change.switch_back()
    with workplace.warehouse(workplace.current()) as con:
        kept = con.execute("select from_version, to_version, reason from run.model_switches order by switched_at")
        assert kept.fetchall() == [
            (None, shipped_version(), None),
            (shipped_version(), "grim-1", "a trial"),
            ("grim-1", shipped_version(), "back"),
        ]
        assert models.version_before(con) == "grim-1"


def test_the_command_line_says_what_differs(home: Path) -> None:
    runner = CliRunner()
    scored = runner.invoke(app, ["model", "score", grim_model(home)])
    assert "grim-1: 4 texts scored, 0 left" in scored.output
    told = runner.invoke(app, ["model", "compare", "grim-1"]).output
    assert "same label     1.000" in told
    assert "p 1 (sign test)" in told
    listed = json.loads(runner.invoke(app, ["model", "list", "--json"]).output)
    assert [(each["version"], each["is_current"], each["missing"]) for each in listed] == [
        (shipped_version(), True, 0),
        ("grim-1", False, 0),
    ]
    assert runner.invoke(app, ["model", "switch"]).exit_code != 0
