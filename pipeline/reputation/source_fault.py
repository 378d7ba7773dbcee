"""Whether a source can be trusted today, by how its last runs ended and by what it used to give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median

from pipeline.reputation.data_fault import DataFault

GOOD = ("ok", "not_modified")
STALE_AFTER = timedelta(hours=60)  # a daily schedule that missed two runs
FRUITFUL_RUNS = 5
# A run is short that gives a quarter of the usual and half of the least of the last ten; below twenty chance does that.
COMPARED_RUNS = 10
SHORT_MEDIAN = 20
# Silence of a source: chance brings it once in a thousand (negative binomial of size 5, 15 reviews missing).
FROZEN_MISSING = 15.0
FROZEN_DAYS = 3
# One review in ten that cannot be read spoils no figure.
SMALL_PART = 0.1


@dataclass(frozen=True)
class RunRecord:
    """How one run of a subscription ended; `window_end` is the end of the time it asked for.

    `is_whole` says that it asked for all the source shows, which is more than an ordinary day gives.
    """

    status: str
    finished_at: datetime
    parsed: int
    set_aside: int = 0
    window_end: datetime | None = None
    is_whole: bool = False


@dataclass(frozen=True)
class SourceRecord:
    """What is known of one subscription: its runs (oldest first), and the reviews of its source and entity.

    `newest_review` and `reviews_a_day` (of the 56 days up to it) leave imports out; `weight` is its part of the
    entity's reviews, in [0, 1].
    """

    entity: str
    source: str
    runs: tuple[RunRecord, ...]
    newest_review: date | None = None
    reviews_a_day: float = 0.0
    weight: float = 0.0


def find_faults(records: Sequence[SourceRecord], now: datetime) -> list[DataFault]:
    """The sources that cannot be trusted at `now` (aware, in the business time zone)."""
    return [fault for record in records if (fault := _fault_of(record, now)) is not None]


def _fault_of(record: SourceRecord, now: datetime) -> DataFault | None:
    if not record.runs:
        return None
    latest = record.runs[-1]
    good = [run for run in record.runs if run.status in GOOD]
    today = now.date()
    since = _first_bad_day(record.runs, now)
    missing = record.reviews_a_day * max(1, (today - since).days)
    if latest.status not in (*GOOD, "partial"):
        return _fault(record, today, since, latest.status, 0, missing)
    if now - latest.finished_at > STALE_AFTER:
        day = latest.finished_at.astimezone(now.tzinfo).date()
        return _fault(record, today, day, "stale", 0, record.reviews_a_day * (today - day).days)
    alike = [run for run in good if run is not latest and run.is_whole == latest.is_whole]
    usual = [run.parsed for run in alike][-COMPARED_RUNS:]
    if latest.status == "partial":
        is_small = latest.set_aside <= SMALL_PART * latest.parsed and not _is_short(latest.parsed, usual)
        return _fault(
            record, today, since, "partial", latest.parsed, latest.parsed + latest.set_aside, is_small=is_small
        )
    if latest.status == "ok" and latest.parsed == 0 and len(usual) >= FRUITFUL_RUNS and min(usual) > 0:
        return _fault(record, today, today, "empty", 0, median(usual))
    if latest.status == "ok" and _is_short(latest.parsed, usual):
        return _fault(record, today, today, "short", latest.parsed, median(usual))
    return _frozen(record, latest, now)


def _frozen(record: SourceRecord, latest: RunRecord, now: datetime) -> DataFault | None:
    """A source that is read well but has stopped giving; measured to the time asked for, not to the clock."""
    if record.newest_review is None or latest.window_end is None:
        return None
    until = latest.window_end.astimezone(now.tzinfo).date()
    silent = (until - record.newest_review).days - 1
    missing = record.reviews_a_day * silent
    if silent < FROZEN_DAYS or missing < FROZEN_MISSING:
        return None
    return _fault(record, now.date(), record.newest_review + timedelta(days=1), "frozen", 0, missing)


def _is_short(parsed: int, usual: Sequence[int]) -> bool:
    return (
        len(usual) >= FRUITFUL_RUNS
        and median(usual) >= SHORT_MEDIAN
        and parsed * 4 < median(usual)
        and parsed * 2 < min(usual)
    )


def _first_bad_day(runs: Sequence[RunRecord], now: datetime) -> date:
    """The day of the first run of the unbroken row of bad ones that the last run belongs to."""
    first = runs[-1]
    for run in reversed(runs):
        if run.status in GOOD:
            break
        first = run
    return first.finished_at.astimezone(now.tzinfo).date()


def _fault(
    record: SourceRecord,
    today: date,
    since: date,
    reason: str,
    observed: int,
    expected: float,
    *,
    is_small: bool = False,
) -> DataFault:
    return DataFault(
        record.entity, record.source, today, observed, round(expected, 1), reason, min(since, today),
        "P3" if is_small else "P2", record.weight, not is_small,
    )  # fmt: skip
