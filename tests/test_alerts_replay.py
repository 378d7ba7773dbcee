"""`leumund alerts replay` on a real warehouse: the table, the JSON of the contract, the picture, wrong use."""

from __future__ import annotations

import json
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

from pipeline.cli.app import main
from pipeline.steps import workplace

FIRST = date(2026, 1, 1)
BURST = 80
DAYS = 100


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two entities with three star-only reviews a day, one with twelve bad ones on a day and the next."""
    config = tmp_path / "leumund.toml"
    config.write_text(
        'home = "state"\ntime_zone = "UTC"\n[[entity]]\nname = "shop"\ntitle = "Lindgrün"\n[[entity]]\nname = "inn"\n',
        encoding="utf-8",
    )
    monkeypatch.setenv("LEUMUND_CONFIG", str(config))
    monkeypatch.delenv("LEUMUND_HOME", raising=False)
    rows = []
    for entity in ("shop", "inn"):
        for day in range(DAYS):
            stars = [5, 4, 1 if day % 5 == 0 else 5]
            stars += [1] * 12 if entity == "shop" and day in (BURST, BURST + 1) else []
            rows += [
                (f"{entity}-{day}-{k}", entity, FIRST + timedelta(days=day), float(value))
                for k, value in enumerate(stars)
            ]
    keys, entities, days, all_stars = zip(*rows, strict=True)
    with workplace.warehouse(workplace.current()) as con:
        con.execute(
            "insert into core.review_versions (review_key, seen_at, source, entity, posted_at, posted_precision,"
            " rating_stars, is_imported) select review_key, timestamptz '2026-05-01', 'portal', entity, day, 'day',"
            " stars, true from (select unnest($1) as review_key, unnest($2) as entity, unnest($3) as day,"
            " unnest($4) as stars)",
            [list(keys), list(entities), list(days), list(all_stars)],
        )
    return tmp_path


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["leumund", "alerts", "replay", *arguments])
    try:
        main()
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


SPAN = ("--from", "2026-03-01", "--to", "2026-04-10")


def test_the_json_is_the_list_of_the_contract(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "--entity", "shop", *SPAN, "--json") == 0
    (first, *_) = json.loads(capsys.readouterr().out)
    assert first.keys() == {
        "entity", "scope", "kind", "severity", "start_day", "alert_day", "observed", "expected"
    }  # fmt: skip
    assert (first["entity"], first["scope"]) == ("shop", "entity")
    assert first["alert_day"] == str(FIRST + timedelta(days=BURST))


def test_all_entities_are_replayed_and_drawn_where_none_is_named(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = home / "all.svg"
    assert run(monkeypatch, *SPAN, "--per-month", "0.3", "--picture", str(picture), "--lang", "de") == 0
    told = capsys.readouterr().out
    assert "entity" in told.splitlines()[0]
    assert "0.3 *" in told
    assert "threshold" in told
    drawn = picture.read_text(encoding="utf-8")
    assert "Alles zusammen, 1. März 2026 bis 10. Apr. 2026" in drawn
    assert not list(home.glob("all.svg*.partial"))


def test_a_picture_of_one_entity_has_its_title(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, "--entity", "shop", *SPAN, "--picture", str(home / "one.png")) == 0
    assert (home / "one.png").read_bytes().startswith(b"\x89PNG")


def test_a_quiet_entity_has_an_empty_list(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "--entity", "inn", *SPAN, "--per-month", "0.05", "--json") == 0
    assert json.loads(capsys.readouterr().out) == []


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("--entity", "nobody", *SPAN), "no dated reviews of 'nobody'"),
        (("--from", "2026-04-10", "--to", "2026-03-01"), "no days to replay"),
        (("--from", "9999-01-01", "--to", "9999-02-01"), "no days to replay"),
        (("--from", "soon"), "is no date"),
        ((*SPAN, "--picture", "x.gif"), "no picture of the kind '.gif'"),
        ((*SPAN, "--picture", "nowhere/x.png"), "no such folder"),
    ],
)
def test_wrong_use_is_one_line(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    word: str,
) -> None:
    assert run(monkeypatch, *arguments) == 2
    assert word in capsys.readouterr().err
