"""One process at a time, waiting; a killed one leaves whole batches and no lock."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from pipeline.errors import WarehouseError
from pipeline.warehouse import connection, migrate
from tests.warehouse.samples import RUN, SQL_DIR, load_reviews, review

ROOT = SQL_DIR.parent

HOLD = """
import sys, time
from pathlib import Path
from pipeline.warehouse import connection
with connection.open_warehouse(Path(sys.argv[1]), timeout_s=30) as con:
    con.execute("create table if not exists log (who varchar, event varchar, moment double)")
    con.execute("insert into log values (?, 'in', ?)", [sys.argv[2], time.monotonic()])
    print("in", flush=True)
    time.sleep(0.5)
    con.execute("insert into log values (?, 'out', ?)", [sys.argv[2], time.monotonic()])
"""

LOAD_FOREVER = """
import sys
from dataclasses import replace
from pathlib import Path
from pipeline.warehouse import connection, load, migrate
from tests.warehouse.samples import RUN, SQL_DIR, load_reviews, review
path = Path(sys.argv[1])
with connection.open_warehouse(path) as con:
    migrate.migrate(con, SQL_DIR)
    for batch in range(10_000):
        reviews = [review(review_key=f"{batch}-{i}") for i in range(300)]
        load_reviews(con, path.parent, reviews, replace(RUN, run_id=f"run{batch}"))
        print(batch, flush=True)
"""


def start(code: str, *arguments: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments], env=environment, stdout=subprocess.PIPE, text=True
    )


def test_two_processes_wait_for_each_other(tmp_path: Path) -> None:
    path = tmp_path / "w.duckdb"
    both = [start(HOLD, str(path), who) for who in ("a", "b")]
    assert [process.wait(timeout=60) for process in both] == [0, 0]
    for process in both:
        process.stdout.close()  # type: ignore[union-attr]
    with connection.open_warehouse(path) as con:
        events = con.execute("select event from log order by moment").fetchall()
    assert [event for (event,) in events] == ["in", "out", "in", "out"]


def test_a_held_warehouse_is_named_with_a_remedy(tmp_path: Path) -> None:
    path = tmp_path / "w.duckdb"
    with (
        connection.open_warehouse(path),
        pytest.raises(WarehouseError, match=r"w\.duckdb: another Leumund process .* try again"),
        connection.open_warehouse(path, timeout_s=0.1),
    ):
        pass
    with connection.open_warehouse(path, timeout_s=0.1) as con:
        assert con.execute("select current_setting('TimeZone')").fetchall() == [("UTC",)]


def test_a_foreign_program_with_the_file_open_is_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "w.duckdb"
    code = "import duckdb, sys; con = duckdb.connect(sys.argv[1]); print('in', flush=True); sys.stdin.read()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "in\n"
        with pytest.raises(WarehouseError, match="another program"), connection.open_warehouse(path, timeout_s=0.5):
            pass
        process.kill()


def test_killed_in_the_middle_of_a_load_whole_batches_are_left(tmp_path: Path) -> None:
    path = tmp_path / "w.duckdb"
    with start(LOAD_FOREVER, str(path)) as process:
        assert process.stdout is not None
        acknowledged = -1
        begun = time.monotonic()
        while acknowledged < 4 and time.monotonic() - begun < 60:
            acknowledged = int(process.stdout.readline())
        time.sleep(0.03)
        process.send_signal(signal.SIGKILL)
    with connection.open_warehouse(path, timeout_s=5) as con:
        sizes = con.execute("select run_id, new from run.source_runs").fetchall()
        stored = con.execute("select count(*), count(distinct review_key) from core.review_versions").fetchall()
        assert len(sizes) > acknowledged
        assert {new for _, new in sizes} == {300}
        assert stored == [(300 * len(sizes), 300 * len(sizes))]
        assert migrate.migrate(con, SQL_DIR) == []
        assert load_reviews(con, tmp_path, [review(review_key="0-0")], RUN).unchanged == 1


def test_missing_and_damaged_files_are_told_in_one_line(tmp_path: Path) -> None:
    with (
        pytest.raises(WarehouseError, match="no warehouse yet"),
        connection.open_warehouse(tmp_path / "no", read_only=True),
    ):
        pass
    path = tmp_path / "w.duckdb"
    path.write_bytes(b"this is no database" * 1000)
    with pytest.raises(WarehouseError, match="damaged"), connection.open_warehouse(path):
        pass


def test_a_full_disk_is_told_in_one_line(tmp_path: Path) -> None:
    with (
        pytest.raises(WarehouseError, match=r"the disk is full\. Free some space"),
        connection.open_warehouse(tmp_path / "w.duckdb"),
    ):
        raise duckdb.IOException('IO Error: Could not write file "x": No space left on device')


def write_and_fail(con: connection.Connection) -> None:
    with connection.transaction(con):
        con.execute("insert into kept values (1)")
        raise ZeroDivisionError


def test_an_error_rolls_everything_back(tmp_path: Path) -> None:
    with connection.open_warehouse(tmp_path / "w.duckdb") as con:
        con.execute("create table kept (n integer)")
        with pytest.raises(ZeroDivisionError):
            write_and_fail(con)
        assert con.execute("select count(*) from kept").fetchall() == [(0,)]
