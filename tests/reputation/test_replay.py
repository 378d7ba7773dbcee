"""Replay on an invented history, and the budget that sets its threshold."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from pipeline.reputation.budget import false_alerts_for, threshold_for
from pipeline.reputation.evaluation import Limits
from pipeline.reputation.incident import SeriesKey
from pipeline.reputation.replay import History, budgets, evidence, replay
from pipeline.reputation.timeline import timeline

LAST = date(2026, 11, 22)


def history(days: int = 300, burst: int = 250) -> History:
    rng = np.random.default_rng(5)
    n = rng.poisson(6, (2, days)).astype(float)
    y = rng.binomial(n.astype(int), 0.15).astype(float)
    n[:, burst : burst + 4] += 10
    y[:, burst : burst + 4] += 10
    return History((SeriesKey("Lindgrün"), SeriesKey("Lindgrün", "location", "Nord")), n, y, LAST)


def of_two(budget: float) -> Limits:
    return Limits(threshold_for(budget, 2))


def test_a_burst_fires_once_and_from_the_first_day() -> None:
    past = history()
    burst = LAST - timedelta(days=299 - 250)
    alerts = replay(evidence(past, LAST - timedelta(days=100), LAST), 5.0)
    assert [(a.alert_day, a.scope, a.severity) for a in alerts] == [(burst, "entity", "P1")]
    assert alerts[0].observed > 3 * alerts[0].expected


def test_a_replayed_day_knows_only_its_past() -> None:
    past = history()
    start = LAST - timedelta(days=100)
    middle = LAST - timedelta(days=48)
    until = [e for e in evidence(past, start, LAST) if e.day <= middle]
    cut = History(past.keys, past.n[:, :-48], past.y[:, :-48], middle)
    again = evidence(cut, start, middle)
    assert [(e.series, e.day, e.observed) for e in until] == [(e.series, e.day, e.observed) for e in again]
    assert [e.score for e in until] == pytest.approx([e.score for e in again])


def test_days_outside_the_history_are_refused() -> None:
    with pytest.raises(ValueError, match="replay needs days"):
        evidence(history(), LAST - timedelta(days=400), LAST)


def test_a_noisy_series_needs_its_margin() -> None:
    past = history()
    found = evidence(past, LAST - timedelta(days=100), LAST)
    assert replay(Limits(5.0).applied(found), 5.0)
    assert not replay(Limits(5.0, dict.fromkeys(past.keys, 99.0)).applied(found), 5.0)


def test_a_larger_budget_sends_no_less() -> None:
    rows = budgets(
        evidence(history(), LAST - timedelta(days=200), LAST),
        limits_of=of_two,
        days=201,
    )
    thresholds = [row.threshold for row in rows]
    counts = [row.n_alerts for row in rows]
    assert thresholds == sorted(thresholds, reverse=True)
    assert counts == sorted(counts)
    assert counts[0] >= 1


def test_each_budget_tells_its_alerts_their_rate_and_delay() -> None:
    past = history()
    burst = LAST - timedelta(days=299 - 250)
    (row,) = budgets(
        evidence(past, burst - timedelta(days=20), burst + timedelta(days=9)),
        [0.05],
        limits_of=of_two,
        days=30,
    )
    assert (row.n_alerts, row.alerts[0].alert_day) == (1, burst)
    assert row.alerts_a_month == pytest.approx(365.25 / 12 / 30)
    assert row.delay_days == (burst - row.alerts[0].start_day).days


def test_a_quiet_time_has_rows_without_alerts() -> None:
    rows = budgets([], limits_of=of_two, days=30)
    assert [(row.n_alerts, row.delay_days) for row in rows] == [(0, None)] * 5


def test_a_floor_keeps_what_can_fire_and_long_times_are_done_in_blocks() -> None:
    past, start = history(), LAST - timedelta(days=250)
    heard: list[tuple[int, int]] = []
    kept = evidence(past, start, LAST, floor=3.0, tick=lambda done, total: heard.append((done, total)))
    every = evidence(past, start, LAST)
    assert [(e.series, e.day, e.score) for e in kept] == [(e.series, e.day, e.score) for e in every if e.score > 3.0]
    assert heard[-1] == (502, 502)
    assert len(heard) > 2


def test_entities_are_replayed_each_by_itself() -> None:
    one, other = history(), history(burst=270)
    keys = (*one.keys, SeriesKey("Morgenrot"), SeriesKey("Morgenrot", "location", "Nord"))
    both = History(keys, np.concatenate([one.n, other.n]), np.concatenate([one.y, other.y]), LAST)
    found = evidence(both, LAST - timedelta(days=60), LAST)
    alone = evidence(one, LAST - timedelta(days=60), LAST)
    assert [e.score for e in found if e.series.entity == "Lindgrün"] == pytest.approx([e.score for e in alone])


def test_a_timeline_has_the_counts_and_what_is_usual() -> None:
    past = history()
    daily = timeline(past, LAST - timedelta(days=99), LAST)
    assert (daily.step, len(daily.days), daily.days[-1]) == (1, 100, LAST)
    assert list(daily.negatives) == list(past.y[0, -100:])
    assert (daily.low <= daily.expected).all()
    assert (daily.expected <= daily.high).all()
    burst = 100 - (300 - 250)
    outside = daily.negatives > daily.high
    assert outside[burst : burst + 4].all()
    assert outside.sum() < 12


def test_a_long_timeline_goes_by_weeks_that_end_with_the_last_day() -> None:
    past = history()
    weekly = timeline(past, LAST - timedelta(days=199), LAST)
    assert (weekly.step, len(weekly.days)) == (7, 29)
    assert weekly.days[-1] == LAST - timedelta(days=6)
    assert weekly.days[0] == LAST - timedelta(days=202)
    assert weekly.negatives.sum() == past.y[0, -203:].sum()


def test_a_time_before_there_is_a_history_expects_nothing() -> None:
    past = history(days=300)
    young = History(
        past.keys, np.where(np.arange(300) < 290, 0, past.n), np.where(np.arange(300) < 290, 0, past.y), LAST
    )
    assert np.isnan(timeline(young, LAST - timedelta(days=30), LAST).expected).all()


@pytest.mark.parametrize("threshold", [3.1, 4.0, 4.25, 5.2, 6.5, 7.5])
def test_budget_and_threshold_are_inverse(threshold: float) -> None:
    assert threshold_for(false_alerts_for(threshold, 40), 40) == pytest.approx(threshold)


def test_budget_at_a_measured_point() -> None:
    # At 3.0 the four volume classes have 3.37, 9.81, 10.45 and 3.58 false alerts per 1,000 series-weeks.
    assert false_alerts_for(3.0, 1000) == pytest.approx((3.37 + 9.81 + 10.45 + 3.58) / 4 * 365.25 / 84)
    assert false_alerts_for(3.0, 1000, (0, 0, 1, 0)) == pytest.approx(10.45 * 365.25 / 84)


def test_a_budget_must_be_positive() -> None:
    with pytest.raises(ValueError, match="positive"):
        threshold_for(0, 10)
