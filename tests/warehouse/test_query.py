"""`leumund sql` reads the published files and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import UsageError, WarehouseError
from pipeline.warehouse import files, publish, query
from pipeline.warehouse.connection import Connection
from tests.warehouse.samples import SQL_DIR, load_reviews, review


@pytest.fixture
def published(con: Connection, tmp_path: Path) -> Path:
    load_reviews(con, tmp_path, [review(review_key=f"r{i}", text_hash=f"t{i}") for i in range(5)])
    publish.build_marts(con, SQL_DIR)
    publish.publish(con, tmp_path / "out")
    return tmp_path / "out"


def test_views_answer_with_and_without_their_schema(published: Path) -> None:
    result = query.run_sql(
        published, "select entity, iso_week, n from v_reputation_weekly where is_all_sources limit 1;"
    )
    assert result.columns == ("entity", "iso_week", "n")
    assert result.rows == [("shop", "2026-W01", 5)]
    assert query.run_sql(published, "select count(*) from mart.v_review").rows == [(5,)]
    assert len(query.run_sql(published, "show tables").rows) == len(publish.mart_files(SQL_DIR))
    assert query.run_sql(published, "select round(wilson_lo(9, 40), 4)").rows == [(0.1232,)]


def test_times_come_back_in_utc(published: Path) -> None:
    assert query.run_sql(published, "select posted_at from v_review limit 1").rows == [("2026-01-01 10:00:00+00",)]


def test_the_limit_is_told(published: Path) -> None:
    assert query.run_sql(published, "from v_review", limit=3).is_cut
    assert not query.run_sql(published, "from v_review", limit=5).is_cut
    assert len(query.run_sql(published, "from v_review", limit=None).rows) == 5


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_csv('/etc/hostname')",
        "select * from read_text('review/../../out/manifest.json')",
        "select * from glob('/*')",
        "copy (select 1) to 'x.csv'",
        "attach 'x.duckdb'",
        "drop table mart.v_incident",
        "with gone as (select 1) delete from mart.v_incident",
        "set enable_external_access = true",
        "install httpfs",
        "select 1; select 2",
        "",
        "selec 1",
        "select nonsense from v_review",
    ],
)
def test_anything_but_reading_the_published_files_is_refused(published: Path, sql: str) -> None:
    with pytest.raises(UsageError, match="SQL"):
        query.run_sql(published, sql)
    assert query.run_sql(published, "select count(*) from v_review").rows == [(5,)]


def test_parquet_keeps_types_and_writes_only_where_asked(published: Path, tmp_path: Path) -> None:
    target = tmp_path / "answer.parquet"
    assert query.write_parquet(published, "select review_key, posted_on, rating_stars from v_review", target) == 5
    (batch,) = files.read_rows(target)
    assert batch[0]["rating_stars"] == 5.0
    assert str(batch[0]["posted_on"]) == "2026-01-01"
    with pytest.raises(UsageError):
        query.write_parquet(published, "select * from nothing", target)
    assert sorted(path.name for path in tmp_path.glob("*answer*")) == ["answer.parquet"]


def test_before_the_first_run_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match="nothing published yet"):
        query.run_sql(tmp_path, "select 1")
