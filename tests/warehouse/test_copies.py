"""One review on many sites is kept, marked, and counted once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from pipeline.review import Review
from pipeline.text import identity
from pipeline.warehouse import copies, privacy, publish
from pipeline.warehouse.connection import Connection
from tests.warehouse import samples
from tests.warehouse.samples import SQL_DIR, at, review, rows

TEXT = (
    "I ordered a drill on Monday, it came on Friday with a broken case, and the hotline promised a new one"
    " that never came although I called three times."
)
COPIES = "select review_key from core.review_facts where is_duplicate order by 1"


def _review(key: str, text: str, day: int = 0, **changes: Any) -> Review:
    made: dict[str, Any] = {
        "review_key": key, "text": text, "text_hash": identity.text_hash(None, text), "source": f"site-{key}",
        "posted_at": at("2026-01-01") + timedelta(days=day), "seen_at": at("2026-01-02") + timedelta(days=day),
    }  # fmt: skip
    return review(**(made | changes))


def load_reviews(con: Connection, folder: Path, reviews: list[Review]) -> None:
    """Load, then compare what was loaded, as every step does."""
    samples.load_reviews(con, folder, reviews)
    copies.note(con)


def test_a_review_on_three_sites_counts_once(con: Connection, tmp_path: Path) -> None:
    texts = {"a": TEXT, "b": "Hello! " + TEXT, "c": TEXT.replace("three times", "twice a day"), "d": "Another thing."}
    load_reviews(con, tmp_path, [_review(key, text) for key, text in texts.items()])
    assert rows(con, COPIES) == [("b",), ("c",)]
    publish.build_marts(con, SQL_DIR)
    assert rows(con, "select n from mart.v_reputation_weekly where is_all_sources and is_all_locations") == [(2,)]
    assert rows(con, "select count(*) from core.review_versions") == [(4,)]


def test_a_doubled_batch_with_small_edits_does_not_count_twice(con: Connection, tmp_path: Path) -> None:
    texts = [
        "The lamp flickered from the first evening on, and the shop has not answered my two letters since then.",
        "Our tent leaked in the first night; Ines at the counter has not answered why nobody had sealed the seams.",
        "Twice I asked for an invoice with the right address, and the office has not answered but sent a reminder.",
        "A fine bicycle, well packed, though the mechanic has not answered how to tighten the rear brake properly.",
    ]
    load_reviews(con, tmp_path, [_review(f"a{number}", text, number) for number, text in enumerate(texts)])
    first = rows(con, COPIES)
    doubled = [
        _review(f"b{number}", text.replace("has not answered", "never answered"), number + 1)
        for number, text in enumerate(texts)
    ]
    load_reviews(con, tmp_path, doubled)
    assert first == []
    assert rows(con, COPIES) == [(f"b{number}",) for number in range(4)]


def test_what_was_seen_first_counts_and_no_figure_moves_back(con: Connection, tmp_path: Path) -> None:
    load_reviews(con, tmp_path, [_review("late", TEXT, 5, seen_at=at("2026-01-07"))])
    load_reviews(con, tmp_path, [_review("original", TEXT, 0, seen_at=at("2026-01-20"))])
    assert rows(con, COPIES) == [("original",)]


def test_short_phrases_other_entities_and_later_months_are_no_copies(con: Connection, tmp_path: Path) -> None:
    phrase = "Gerne wieder, schnelle Lieferung, alles bestens"
    load_reviews(
        con,
        tmp_path,
        [
            _review("a", phrase),
            _review("b", phrase),
            _review("c", TEXT),
            _review("d", TEXT, entity="other"),
            _review("e", TEXT, 15),
            _review("f", TEXT + " Really.", 45),
        ],
    )
    assert rows(con, COPIES) == []


def test_the_same_load_twice_notes_the_same_groups(con: Connection, tmp_path: Path) -> None:
    batch = [_review("a", TEXT), _review("b", TEXT + " Really."), _review("c", TEXT.upper())]
    load_reviews(con, tmp_path, batch)
    groups = rows(con, "select * from core.text_groups order by all")
    assert len(groups) == 2
    load_reviews(con, tmp_path, batch)
    assert groups == rows(con, "select * from core.text_groups order by all")


def test_a_group_keeps_no_trace_of_an_erased_text(con: Connection, tmp_path: Path) -> None:
    load_reviews(con, tmp_path, [_review("a", TEXT), _review("b", TEXT + " Really."), _review("c", TEXT + " Truly.")])
    gone = identity.text_hash(None, TEXT)
    assert rows(con, COPIES) == [("b",), ("c",)]
    privacy.erase(con, review_key="a")
    assert gone not in {each for row in rows(con, "select text_hash, group_hash from core.text_groups") for each in row}
    assert rows(con, COPIES) == [("c",)]


def test_what_a_killed_load_left_uncompared_is_compared_by_the_next(con: Connection, tmp_path: Path) -> None:
    samples.load_reviews(con, tmp_path, [_review("a", TEXT), _review("b", TEXT + " Really.")])
    assert rows(con, COPIES) == []
    samples.load_reviews(con, tmp_path, [_review("c", TEXT.replace("Friday", "Sunday"))])
    assert copies.note(con) == 2
    assert rows(con, COPIES) == [("b",), ("c",)]
    assert copies.note(con) == 0
