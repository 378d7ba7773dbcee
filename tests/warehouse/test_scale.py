"""A warehouse of several hundred thousand reviews loads once, and unchanged rows stay unwritten."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.warehouse import load, publish, staging
from pipeline.warehouse.connection import Connection
from tests.warehouse.samples import RUN, SQL_DIR, at, review

pytestmark = pytest.mark.scale
MANY = 300_000


def test_many_reviews_load_once_and_become_marts(con: Connection, tmp_path: Path) -> None:
    start = at("2024-01-01T12:00")
    reviews = (
        review(
            review_key=f"r{number}",
            posted_at=start + timedelta(minutes=3 * number),
            seen_at=at("2026-06-01"),
            text=f"Text number {number} of very many",
            text_hash=f"t{number}",
            location=f"Place {number % 40}",
            rating_stars=float(number % 5 + 1),
        )
        for number in range(MANY)
    )
    path = tmp_path / "many.jsonl.gz"
    assert staging.write_reviews(path, reviews) == MANY
    assert load.load_staged(con, [path], RUN).new == MANY
    again = load.load_staged(con, [path], RUN)
    assert (again.new, again.edited, again.unchanged) == (0, 0, MANY)
    publish.build_marts(con, SQL_DIR)
    failed = [check.name for check in publish.run_checks(con, SQL_DIR) if check.row_count and check.severity == "error"]
    assert failed == []
    row = con.execute("select sum(n) from mart.v_reputation_weekly where level = 'entity'").fetchone()
    assert row == (MANY,)
