"""Daily counts for the watch: dense, by level, and with the day on which a review was known."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np

from pipeline.warehouse import daily, dimensions, load, models
from pipeline.warehouse.connection import Connection
from tests.warehouse.samples import at, load_reviews, review, score, theme

TWICE = "A fine shop with kind staff and good advice."


def fill(con: Connection, folder: Path) -> None:
    load_reviews(
        con,
        folder,
        [
            review(review_key="r1", location="Bonn", posted_at=at("2026-01-01T10:00"), text_hash="t1", text=TWICE),
            review(review_key="r2", location="Bonn", posted_at=at("2026-01-01T23:30"), text=None, text_hash=None,
                   rating_stars=1.0),
            review(review_key="r3", source="other", posted_at=at("2026-01-04T10:00"), seen_at=at("2026-01-06T10:00"),
                   text=TWICE, text_hash="t1"),
            review(review_key="old", posted_at=at("2025-12-30"), seen_at=at("2026-02-20"), text_hash="t9", text="x"),
            review(review_key="vague", posted_at=at("2026-01-04"), posted_precision="month", text_hash="t8", text="x"),
        ],
    )  # fmt: skip
    load.load_scores(con, [score("t1", "negative", themes=(theme("billing"), theme("service")))])
    models.make_current(con, "m1", at("2026-01-01"))
    dimensions.sync(con, [dimensions.Entity("shop", "Shop", "Europe/Berlin")])


def line(counts: daily.DailyCounts, key: str, values: np.ndarray) -> list[float]:
    position = [series.key for series in counts.series].index(key)
    return [float(value) for value in values[position]]


def test_levels_parents_and_empty_days(con: Connection, tmp_path: Path) -> None:
    fill(con, tmp_path)
    counts = daily.daily_counts(con, since=date(2025, 12, 31), until=date(2026, 1, 5))
    assert counts.days[0] == date(2025, 12, 31)
    assert line(counts, "shop", counts.n_reviews) == [0, 1, 1, 0, 0, 0]
    assert line(counts, "shop", counts.n_negative) == [0, 1, 1, 0, 0, 0]
    assert line(counts, "shop", counts.n_duplicate) == [0, 0, 0, 0, 1, 0]
    assert line(counts, "shop/location=Bonn", counts.n_reviews) == [0, 1, 1, 0, 0, 0]
    assert line(counts, "shop/source=other", counts.n_duplicate) == [0, 0, 0, 0, 1, 0]
    assert line(counts, "shop/theme=billing", counts.n_reviews) == [0, 1, 1, 0, 0, 0]
    assert line(counts, "shop/theme=billing", counts.n_negative) == [0, 1, 0, 0, 0, 0]
    entity = [series.key for series in counts.series].index("shop")
    assert all(parent == (-1 if row == entity else entity) for row, parent in enumerate(counts.parents))
    mean = line(counts, "shop", counts.mean_score)
    assert np.isnan(mean[0])
    assert mean[2] == -1.0


def test_what_was_known_when(con: Connection, tmp_path: Path) -> None:
    fill(con, tmp_path)
    days = {"since": date(2025, 12, 30), "until": date(2026, 1, 6)}
    posted = daily.daily_counts(con, knowledge="posted", **days)  # type: ignore[arg-type]
    seen = daily.daily_counts(con, knowledge="seen", **days)  # type: ignore[arg-type]
    assert line(posted, "shop", posted.n_reviews) == [1, 0, 1, 1, 0, 0, 0, 0]
    # Seen on 2 January; the backlog met in February counts when it was written; the copy shows when it was seen.
    assert line(seen, "shop", seen.n_reviews) == [1, 0, 0, 2, 0, 0, 0, 0]
    assert line(seen, "shop", seen.n_duplicate) == [0, 0, 0, 0, 0, 0, 0, 1]
    early = daily.daily_counts(con, as_of=at("2026-01-05"), **days)  # type: ignore[arg-type]
    assert line(early, "shop", early.n_reviews) == [0, 0, 1, 1, 0, 0, 0, 0]
    assert early.n_duplicate.sum() == 0


def test_languages_and_versions_are_series_where_there_are_several(con: Connection, tmp_path: Path) -> None:
    stars = {"text": None, "text_hash": None, "entity": "app"}
    load_reviews(
        con,
        tmp_path,
        [
            review(review_key="a", language="de", rating_stars=1.0, extra_json='{"version": "2.0"}', **stars),
            review(review_key="b", language="en", rating_stars=5.0, extra_json='{"app_version": "2.0"}', **stars),
            review(review_key="c", language="en", rating_stars=5.0, **{**stars, "entity": "shop"}),
        ],
    )
    counts = daily.daily_counts(con)
    keys = {series.key for series in counts.series}
    assert {"app/language=de", "app/language=en"} <= keys
    assert not any("version=" in key or key.startswith("shop/language") for key in keys)
    assert line(counts, "app/language=de", counts.n_negative) == [1]
    newer = review(review_key="d", rating_stars=1.0, extra_json='{"version": "2.1"}', **stars)
    load_reviews(con, tmp_path, [newer])
    counts = daily.daily_counts(con)
    assert line(counts, "app/version=2.0", counts.n_reviews) == [2]
    assert line(counts, "app/version=2.1", counts.n_negative) == [1]


def test_imported_history_counts_when_it_was_written(con: Connection, tmp_path: Path) -> None:
    load_reviews(con, tmp_path, [review(is_imported=True, seen_at=at("2026-01-10"))])
    counts = daily.daily_counts(con, knowledge="seen")
    assert counts.first_day == date(2026, 1, 1)
    assert counts.n_reviews.shape == (2, 1)


def test_an_empty_warehouse_has_no_series(con: Connection) -> None:
    counts = daily.daily_counts(con)
    assert counts.series == ()
    assert counts.n_reviews.shape == (0, 0)
