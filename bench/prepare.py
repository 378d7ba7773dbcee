"""Measures `text.prepare`: reviews per second on one core, whole and by step.

    python bench/prepare.py [--parquet FILE] [--rows 20000]

FILE has a column `text`; without it, texts are made of a few sentences in English and German, all different.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb

from pipeline.review import ParsedReview, Rating
from pipeline.text import clean, language, mask
from pipeline.text.prepare import prepare

_PARTS = (
    "The parcel came two weeks late and nobody knew where it was.",
    "Die Schachtel war aufgerissen, der Kundendienst hat nie geantwortet.",
    "I paid 49,90 € and got half of it.",
    "Ruft man unter 040/123 456-78 an, hängt man eine Stunde in der Schleife.",
    "Breakfast was <b>great</b>, the room small &amp; loud.",
    "Mail me at jane@mail.example about order #A-1234567.",
    "Alles bestens, gerne wieder!",
)


def made(rows: int) -> list[str]:
    """Different texts of one to six sentences."""
    pick = random.Random(7)
    return [f"{' '.join(pick.choices(_PARTS, k=pick.randint(1, 6)))} {number % 97}" for number in range(rows)]


def read(path: Path, rows: int) -> list[str]:
    """The texts of a Parquet file."""
    query = f"SELECT text FROM read_parquet('{path}') WHERE text IS NOT NULL LIMIT {rows}"
    return [str(row[0]) for row in duckdb.sql(query).fetchall()]


def parsed(texts: Sequence[str]) -> list[ParsedReview]:
    """Reviews of these texts by as many authors, spread over a year."""
    return [
        ParsedReview(
            source="web_page",
            source_review_id=str(number),
            entity=None,
            location=None,
            rating=Rating(1.0 + number % 5),
            posted_at=date(2025, 1, 1) + timedelta(days=number % 365),
            posted_precision=None,
            edited_at=None,
            language_declared=None,
            title=None,
            text=text,
            url=None,
            author=f"author {number}",
        )
        for number, text in enumerate(texts)
    ]


def timed(name: str, count: int, work: Callable[[], object]) -> None:
    """Run once and print the rate."""
    started = time.perf_counter()
    work()
    took = time.perf_counter() - started
    print(f"{name:<10} {count / took:>10,.0f} reviews/s  {took:6.2f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parquet", type=Path)
    parser.add_argument("--rows", type=int, default=20_000)
    options = parser.parse_args()
    texts = read(options.parquet, options.rows) if options.parquet else made(options.rows)
    print(f"{len(texts):,} texts, {sum(map(len, texts)) / len(texts):.0f} characters on average")
    language.detect("The model is loaded before the clock runs.")
    count = len(texts)
    cleaned = [clean.clean(text) for text in texts]
    timed("clean", count, lambda: [clean.clean(text) for text in texts])
    timed("mask", count, lambda: [mask.mask(text) for text in cleaned])
    timed("language", count, lambda: language.detect_many((text, None) for text in cleaned))
    batch = parsed(texts)
    timed(
        "prepare",
        count,
        lambda: prepare(
            batch,
            seen_at=datetime(2026, 1, 2, tzinfo=UTC),
            secret=b"bench",
            run_id="bench",
            raw_ref=None,
            is_imported=True,
            entity="Brio",
            location=None,
            time_zone="Europe/Berlin",
        ),
    )


if __name__ == "__main__":
    main()
