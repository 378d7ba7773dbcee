"""Invented reviews, scores and runs for the warehouse tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline.review import Review, Score, ThemeMention
from pipeline.warehouse import load, staging
from pipeline.warehouse.connection import Connection
from pipeline.warehouse.load import LoadCounts
from pipeline.warehouse.staging import SourceRun

SQL_DIR = Path(__file__).resolve().parents[2] / "warehouse"


def at(text: str) -> datetime:
    """A time in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


_REVIEW = Review(
    review_key="r1", source="portal", source_review_id="1", entity="shop", location=None, rating_value=5.0,
    rating_best=5.0, rating_worst=1.0, rating_stars=5.0, is_binary=False, posted_at=at("2026-01-01T10:00"),
    posted_precision="second", edited_at=None, seen_at=at("2026-01-02T06:00"), language="en", language_confidence=0.9,
    language_declared=None, title=None, text="A fine shop with kind staff.", text_hash="t1",
    content_hash="c1", author_key="a1", url=None, reply_text=None, reply_at=None, is_imported=False, run_id="run1",
    raw_ref=None,
)  # fmt: skip

RUN = SourceRun(
    run_id="run1", subscription="portal-shop", source="portal", entity="shop", location=None,
    started_at=at("2026-01-02T06:00"), finished_at=at("2026-01-02T06:01"),
)  # fmt: skip


def review(**changes: Any) -> Review:
    """A review with these fields changed; a changed text, title or rating changes the content hash as well."""
    made = replace(_REVIEW, **changes)
    if "content_hash" in changes:
        return made
    return replace(made, content_hash=f"{made.title}|{made.text}|{made.rating_value}")


def score(text_hash: str, label: str | None, **changes: Any) -> Score:
    """A score with that label; None abstains."""
    if label is None:
        empty = dict.fromkeys(("is_negative", "polarity", "p_neg", "p_neu", "p_pos", "stars", "confidence"))
        return Score(text_hash, "m1", "ja", None, **empty, abstained="language", **changes)  # type: ignore[arg-type]
    p_neg, p_neu, p_pos = {"negative": (0.9, 0.05, 0.05), "neutral": (0.1, 0.8, 0.1), "positive": (0.02, 0.08, 0.9)}[
        label
    ]
    made = Score(
        text_hash, "m1", "en", label, label == "negative", p_pos - p_neg, p_neg, p_neu, p_pos, 3.0, 0.9, None  # type: ignore[arg-type]
    )  # fmt: skip
    return replace(made, **changes)


def theme(group: str, name: str = "any") -> ThemeMention:
    """A mention of a theme."""
    return ThemeMention(group, name, -0.5, 0.8)


def load_reviews(con: Connection, folder: Path, reviews: Sequence[Review], run: SourceRun = RUN) -> LoadCounts:
    """Stage and load reviews."""
    path = folder / "staged.jsonl.gz"
    staging.write_reviews(path, reviews)
    return load.load_staged(con, [path], run)


def rows(con: Connection, sql: str) -> list[tuple[Any, ...]]:
    """All rows of a query."""
    return con.execute(sql).fetchall()
