"""What explains an incident: cells against the days before, quotes and texts of the watched series alone."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from pipeline.warehouse import evidence, load
from pipeline.warehouse.connection import Connection
from tests.warehouse.samples import at, load_reviews, review, score, theme


def test_cells_quotes_and_texts(con: Connection, tmp_path: Path) -> None:
    days = ["2026-01-01", "2026-01-10", "2026-01-10", "2026-01-11", "2026-01-20"]
    load_reviews(
        con,
        tmp_path,
        [
            review(review_key=f"r{i}", posted_at=at(f"{day}T12:00"), seen_at=at("2026-01-21"), text=f"Text {i} " * 60,
                   text_hash=f"t{i}", location="Bonn" if i % 2 else None, is_imported=i == 0, rating_stars=2.0)
            for i, day in enumerate(days)
        ],
    )  # fmt: skip
    load.load_scores(
        con, [score(f"t{i}", "negative" if i != 2 else "positive", themes=(theme("billing"),)) for i in range(5)]
    )
    load.set_current_model(con, "m1")
    window = {"first": date(2026, 1, 10), "last": date(2026, 1, 12), "baseline_first": date(2026, 1, 1)}
    found = evidence.read_evidence(con, "shop", **window)  # type: ignore[arg-type]
    assert found.cells == (
        evidence.CellCounts("language", "en", 3, 2, 1, 1),
        evidence.CellCounts("location", "Bonn", 2, 2, 0, 0),
        evidence.CellCounts("source", "portal", 3, 2, 1, 1),
        evidence.CellCounts("theme", "billing", 3, 2, 1, 1),
    )
    assert [candidate.quote.review_key for candidate in found.quotes] == ["r1", "r3"]
    assert all(len(candidate.quote.text) <= 240 for candidate in found.quotes)
    assert (len(found.texts_now["en"]), len(found.texts_reference["en"])) == (2, 1)
    part = evidence.read_evidence(con, "shop", level="location", name="Köln", **window)  # type: ignore[arg-type]
    assert part.cells == ()
    early = evidence.read_evidence(con, "shop", as_of=at("2026-01-05"), **window)  # type: ignore[arg-type]
    assert early.quotes == ()
    assert evidence.imported_through(con) == {"shop": date(2026, 1, 1)}
