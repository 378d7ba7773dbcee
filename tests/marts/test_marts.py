"""Each mart against small worked cases: `<view>/<case>/<schema>.<table>.csv` in, `expect.csv` out.

Columns left out of a table are null or the column's default. A column `copies` repeats a row, with keys numbered.
`expect.csv` names the columns it looks at; `where.sql`, if there, the rows. Numbers agree to four places.
"""

from __future__ import annotations

import csv
from pathlib import Path

import duckdb
import pytest

from pipeline.warehouse import connection, migrate, publish
from pipeline.warehouse.connection import Connection

HERE = Path(__file__).parent
SQL_DIR = HERE.parents[1] / "warehouse"
VIEWS = [path.stem for path in publish.mart_files(SQL_DIR)]
CASES = sorted(path.parent for path in HERE.glob("*/*/expect.csv"))


@pytest.mark.parametrize("view", VIEWS)
def test_every_mart_has_a_case_and_names_its_grain(view: str) -> None:
    assert any(case.parent.name == view for case in CASES), f"add tests/marts/{view}/<case>/expect.csv"
    first = (SQL_DIR / "marts" / f"{view}.sql").read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("-- grain: one row per ")
    assert f"`{view}`" in (SQL_DIR / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}-{case.name}")
def test_case(case: Path) -> None:
    assert case.parent.name in VIEWS
    con = duckdb.connect()
    connection.configure(con, threads=2)
    migrate.migrate(con, SQL_DIR)
    for table in sorted(case.glob("*.*.csv")):
        _fill(con, table)
    publish.build_marts(con, SQL_DIR)
    expected = list(csv.reader((case / "expect.csv").read_text(encoding="utf-8").splitlines()))
    where = case / "where.sql"
    condition = where.read_text(encoding="utf-8").strip() if where.exists() else "true"
    columns = ", ".join(f'"{name}"' for name in expected[0])
    rows = f"select columns(*)::varchar from mart.{case.parent.name} where {condition}"  # noqa: S608
    found = con.execute(f"select {columns} from ({rows})")  # noqa: S608
    assert [[_comparable(value) for value in row] for row in found.fetchall()] == [
        [_comparable(value) for value in row] for row in expected[1:]
    ]
    assert [result for result in publish.run_checks(con, SQL_DIR) if result.row_count] == []
    con.close()


def test_a_language_that_is_left_unscored_warns_while_it_is_news() -> None:
    con = duckdb.connect()
    connection.configure(con, threads=2)
    migrate.migrate(con, SQL_DIR)
    for table in sorted((HERE / "v_model_drift" / "a_week_that_abstains").glob("*.*.csv")):
        _fill(con, table)
    # The case goes on for three good weeks; without them the bad one is the latest.
    con.execute("delete from core.review_versions where posted_at >= '2026-08-10'")
    publish.build_marts(con, SQL_DIR)
    (found,) = [result for result in publish.run_checks(con, SQL_DIR) if result.name == "model_does_not_drift"]
    assert (found.severity, found.row_count, found.example) == ("warn", 1, "de 2026-08-03: more texts left unscored")
    con.close()


def _fill(con: Connection, path: Path) -> None:
    table = path.stem
    columns = [row[0] for row in con.execute(f"describe select * from read_csv('{path}')").fetchall()]  # noqa: S608
    chosen = ", ".join(f'"{name}"' for name in columns if name != "copies")
    numbered = f"{chosen}, unnest(generate_series(1, copies::integer)) as copy_no" if "copies" in columns else chosen
    rows = f"select {numbered} from read_csv('{path}', all_varchar = true, nullstr = '')"  # noqa: S608
    if "copies" in columns:
        rows = f"select * exclude (copy_no) replace (review_key || '-' || copy_no as review_key) from ({rows})"  # noqa: S608
    con.execute(f"insert into {table} by name {rows}")


def _comparable(value: str | None) -> str:
    if value is None:
        return ""
    try:
        return f"{float(value):.4f}"
    except ValueError:
        return value
