"""Which sources are not trusted, and that an ordinary one is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from pipeline.reputation.data_fault import DataFault
from pipeline.reputation.source_fault import RunRecord, SourceRecord, find_faults

NOW = datetime(2026, 11, 17, 6, tzinfo=UTC)
TODAY = NOW.date()


def run(back: int, parsed: int = 40, status: str = "ok", set_aside: int = 0) -> RunRecord:
    at = NOW - timedelta(days=back, hours=1)
    end = datetime.combine(at.date(), datetime.min.time(), UTC)
    return RunRecord(status, at, parsed, set_aside, end)


def record(*runs: RunRecord, newest: date | None = TODAY - timedelta(days=1), rate: float = 4.0) -> SourceRecord:
    return SourceRecord("shop", "portal", runs, newest, rate, 0.5)


def fault(*runs: RunRecord, newest: date | None = TODAY - timedelta(days=1), rate: float = 4.0) -> DataFault | None:
    found = find_faults([record(*runs, newest=newest, rate=rate)], NOW)
    return found[0] if found else None


WELL = tuple(run(back) for back in range(10, 0, -1))


@pytest.mark.parametrize(
    ("last", "reason"),
    [
        (run(0), None),
        (run(0, 0, "not_modified"), None),
        (run(0, 0, "failed"), "failed"),
        (run(0, 0, "blocked"), "blocked"),
        (run(0, 0), "empty"),
        (run(0, 9), "short"),
        (run(0, 11), None),
        (run(0, 20, "partial", 20), "partial"),
    ],
)
def test_the_last_run_decides(last: RunRecord, reason: str | None) -> None:
    found = fault(*WELL, last)
    assert (found.reason if found else None) == reason
    if found:
        assert (found.first_day, found.severity, found.inhibits, found.weight) == (TODAY, "P2", True, 0.5)


def test_one_unread_review_of_forty_is_noted_and_spoils_nothing() -> None:
    found = fault(*WELL, run(0, 40, "partial", 1))
    assert found is not None
    assert (found.reason, found.severity, found.inhibits) == ("partial", "P3", False)


def test_a_fault_began_with_the_first_bad_run_and_counts_what_is_missing() -> None:
    found = fault(*WELL, run(3, 0, "failed"), run(2, 0, "failed"), run(0, 0, "failed"))
    assert found is not None
    assert (found.first_day, found.observed, found.expected) == (TODAY - timedelta(days=3), 0, 12.0)


def test_a_source_nobody_reads_any_more_is_stale() -> None:
    found = fault(*(run(back) for back in range(9, 3, -1)))
    assert found is not None
    assert found.reason == "stale"


def test_a_source_that_shows_nothing_new_for_too_long_is_frozen() -> None:
    assert fault(*WELL, run(0), newest=TODAY - timedelta(days=4), rate=4.0) is None  # twelve missing: chance
    found = fault(*WELL, run(0), newest=TODAY - timedelta(days=5), rate=4.0)
    assert found is not None
    assert (found.reason, found.expected, found.first_day) == ("frozen", 16.0, TODAY - timedelta(days=4))
    assert fault(*WELL, run(0), newest=TODAY - timedelta(days=40), rate=0.2) is None


def test_a_source_of_few_reviews_or_runs_is_never_short() -> None:
    few = tuple(run(back, 8) for back in range(10, 0, -1))
    assert fault(*few, run(0, 1)) is None
    assert fault(*WELL[-4:], run(0, 1)) is None
    assert fault(*WELL[-4:], run(0, 0)) is None
    assert fault() is None
