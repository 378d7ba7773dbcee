"""Times the warehouse on invented reviews: stage, load, load again, score, marts, checks, publish, read.

    python bench/warehouse.py [--reviews 200000] [--dir DIR]

What a user would otherwise do is beside it: drop and refill one table from the same file, without versions.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipeline.review import Label, Review, Score, ThemeMention
from pipeline.warehouse import connection, daily, load, migrate, models, publish, query, read, staging, weeks

SQL_DIR = Path(__file__).resolve().parents[1] / "warehouse"
START = datetime(2024, 11, 25, tzinfo=UTC)
WEEKS = 104
GROUPS = ("service", "billing", "delivery", "product")
LABELS: tuple[Label, ...] = ("negative", "neutral", "positive")


def reviews(number: int, *, edited_every: int = 0) -> Iterator[Review]:
    """Yield invented reviews, evenly over two years; nearly all texts differ, one in five has stars alone."""
    seen_at = START + timedelta(weeks=WEEKS, days=1 if edited_every else 0)
    for i in range(number):
        text = None
        if i % 5:
            text = (
                f"Order {i * 7919 % number} took {i % 60} minutes and nobody at desk {i % 17} could tell me why it did."
            )
        edit = "x" if edited_every and i % edited_every == 0 else ""
        yield Review(
            review_key=f"key{i}", source=f"source{i % 5}", source_review_id=str(i), entity=f"firm{i % 3}",
            location=f"branch{i % 40}", rating_value=1 + i % 5, rating_best=5, rating_worst=1,
            rating_stars=float(1 + i % 5), is_binary=False,
            posted_at=START + timedelta(seconds=i * WEEKS * 7 * 86400 // number), posted_precision="second",
            edited_at=None, seen_at=seen_at, language="en", language_confidence=0.99, language_declared=None,
            title=None, text=text, text_hash=f"hash{i}" if text else None,
            content_hash=f"{i}{edit}", author_key=f"author{i % (number // 2)}", url=None,
            reply_text="Sorry." if i % 4 == 0 else None, reply_at=None,
            is_imported=True, run_id="bench", raw_ref=None,
        )  # fmt: skip


def scores(number: int) -> Iterator[Score]:
    """Yield a score for each text."""
    for i in (i for i in range(number) if i % 5):
        p_neg = (i % 100) / 100
        yield Score(
            text_hash=f"hash{i}", model_version="bench", language="en", label=LABELS[i % 3], is_negative=i % 3 == 0,
            polarity=1 - 2 * p_neg, p_neg=p_neg, p_neu=0.0, p_pos=1 - p_neg, stars=3.0, confidence=0.9, abstained=None,
            themes=(ThemeMention(GROUPS[i % 4], "any", -0.5, 0.8), ThemeMention(GROUPS[i % 3], "other", 0.1, 0.6)),
        )  # fmt: skip


def main() -> None:
    """Print one JSON object: seconds a stage, reviews, file sizes and the peak of memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reviews", type=int, default=200_000)
    parser.add_argument("--dir", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.dir) as folder:
        print(json.dumps(measure(Path(folder), arguments.reviews), indent=1))


def measure(folder: Path, number: int) -> dict[str, float]:
    """Seconds of every stage, and what it took on disk and in memory."""
    taken: dict[str, float] = {"reviews": number}

    @contextmanager
    def timed(stage: str) -> Iterator[None]:
        begun = time.perf_counter()
        yield
        taken[f"{stage}_s"] = round(time.perf_counter() - begun, 2)

    staged, again = folder / "reviews.jsonl.gz", folder / "edited.jsonl.gz"
    run = staging.SourceRun(
        "bench", "bench", "source0", None, None, START, START + timedelta(weeks=WEEKS), is_import=True
    )
    with timed("stage"):
        staging.write_reviews(staged, reviews(number))
    staging.write_reviews(again, reviews(number, edited_every=100))
    with connection.open_warehouse(folder / "warehouse.duckdb") as con:
        migrate.migrate(con, SQL_DIR)
        with timed("refill_plain_table"):
            con.execute("create table plain as select * from read_json($path)", {"path": str(staged)})
        con.execute("drop table plain")
        with timed("load"):
            load.load_staged(con, [staged], run)
        with timed("load_again_unchanged"):
            load.load_staged(con, [staged], run)
        with timed("load_again_1_percent_edited"):
            load.load_staged(con, [again], run)
        with timed("find_unscored"):
            sum(1 for _ in read.unscored_texts(con, "bench"))
        with timed("load_scores"):
            load.load_scores(con, scores(number))
        models.make_current(con, "bench", datetime(2026, 1, 1, tzinfo=UTC))
        with timed("marts"):
            publish.build_marts(con, SQL_DIR)
        with timed("checks"):
            results = publish.run_checks(con, SQL_DIR)
        taken["checks_failed"] = sum(result.row_count > 0 for result in results)
        with timed("publish"):
            publish.publish(con, folder / "published")
        with timed("publish_again"):
            publish.publish(con, folder / "published")
        with timed("daily_counts"):
            daily.daily_counts(con)
        with timed("week_pieces"):
            week = (START + timedelta(weeks=WEEKS - 1)).date()
            weeks.read_week(con, SQL_DIR, "firm0", week, START + timedelta(weeks=WEEKS, days=2))
    with timed("sql_from_published"):
        query.run_sql(folder / "published", "select entity, iso_week, neg_share from v_reputation_weekly", limit=None)
    taken["warehouse_mb"] = round((folder / "warehouse.duckdb").stat().st_size / 1e6, 1)
    taken["published_mb"] = round(
        sum(p.stat().st_size for p in (folder / "published").rglob("*") if p.is_file()) / 1e6, 1
    )
    taken["peak_memory_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    return taken


if __name__ == "__main__":
    main()
