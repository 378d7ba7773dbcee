"""Publishing: what people read is swapped in whole, also while they read, and only what changed is written."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from pipeline.errors import WarehouseError
from pipeline.review import Review
from pipeline.warehouse import load, models, privacy, publish
from pipeline.warehouse.connection import Connection
from tests.warehouse.samples import RUN, SQL_DIR, at, load_reviews, review, rows, score, theme

READER = """
import sys
import time
import duckdb
seen = set()
begun = time.monotonic()
print("ready", flush=True)
while time.monotonic() - begun < float(sys.argv[2]):
    con = duckdb.connect(sys.argv[1], read_only=True)
    whole = "where is_all_locations and is_all_sources"
    weekly = con.execute(f"select sum(n) from mart.v_reputation_weekly {whole}").fetchone()
    reviews = con.execute("select count(*) from mart.v_review").fetchone()
    assert weekly == reviews, (weekly, reviews)
    seen.add(reviews)
    con.close()
print(len(seen), flush=True)
"""


def many(number: int) -> list[Review]:
    return [
        review(review_key=f"r{i}", posted_at=at(f"2026-{1 + i % 6:02d}-{1 + i % 28:02d}T12:00"),
               seen_at=at("2026-07-01"), text=f"Text number {i} is about something else", text_hash=f"t{i}")
        for i in range(number)
    ]  # fmt: skip


def publish_all(con: Connection, out_dir: Path) -> publish.Published:
    publish.build_marts(con, SQL_DIR)
    assert [result for result in publish.run_checks(con, SQL_DIR) if result.row_count] == []
    return publish.publish(con, out_dir)


def test_publishing_twice_writes_no_month_again(con: Connection, tmp_path: Path) -> None:
    load_reviews(con, tmp_path, many(60))
    first = publish_all(con, tmp_path / "out")
    files = {path: path.stat().st_mtime_ns for path in tmp_path.glob("out/review/*/*.parquet")}
    second = publish_all(con, tmp_path / "out")
    assert (first.months_written, first.months_kept) == (12, 0)
    assert (second.months_written, second.months_kept) == (0, 12)
    assert files == {path: path.stat().st_mtime_ns for path in tmp_path.glob("out/review/*/*.parquet")}


def test_one_edit_rewrites_one_month(con: Connection, tmp_path: Path) -> None:
    load_reviews(con, tmp_path, many(60))
    publish_all(con, tmp_path / "out")
    before = set(tmp_path.glob("out/review/v_review/*.parquet"))
    edited = review(review_key="r0", posted_at=at("2026-01-01T12:00"), text="Edited since", seen_at=at("2026-07-02"))
    load_reviews(con, tmp_path, [edited])
    assert publish_all(con, tmp_path / "out").months_written == 2
    after = set(tmp_path.glob("out/review/v_review/*.parquet"))
    assert len(after - before) == 1
    publish_all(con, tmp_path / "out")
    kept = set(tmp_path.glob("out/review/v_review/*.parquet"))
    assert len(kept) == 6
    assert kept == after - (before - kept)


def test_a_reader_in_another_process_never_fails_while_we_publish(con: Connection, tmp_path: Path) -> None:
    out = tmp_path / "out"
    reviews = many(120)
    load_reviews(con, tmp_path, reviews[:60])
    publish_all(con, out)
    arguments = [sys.executable, "-c", READER, str(out / publish.PUBLISHED_NAME), "4"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "ready\n"
        begun = time.monotonic()
        for size in range(70, 121, 10):
            load_reviews(con, tmp_path, reviews[:size])
            publish_all(con, out)
            if time.monotonic() - begun > 3:
                break
        seen = int(reader.stdout.readline())
    assert reader.returncode == 0
    assert seen >= 2


def test_a_reader_that_opened_the_file_before_the_swap_reads_on(con: Connection, tmp_path: Path) -> None:
    out = tmp_path / "out"
    load_reviews(con, tmp_path, many(30))
    publish_all(con, out)
    with duckdb.connect(str(out / publish.PUBLISHED_NAME), read_only=True) as reader:
        load_reviews(con, tmp_path, many(40))
        publish_all(con, out)
        assert reader.execute("select count(*) from mart.v_review").fetchall() == [(30,)]


def test_nothing_but_the_published_files_is_left(con: Connection, tmp_path: Path) -> None:
    load_reviews(con, tmp_path, many(10))
    publish_all(con, tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "manifest.json",
        "reputation.duckdb",
        "review",
    ]
    assert not list((tmp_path / "out").rglob(".*"))


def test_an_empty_warehouse_can_be_published(con: Connection, tmp_path: Path) -> None:
    publish_all(con, tmp_path / "out")
    with duckdb.connect(str(tmp_path / "out" / publish.PUBLISHED_NAME), read_only=True) as reader:
        assert reader.execute("select count(*) from mart.v_review").fetchall() == [(0,)]
        assert reader.execute("select round(wilson_hi(0, 5), 4)").fetchall() == [(0.4345,)]


def test_without_marts_there_is_nothing_to_publish(con: Connection, tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match="Build them first"):
        publish.publish(con, tmp_path / "out")


def test_building_twice_gives_the_same_digits(con: Connection, tmp_path: Path) -> None:
    load_reviews(con, tmp_path, many(200))
    load.load_scores(
        con, [score(f"t{i}", "negative" if i % 3 else "positive", themes=(theme("billing"),)) for i in range(200)]
    )
    models.make_current(con, "m1", at("2026-01-01"))
    marts = [name for name in publish.build_marts(con, SQL_DIR) if name != "v_source_health"]
    texts = [rows(con, f"select columns(*)::varchar from mart.{name}") for name in marts]  # noqa: S608
    publish.build_marts(con, SQL_DIR)
    assert texts == [rows(con, f"select columns(*)::varchar from mart.{name}") for name in marts]  # noqa: S608


def test_a_failing_check_names_an_example(con: Connection, tmp_path: Path) -> None:
    load_reviews(con, tmp_path, [review(posted_at=at("2026-05-01"))])
    publish.build_marts(con, SQL_DIR)
    con.execute("insert into mart.v_review select * from mart.v_review")
    failed = {result.name: result for result in publish.run_checks(con, SQL_DIR) if not result.is_ok}
    assert failed["grains_are_unique"].example == "v_review r1"
    assert failed["grains_are_unique"].severity == "error"
    assert failed["marts_count_what_core_holds"].row_count == 1
    assert failed["reviews_dated_in_the_future"].severity == "warn"
    assert rows(con, "select failure_count from run.checks where check_name = 'grains_are_unique'") == [(1,)]


def test_erased_review_leaves_every_layer_and_does_not_come_back(con: Connection, tmp_path: Path) -> None:
    out = tmp_path / "out"
    secret = review(
        review_key="r9", text="A text that names someone", text_hash="t9", raw_ref="raw/9", reply_text="Dear X"
    )
    load_reviews(con, tmp_path, [secret, review(text_hash="t1")])
    load.load_scores(con, [score("t9", "negative"), score("t1", "positive")])
    models.make_current(con, "m1", at("2026-01-01"))
    publish_all(con, out)
    figures = rows(con, "select week_start, n, n_neg, n_scored, rating_bayes from mart.v_reputation_weekly")
    erased = privacy.erase(con, review_key="r9")
    assert (erased.review_keys, erased.versions, erased.scores, erased.raw_refs) == (("r9",), 1, 1, ("raw/9",))
    publish.build_marts(con, SQL_DIR)
    assert [result for result in publish.run_checks(con, SQL_DIR) if result.row_count] == []
    publish.publish(con, out)
    assert figures == rows(con, "select week_start, n, n_neg, n_scored, rating_bayes from mart.v_reputation_weekly")
    for path in [*out.rglob("*.parquet"), out / publish.PUBLISHED_NAME]:
        assert b"names someone" not in path.read_bytes()
    assert load_reviews(con, tmp_path, [secret]).refused == 1
    assert rows(con, "select count(*) from core.review_versions where text like '%someone%'") == [(0,)]
    assert privacy.erase(con, review_key="r9").versions == 1
    assert rows(con, "select count(*) from core.tombstones") == [(1,)]


def test_authors_and_addresses_can_be_erased_before_they_come(con: Connection, tmp_path: Path) -> None:
    privacy.erase(con, author_key="a7", url="https://portal.example/7")
    counts = load_reviews(
        con,
        tmp_path,
        [review(author_key="a7"), review(review_key="r2", url="https://portal.example/7"), review(review_key="r3")],
    )
    assert (counts.refused, counts.new) == (2, 1)


def test_retention_takes_texts_and_leaves_counts(con: Connection, tmp_path: Path) -> None:
    load_reviews(con, tmp_path, [review(), review(review_key="r2", seen_at=at("2026-03-01"), text_hash="t2")])
    load.load_scores(con, [score("t1", "negative")])
    models.make_current(con, "m1", at("2026-01-01"))
    publish.build_marts(con, SQL_DIR)
    before = rows(con, "select n, n_neg, n_text from mart.v_reputation_weekly")
    assert privacy.blank_texts_seen_before(con, at("2026-02-01")) == 1
    assert privacy.blank_texts_seen_before(con, at("2026-02-01")) == 0
    publish.build_marts(con, SQL_DIR)
    assert before == rows(con, "select n, n_neg, n_text from mart.v_reputation_weekly")
    assert load_reviews(con, tmp_path, [review(seen_at=at("2026-03-05"))]).unchanged == 1
    load.mark_removed(con, ["r2"], at("2026-04-01"))
    assert privacy.blank_texts_removed_before(con, at("2026-05-01")) == 2
    assert rows(con, "select count(*) from core.review_versions where text is not null") == [(0,)]


def test_a_removed_subscription_can_take_its_reviews_along(con: Connection, tmp_path: Path) -> None:
    load_reviews(con, tmp_path, [review()])
    load_reviews(con, tmp_path, [review(review_key="r2", source="other")], replace(RUN, subscription="other"))
    load_reviews(con, tmp_path, [review(review_key="r3", is_imported=True)], replace(RUN, is_import=True))
    load.load_scores(con, [score("t1", "negative")])
    erased = privacy.erase_subscription(con, privacy.Collected("portal-shop", "portal", "shop", None, is_alone=True))
    assert len(erased.review_keys) == 1
    assert rows(con, "select review_key from core.review_versions order by 1") == [("r2",), ("r3",)]
    assert rows(con, "select count(*) from core.scores") == [(1,)]
    assert load_reviews(con, tmp_path, [review()]).new == 1


def test_a_broken_mart_is_named_and_leaves_the_old_ones(con: Connection, tmp_path: Path) -> None:
    load_reviews(con, tmp_path, many(5))
    publish.build_marts(con, SQL_DIR)
    sql_dir = Path(shutil.copytree(SQL_DIR, tmp_path / "sql"))
    (sql_dir / "marts" / "v_source_health.sql").write_text("-- grain: one row per fault\nselect 'one'::integer as n")
    load_reviews(con, tmp_path, many(9))
    with pytest.raises(WarehouseError, match=r"marts/v_source_health\.sql: Conversion Error"):
        publish.build_marts(con, sql_dir)
    assert rows(con, "select count(*) from mart.v_review") == [(5,)]
    publish.build_marts(con, SQL_DIR)
    assert rows(con, "select count(*) from mart.v_review") == [(9,)]


def test_a_mart_whose_file_is_gone_goes(con: Connection, tmp_path: Path) -> None:
    con.execute("create table mart.v_old (n integer)")
    assert "v_old" not in publish.build_marts(con, SQL_DIR)
    assert rows(con, "select count(*) from duckdb_tables() where table_name = 'v_old'") == [(0,)]


def test_what_a_killed_publication_left_is_swept(con: Connection, tmp_path: Path) -> None:
    load_reviews(con, tmp_path, many(5))
    publish_all(con, tmp_path / "out")
    (tmp_path / "out" / ".reputation.duckdb.x1.duckdb").write_bytes(b"half")
    (tmp_path / "out" / "review" / "v_review" / ".2026-01.parquet.x1.parquet").write_bytes(b"half")
    publish_all(con, tmp_path / "out")
    assert not list((tmp_path / "out").rglob(".*"))
