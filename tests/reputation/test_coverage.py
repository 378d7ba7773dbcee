"""Too few is a fault; a quiet day is not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from pipeline.reputation.coverage import Coverage, PastRun, judge

START = datetime(2026, 1, 1, 5, tzinfo=UTC)


def _runs(new: Sequence[int], *, parsed: int = 40, status: str = "ok") -> list[PastRun]:
    """Daily runs; the first brought a backlog."""
    return [PastRun(START + timedelta(days=day), parsed, each, status) for day, each in enumerate([500, *new])]


def _judge(new: Sequence[int], **changes: object) -> Coverage:
    runs = _runs(new)
    last = PastRun(runs[-1].started_at, int(str(changes.pop("parsed", 40))), runs[-1].new, "ok")
    return judge(last, runs[:-1], **changes)  # type: ignore[arg-type]


def test_a_busy_source_that_falls_silent_is_short() -> None:
    found = _judge([12, 9, 14, 10, 11, 13, 8, 12, 10, 0])
    assert found.status == "short"
    assert found.expected == pytest.approx(11, abs=0.1)
    assert found.expected_low is not None
    assert found.expected_low >= 1
    assert "0 new in 1.0 days, expected about 11" in (found.message or "")


def test_a_slow_source_is_given_days() -> None:
    past = [1, 0, 2, 1, 0, 3, 1, 2, 0, 1, 2, 1, 0, 2, 1]
    assert _judge([*past, 0]).status is None
    assert _judge([*past, 0, 0]).status is None
    assert _judge([2, 3, 2, 4, 3, 2, 3, 4, 2, 3, *[0] * 7]).status == "short"


def test_days_missed_are_no_shortage() -> None:
    runs = _runs([10] * 8)
    late = PastRun(runs[-1].started_at + timedelta(days=1), 40, 9, "ok")
    after_a_week = PastRun(runs[-1].started_at + timedelta(days=7), 40, 65, "ok")
    assert judge(late, runs).status is None
    found = judge(after_a_week, runs)
    assert found.status is None
    assert found.expected == pytest.approx(70)


def test_a_source_with_little_past_is_expected_nothing_of() -> None:
    assert _judge([5, 5, 0]) == Coverage()
    assert _judge([0, 1, 0, 0, 1, 0, 0, 0]) == Coverage()
    assert judge(PastRun(START, 0, 0, "ok"), []) == Coverage()


def test_a_source_that_had_reviews_and_shows_none_is_empty() -> None:
    assert _judge([0, 0, 0], parsed=0).status == "empty"
    assert _judge([0, 0, 0], parsed=0, is_quiet_normal=True).status is None
    never = [PastRun(START, 0, 0, "ok")]
    assert judge(PastRun(START + timedelta(days=1), 0, 0, "ok"), never).status is None


def test_it_stays_empty_until_reviews_come_back() -> None:
    runs = _runs([0, 0]) + [PastRun(START + timedelta(days=3 + day), 0, 0, "empty") for day in range(40)]
    assert judge(PastRun(START + timedelta(days=50), 0, 0, "ok"), runs).status == "empty"


def test_a_page_with_half_of_what_it_always_showed_is_short() -> None:
    assert _judge([0] * 8, parsed=40).status is None
    assert _judge([0] * 8, parsed=12).status == "short"


def test_an_ordinary_day_is_not_measured_by_readings_of_everything() -> None:
    runs = [PastRun(START + timedelta(days=7 * week), 400, 0, "ok", is_whole=True) for week in range(8)]
    day = PastRun(START + timedelta(days=60), 20, 1, "ok")
    assert judge(day, runs).status is None
    assert judge(PastRun(day.started_at, 20, 1, "ok", is_whole=True), runs).status == "short"


def test_what_is_broken_does_not_become_the_rule_at_once() -> None:
    good, broken = _runs([10] * 10), []
    for day in range(11, 60):
        run = PastRun(START + timedelta(days=day), 40, 0, "ok")
        found = judge(run, [*good, *broken])
        broken.append(PastRun(run.started_at, 40, 0, found.status or "ok"))
    assert {each.status for each in broken[:28]} == {"short"}


def test_not_modified_for_ever_is_short_too() -> None:
    runs = _runs([10] * 10)
    stale = [PastRun(START + timedelta(days=11), 0, 0, "not_modified")]
    assert judge(PastRun(START + timedelta(days=12), 0, 0, "not_modified"), [*runs, *stale]).status == "short"


def test_false_alarms_are_rare() -> None:
    """At most one false alarm in about 500 runs of a source whose days differ more than Poisson's."""
    chance, alarms, runs = np.random.default_rng(3), 0, 0
    for _ in range(40):
        counts = chance.negative_binomial(2, 2 / (2 + 6), size=75).tolist()
        past = _runs(counts)
        for at in range(30, 75):
            runs += 1
            alarms += judge(past[at], past[max(0, at - 60) : at]).status is not None
    assert alarms / runs < 0.004
