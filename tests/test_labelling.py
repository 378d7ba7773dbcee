"""People judge texts: drawn, taken back, given out, counted; never more than once and never without the text."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from pipeline.cli.app import app
from pipeline.errors import BadInput
from pipeline.reputation.agreement import cohen_kappa
from pipeline.steps import file_import, labelling, publish, score, workplace
from pipeline.warehouse import privacy

ROWS = (
    "1,1,The kettle broke after a week and nobody helped.,2026-01-05",
    "2,5,Lovely people and a fair price.,2026-01-05",
    "3,1,Wunderbar freundliche Leute und alles bestens.,2026-01-06",
    "4,2,Очень плохой магазин и плохие люди.,2026-01-06",
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LEUMUND_CONFIG", "")
    monkeypatch.setenv("LEUMUND_HOME", str(tmp_path / "var"))
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "reviews.csv"
    file.write_text("id,rating,text,date\n" + "\n".join(ROWS) + "\n", encoding="utf-8")
    file_import.import_file(file_import.ImportRequest(file, "portal", "shop"))
    for part in score.select_texts("run"):
        score.score_part(part)
    score.load_scores()
    return tmp_path


def fill(path: Path, labels: dict[str, str], delimiter: str = ",") -> None:
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        for row in rows:
            writer.writerow(row | {"label": next((v for k, v in labels.items() if k in row["text"]), "")})


def test_drawn_filled_in_taken_and_measured(home: Path) -> None:
    file = home / "draw.csv"
    # What the model abstains from is not drawn.
    assert labelling.draw_file(file, "ann", "random", 10, None, "1") == 3
    fill(file, {"kettle": "Negative", "Lovely": "+"}, delimiter=";")
    assert labelling.take_file(file, "ann") == (2, 1)
    assert labelling.take_file(file, "ann") == (0, 1)
    assert labelling.draw_file(file, "ann", "random", 10, None, "1") == 1
    publish.build_marts()
    with workplace.warehouse(workplace.current()) as con:
        found = con.execute(
            "select n, n_negative, polar_accuracy from mart.v_model_quality where basis = 'labels' and language = 'en'"
        ).fetchall()
    assert found == [(2, 1, 1.0)]


def test_texts_against_their_stars_are_drawn_when_asked(home: Path) -> None:
    assert [each.text[:9] for each in labelling.draw("ann", "conflict", 10, None, "1")] == ["Wunderbar"]
    assert labelling.draw("ann", "random", 10, "de", "1")[0].language == "de"


def test_asked_one_by_one_every_answer_is_kept_at_once(home: Path) -> None:
    # One label, one key that means nothing, one skip, then stop.
    result = CliRunner().invoke(app, ["label", "ask", "--by", "ann"], input="n\nx\ns\nq\n")
    assert result.exit_code == 0
    assert "1 labels stored" in result.output
    assert labelling.export(home / "labels.jsonl") == 1


def test_a_bad_file_is_refused_whole(home: Path) -> None:
    file = home / "draw.csv"
    labelling.draw_file(file, "ann", "random", 10, None, "1")
    fill(file, {"kettle": "negative", "Lovely": "great"})
    with pytest.raises(BadInput, match="label 'great'"):
        labelling.take_file(file, "ann")
    file.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(BadInput, match="no columns"):
        labelling.take_file(file, "ann")
    file.write_text("text_hash,drawn,label\nghost,random,negative\n", encoding="utf-8")
    with pytest.raises(BadInput, match="not in the warehouse"):
        labelling.take_file(file, "ann")
    assert labelling.export(home / "labels.jsonl") == 0


def test_labels_are_given_out_and_forgotten_with_their_text(home: Path) -> None:
    file, target = home / "draw.csv", home / "labels.jsonl"
    for who, word in (("ann", "negative"), ("bob", "neutral")):
        labelling.draw_file(file, who, "random", 10, "en", "1")
        fill(file, {"kettle": word, "Lovely": "positive"})
        labelling.take_file(file, who)
    assert labelling.export(target) == 4
    row = json.loads(target.read_text(encoding="utf-8").splitlines()[0])
    assert set(row) == {"text", "language", "label", "stars", "drawn", "labeller"}
    (agreed,) = labelling.agreements()
    assert (agreed.one, agreed.other, agreed.n, agreed.share) == ("ann", "bob", 2, 0.5)
    with workplace.warehouse(workplace.current()) as con:
        ((key,),) = con.execute(
            "select review_key from core.current_reviews where rating_stars = 1 and text like 'The%'"
        ).fetchall()
        privacy.erase(con, review_key=key)
    assert labelling.export(target) == 2
    with workplace.warehouse(workplace.current()) as con:
        assert con.execute("select count(*) from core.labels").fetchall() == [(2,)]


def test_kappa_as_in_the_textbook() -> None:
    # Two readers of 50 grant proposals: .70 alike, .50 by chance.
    table = {("yes", "yes"): 20, ("yes", "no"): 5, ("no", "yes"): 10, ("no", "no"): 15}
    assert cohen_kappa(table) == pytest.approx(0.4)
    assert cohen_kappa({}) is None
    assert cohen_kappa({("a", "a"): 3}) is None


@given(st.dictionaries(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), st.integers(0, 50)))
def test_kappa_is_symmetric_and_bounded(table: dict[tuple[str, str], int]) -> None:
    kappa = cohen_kappa(table)
    mirrored = cohen_kappa({(b, a): n for (a, b), n in table.items()})
    assert (kappa is None) == (mirrored is None)
    if kappa is not None and mirrored is not None:
        assert kappa == pytest.approx(mirrored)
        assert -1 - 1e-9 <= kappa <= 1 + 1e-9
