"""Files between the rooms: reviews and scores as JSON lines, whole or not there at all."""

from __future__ import annotations

import gzip
import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any

from pipeline.review import Review, Score

REVIEW_COLUMNS = {
    "rating_value": "double",
    "rating_best": "double",
    "rating_worst": "double",
    "rating_stars": "double",
    "is_binary": "boolean",
    "posted_at": "timestamptz",
    "edited_at": "timestamptz",
    "seen_at": "timestamptz",
    "language_confidence": "double",
    "reply_at": "timestamptz",
    "is_imported": "boolean",
}
REVIEW_SCHEMA = {field.name: REVIEW_COLUMNS.get(field.name, "varchar") for field in fields(Review)}
_THEMES = "struct(theme_group varchar, theme varchar, polarity double, confidence double)[]"
SCORE_SCHEMA = {
    "text_hash": "varchar",
    "model_version": "varchar",
    "language": "varchar",
    "label": "varchar",
    "is_negative": "boolean",
    "polarity": "double",
    "p_neg": "double",
    "p_neu": "double",
    "p_pos": "double",
    "stars": "double",
    "confidence": "double",
    "abstained": "varchar",
    "themes": _THEMES,
    "escalation": "varchar[]",
    "billing": "struct(subtype varchar, amount decimal(18, 2), currency varchar)[]",
    "rules_version": "varchar",
}
_LISTS = ("themes", "escalation", "billing")


@dataclass(frozen=True)
class SourceRun:
    """What one run of one subscription did; times are aware and in UTC.

    `status` is ok, not_modified, partial, failed or blocked; the load makes it empty or short where the source gave
    less than its own past lets expect (`expected` new reviews, `expected_low` at the least). `source_total` is the
    number of reviews the source itself says it has. `is_whole` says that all was asked for that the source shows;
    `covered_from`, that nothing it has of later than that was left out. `gone` are reviews whose own page is gone.
    """

    run_id: str
    subscription: str
    source: str
    entity: str | None
    location: str | None
    started_at: datetime
    finished_at: datetime | None
    window_start: datetime | None = None
    window_end: datetime | None = None
    fetched: int = 0
    parsed: int = 0
    new: int = 0
    edited: int = 0
    unchanged: int = 0
    removed: int = 0
    set_aside: int = 0
    source_total: int | None = None
    status: str = "ok"
    message: str | None = None
    is_import: bool = False
    is_whole: bool = False
    covered_from: datetime | None = None
    expected: float | None = None
    expected_low: int | None = None
    gone: tuple[str, ...] = ()


def write_reviews(path: Path, reviews: Iterable[Review]) -> int:
    """Write reviews as JSON lines (gzip if the name ends in .gz) and return their number; replaces the file whole."""
    return write_json_lines(path, (_review_row(review) for review in reviews))


def write_scores(path: Path, scores: Iterable[Score]) -> int:
    """Write scores as JSON lines and return their number; replaces the file whole."""
    return write_json_lines(path, (_score_row(score) for score in scores))


def write_json_lines(path: Path, rows: Iterable[dict[str, object]]) -> int:
    """Write one JSON object a line and return their number; the file appears only when it is complete."""
    written = 0
    with replacing(path) as temporary, _open(temporary, path.suffix == ".gz") as stream:
        for row in rows:
            line = json.dumps(row, ensure_ascii=False, default=_plain, separators=(",", ":"))
            # Half a surrogate pair, as broken pages hold it, is no UTF-8; it becomes a question mark.
            stream.write(line.encode("utf-8", "replace") + b"\n")
            written += 1
    return written


def write_run(path: Path, run: SourceRun, reviews: Path) -> None:
    """Write a run record beside its staged reviews; a folder counts as staged only with it."""
    row = {"reviews": reviews.name, "run": asdict(run)}
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(row, default=_plain), encoding="utf-8")


def read_runs(folder: Path) -> Iterator[tuple[SourceRun, Path]]:
    """The run records in a folder with the path of their staged reviews, by name."""
    for path in sorted(folder.glob("*.run.json")):
        row = json.loads(path.read_text(encoding="utf-8"))
        run: dict[str, Any] = {
            name: _time(value) if name in _RUN_TIMES else value for name, value in row["run"].items()
        }
        yield SourceRun(**run | {"gone": tuple(run["gone"])}), folder / row["reviews"]


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path in the same folder; at the end it takes the place of `path`, after an error it is gone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _open(path: Path, is_compressed: bool) -> IO[bytes]:
    # Level 1: the files live for minutes, and writing must not cost more than parsing. No time stamp inside.
    return gzip.GzipFile(path, "wb", compresslevel=1, mtime=0) if is_compressed else path.open("wb")  # type: ignore[return-value]


def _review_row(review: Review) -> dict[str, object]:
    return {name: getattr(review, name) for name in REVIEW_SCHEMA}


def _score_row(score: Score) -> dict[str, object]:
    row: dict[str, object] = {name: getattr(score, name) for name in SCORE_SCHEMA if name not in _LISTS}
    row["themes"] = [
        {"theme_group": theme.group, "theme": theme.theme, "polarity": theme.polarity, "confidence": theme.confidence}
        for theme in score.themes
    ]
    row["escalation"] = list(score.escalation)
    row["billing"] = [asdict(mention) for mention in score.billing]
    return row


_RUN_TIMES = ("started_at", "finished_at", "window_start", "window_end", "covered_from")


def _time(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)


def _plain(value: object) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)
