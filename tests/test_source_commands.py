"""`leumund source list`, `add`, `check`, `remove` and `reparse`, before a loopback site."""

from __future__ import annotations

import sys
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from pipeline.cli.app import main
from pipeline.steps import ingest, workplace
from tests.loopback_shop import Shop

NOW = datetime.now(UTC)
ADD = ["source", "add", "tents", "--source", "web_page", "--entity", "nordlicht", "--url", "https://n.example/tents"]
WHY = ["--basis", "own site", "--granted-by", "Ines Falk", "--note", "", "--option", "max_pages=3"]


@pytest.fixture
def shop(httpserver: HTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    made = Shop(httpserver).open()
    monkeypatch.setenv("LEUMUND_CONFIG", str(made.write_config(tmp_path)))
    monkeypatch.delenv("LEUMUND_HOME", raising=False)
    made.fill(8, NOW)
    return made


def _run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["leumund", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def _collect() -> None:
    for batch in ingest.plan_ingest("run", NOW - timedelta(days=1), datetime.now(UTC)):
        ingest.fetch_batch(batch)
    ingest.load_reviews("run")


def _count(sql: str) -> int:
    with workplace.warehouse(workplace.current()) as con:
        row = con.execute(sql).fetchone()
    return int(row[0]) if row else 0


def test_list_shows_health_last_run_and_permission(shop: Shop, monkeypatch, capfd) -> None:
    assert _run(monkeypatch, "source", "list") == 0
    assert "never run" in capfd.readouterr().out
    _collect()
    assert _run(monkeypatch, "source", "list") == 0
    told = " ".join(capfd.readouterr().out.split())
    assert "ok" in told
    assert "Ines Falk" in told
    assert f"{NOW:%Y}" in told


def test_check_says_what_it_would_take_and_loads_nothing(shop: Shop, tmp_path: Path, monkeypatch, capfd) -> None:
    assert _run(monkeypatch, "source", "check", "night") == 0
    told = capfd.readouterr().out
    assert "3 reviews on it" in told
    assert "robots.txt: allows it" in told
    assert "all 8 reviews: about 3 requests, 0.0 hours" in told
    assert "own site, by Ines Falk" in told
    assert len(shop.server.log) == 2  # robots.txt and one page
    assert not (tmp_path / "state" / "warehouse.duckdb").exists()


def test_check_of_a_refusing_site_ends_with_four(shop: Shop, monkeypatch, capfd) -> None:
    shop.server.clear()
    shop.server.expect_request("/robots.txt").respond_with_data("User-agent: *\nDisallow: /", content_type="text/plain")
    assert _run(monkeypatch, "source", "check", "night") == 4
    assert "robots.txt forbids it" in capfd.readouterr().err


def test_add_writes_options_and_the_permission_record(shop: Shop, tmp_path: Path, monkeypatch, capfd) -> None:
    assert _run(monkeypatch, *ADD, *WHY, "--location", 'Kiel "Hafen"') == 0
    assert "Source `web_page`" in capfd.readouterr().out
    added = tomllib.loads((tmp_path / "leumund.toml").read_text(encoding="utf-8"))["subscription"][-1]
    assert added["permission"]["basis"] == "own site"
    assert added["options"] == {"max_pages": "3"}
    assert added["location"] == 'Kiel "Hafen"'
    assert workplace.current().subscription[-1].name == "tents"
    assert _run(monkeypatch, *ADD, *WHY) == 2
    assert "there is a subscription" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["--url", "https://www.tripadvisor.de/x"], 4, "Instead"),
        (["--source", "no_such_site"], 2, "no_such_site"),
        (["--option", "nonsense"], 2, "key=value"),
        (["--basis", "x"], 2, "basis"),
    ],
)
def test_add_refuses_and_leaves_the_file_alone(
    shop: Shop, tmp_path: Path, monkeypatch, capfd, arguments: list[str], code: int, says: str
) -> None:
    before = (tmp_path / "leumund.toml").read_text(encoding="utf-8")
    assert _run(monkeypatch, *ADD, *WHY, *arguments) == code
    assert says in capfd.readouterr().err
    assert (tmp_path / "leumund.toml").read_text(encoding="utf-8") == before


def test_remove_keeps_the_history_and_forgets_how_far_it_read(shop: Shop, monkeypatch, capfd) -> None:
    _collect()
    assert _run(monkeypatch, "source", "remove", "night", "--history", "keep") == 0
    assert workplace.current().subscription == ()
    assert _count("select count(*) from core.review_versions") == 8
    assert _count("select count(*) from run.sightings") == 0
    assert _run(monkeypatch, "source", "remove", "night", "--history", "keep") == 2
    assert "no subscription" in capfd.readouterr().err


def test_remove_erases_what_it_collected_in_every_layer(shop: Shop, tmp_path: Path, monkeypatch, capfd) -> None:
    config = tmp_path / "leumund.toml"
    text = config.read_text(encoding="utf-8").replace(
        'source = "mozilla_addons"', 'source = "mozilla_addons"\nsite = "AMO"'
    )
    config.write_text(text, encoding="utf-8")
    _collect()
    assert list((tmp_path / "state" / "raw").rglob("*.gz"))
    assert _run(monkeypatch, "source", "remove", "night", "--history", "erase") == 0
    assert "8 reviews erased" in capfd.readouterr().out
    assert _count("select count(*) from core.review_versions") == 0
    assert not list((tmp_path / "state" / "raw").rglob("*.gz"))
    config.write_text(text, encoding="utf-8")  # subscribed to again, it collects all anew
    for batch in ingest.plan_ingest("again", NOW, datetime.now(UTC)):
        ingest.fetch_batch(batch)
    assert ingest.load_reviews("again")["new"] == 8


def test_reparse_without_pages_says_so(shop: Shop, monkeypatch, capfd) -> None:
    assert _run(monkeypatch, "reparse") == 0
    assert "0 pages: 0 mended" in capfd.readouterr().out
