"""Bad input: one clear line, the exit code of the contract, nothing lost."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.cli.app import main

GOOD = "id,rating,text,date\n1,5,Very good chair,2026-01-05\n2,1,Never again,2026-01-06\n"
CASES = {
    "empty file": (b"", ["import", "{file}", "--source", "portal", "--entity", "shop"], 3, "empty"),
    "web page": (
        b"<html><body>503</body></html>",
        ["import", "{file}", "--source", "p", "--entity", "s"],
        3,
        "web page",
    ),
    "missing column": (
        GOOD.encode(),
        ["import", "{file}", "--source", "p", "--entity", "s", "--map", "rating=Sterne"],
        3,
        "Sterne",
    ),
    "broken UTF-8": (
        b"\xef\xbb\xbfid,rating,text\n1,5,caf\xff\xfe\xfa\n",
        ["import", "{file}", "--source", "p", "--entity", "s"],
        3,
        "UTF-8",
    ),
    "unknown field": (GOOD.encode(), ["import", "{file}", "--source", "p", "--map", "sterne=rating"], 2, "sterne"),
    "unknown layout": (GOOD.encode(), ["import", "{file}", "--source", "p", "--layout", "nowhere"], 2, "nowhere"),
    "error page for an API": (b"<html>rate limited</html>", ["parse", "steam", "{file}"], 3, "JSON"),
    "unknown source": (GOOD.encode(), ["parse", "no_such_site", "{file}"], 2, "no_such_site"),
    "no such column to score": (
        GOOD.encode(),
        ["score", "{file}", "--out", "{file}.out.csv", "--text-column", "x"],
        3,
        "x",
    ),
}


def run(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(sys, "argv", ["leumund", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    config = tmp_path / "leumund.toml"
    config.write_text('home = "state"\ntime_zone = "UTC"\n', encoding="utf-8")
    monkeypatch.setenv("LEUMUND_CONFIG", str(config))
    monkeypatch.delenv("LEUMUND_HOME", raising=False)
    return tmp_path


@pytest.mark.parametrize("case", CASES, ids=list(CASES))
def test_bad_input_is_one_clear_line(case: str, home: Path, monkeypatch, capfd):
    body, arguments, code, sign = CASES[case]
    file = home / "input.csv"
    file.write_bytes(body)
    assert run([argument.format(file=file) for argument in arguments], monkeypatch) == code
    told = [line for line in capfd.readouterr().err.splitlines() if line.startswith("leumund:")]
    assert len(told) == 1
    assert sign in told[0]


def test_bad_settings_are_one_clear_line(home: Path, monkeypatch, capfd):
    (home / "leumund.toml").write_text("no_such_key = 1\n", encoding="utf-8")
    assert run(["source", "list"], monkeypatch) == 2
    assert "no_such_key" in capfd.readouterr().err


def test_a_page_without_reviews_is_no_fault(home: Path, monkeypatch, capfd):
    page = home / "page.html"
    page.write_text("<html><head><title>Chairs</title></head><body><p>Our chairs.</p></body></html>", encoding="utf-8")
    assert run(["parse", "web_page", str(page)], monkeypatch) == 0
    out, err = capfd.readouterr()
    assert out == ""
    assert "no review" in err


def test_a_bad_row_is_set_aside_and_the_rest_is_kept(home: Path, monkeypatch, capfd):
    file = home / "reviews.csv"
    file.write_text(GOOD + "3,,,2026-01-07\n", encoding="utf-8")
    arguments = ["import", str(file), "--source", "portal", "--entity", "shop", "--load-only"]
    assert run(arguments, monkeypatch) == 0
    assert "3 rows: 2 new" in capfd.readouterr().out
    assert run(arguments, monkeypatch) == 0
    assert "0 new, 0 edited, 2 known, 1 set aside" in capfd.readouterr().out


def test_a_killed_import_is_completed_by_the_next(home: Path, monkeypatch, capfd):
    file = home / "reviews.csv"
    rows = "".join(f"{number},{number % 5 + 1},Text number {number} of many,2026-01-05\n" for number in range(3000))
    file.write_text("id,rating,text,date\n" + rows, encoding="utf-8")
    child = (
        "import os, signal\n"
        "from pathlib import Path\n"
        "from pipeline.steps import file_import\n"
        "from pipeline.warehouse import load\n"
        "merge = load.statements.MERGE_VERSIONS\n"
        "def die(con, paths, run):\n"
        "    with load.transaction(con):\n"
        "        load._stage(con, paths)\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "file_import.load.load_staged = die\n"
        f"file_import.import_file(file_import.ImportRequest(Path({str(file)!r}), 'portal', 'shop'))\n"
    )
    killed = subprocess.run([sys.executable, "-c", child], check=False, capture_output=True)
    assert killed.returncode == -9, killed.stderr.decode()
    assert run(["import", str(file), "--source", "portal", "--entity", "shop", "--load-only"], monkeypatch) == 0
    assert "3,000 rows: 3,000 new" in capfd.readouterr().out
