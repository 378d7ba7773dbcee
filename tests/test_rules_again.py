"""New rules reach texts that were scored before, through the real steps; the model runs once a text."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.steps import file_import, score, workplace

ROWS = (
    '1,1,"The kettle caught fire, I want my $40 refund.",2026-01-05',
    "2,5,Lovely people and a fair price.,2026-01-05",
    "3,1,Очень плохой магазин и плохие люди.,2026-01-05",
)


def test_changed_rules_read_again_without_the_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEUMUND_CONFIG", "")
    monkeypatch.setenv("LEUMUND_HOME", str(tmp_path / "var"))
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "reviews.csv"
    file.write_text("id,rating,text,date\n" + "\n".join(ROWS) + "\n", encoding="utf-8")
    file_import.import_file(file_import.ImportRequest(file, "portal", "shop"))
    (part,) = score.select_texts("first")
    score.score_part(part)
    assert score.load_scores() == {"loaded": 3, "read_again": 0}
    select = "select * exclude (rules_version) from core.scores order by text_hash"
    with workplace.warehouse(workplace.current()) as con:
        before = con.execute(select).fetchall()
        con.execute("update core.scores set rules_version = 'older', escalation = [], billing = []")
    assert score.select_texts("second") == []
    # The text in a language the model does not know was not read by any rules.
    assert score.load_scores() == {"loaded": 0, "read_again": 2}
    assert score.load_scores() == {"loaded": 0, "read_again": 0}
    with workplace.warehouse(workplace.current()) as con:
        found = con.execute(select).fetchall()
        flagged = con.execute("select escalation, billing from core.scores where len(escalation) > 0").fetchall()
    assert found == before
    ((reasons, billing),) = flagged
    assert reasons == ["MONEY", "SAFETY"]
    assert [(row["subtype"], str(row["amount"]), row["currency"]) for row in billing] == [("refund", "40.00", "USD")]
