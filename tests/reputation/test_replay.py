"""Replay on an invented history, and the budget that sets its threshold."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from pipeline.reputation.budget import false_alerts_for, threshold_for
from pipeline.reputation.incident import SeriesKey
from pipeline.reputation.replay import History, budgets, evidence, replay

LAST = date(2026, 11, 22)


def history(days: int = 300, burst: int = 250) -> History:
    rng = np.random.default_rng(5)
    n = rng.poisson(6, (2, days)).astype(float)
    y = rng.binomial(n.astype(int), 0.15).astype(float)
    n[:, burst : burst + 4] += 10
    y[:, burst : burst + 4] += 10
    return History((SeriesKey("Lindgrün"), SeriesKey("Lindgrün", "location", "Nord")), n, y, LAST)


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


def test_a_larger_budget_sends_no_less() -> None:
    rows = budgets(evidence(history(), LAST - timedelta(days=200), LAST))
    thresholds = [row.threshold for row in rows]
    counts = [row.n_alerts for row in rows]
    assert thresholds == sorted(thresholds, reverse=True)
    assert counts == sorted(counts)
    assert counts[0] >= 1


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
