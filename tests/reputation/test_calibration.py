"""A fleet's own rates: the usual ones without history, stricter where it is wilder, deaf to its real incidents."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.reputation.budget import WEEKS_A_MONTH, false_alerts_for, usual_rate, volume_class
from pipeline.reputation.calibration import Calibration, calibrate, first_alarms
from pipeline.reputation.tails import Array

SERIES, DAYS, LEVEL = 400, 420, 20.0
OF_CLASS = int(volume_class(np.array([LEVEL]))[0])


def fleet(stretch: float = 1.0, seed: int = 3) -> Array:
    """Scores of quiet days, with about the usual rates of one volume class; `stretch` makes all of them larger."""
    rng = np.random.default_rng(seed)
    # Alerts a day above s are about a exp(-b s); the class's rates at 1.5 and 3.0 give both.
    low, high = usual_rate(1.5, OF_CLASS) / 7000, usual_rate(3.0, OF_CLASS) / 7000
    slope = np.log(low / high) / 1.5
    start = low * np.exp(1.5 * slope)
    uniform = rng.random((SERIES, DAYS))
    return np.maximum(np.log(start / uniform) / slope, 0) * stretch


def levels() -> Array:
    return np.full(SERIES, LEVEL)


def everything() -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    return np.ones((SERIES, DAYS), dtype=bool)


def rate(scores: Array, threshold: float) -> float:
    return 7000 * first_alarms(scores > threshold).sum() / scores.size


def test_a_usual_fleet_keeps_about_the_usual_rates() -> None:
    found = calibrate(fleet(), levels(), everything())
    assert found.factor == pytest.approx(1, abs=0.15)
    assert found.alerts > 500
    assert found.rate(3.2, OF_CLASS) == pytest.approx(usual_rate(3.2, OF_CLASS), rel=0.25)


def test_no_history_is_the_usual_rate() -> None:
    found = calibrate(np.zeros((5, 0)), np.full(5, 3.0), np.zeros((5, 0), dtype=bool))
    assert (found.factor, found.slope, found.by_class) == (1.0, 0.0, (1.0,) * 4)


@pytest.mark.parametrize("stretch", [1.15, 1.3])
def test_a_wilder_fleet_gets_a_higher_threshold_that_keeps_the_budget(stretch: float) -> None:
    past, future = fleet(stretch), fleet(stretch, seed=4)
    budget = 5 / 1000 * SERIES * WEEKS_A_MONTH
    usual = Calibration().thresholds_for(budget, levels())[0]
    own = calibrate(past, levels(), everything()).thresholds_for(budget, levels())[0]
    assert own > usual
    assert rate(future, usual) > 1.4 * 5
    # These scores thin out more slowly than any fleet's, so that the tail is heavier than what is carried on.
    assert rate(future, own) < 1.45 * 5 < rate(future, usual)


def test_real_incidents_do_not_raise_the_threshold_but_false_alarms_do() -> None:
    scores = fleet()
    quiet = calibrate(scores, levels(), everything())
    hit = np.zeros_like(scores, dtype=bool)
    hit[: SERIES // 2, 200:205] = True
    scores[hit] = 9.0
    assert calibrate(scores, levels(), everything()).factor == pytest.approx(quiet.factor, rel=0.05)
    assert calibrate(scores, levels(), everything(), false_alarm=hit).factor > 1.15 * quiet.factor


def test_days_of_incidents_are_left_out() -> None:
    scores = fleet()
    scores[:, 100:110] = 2.5
    during = np.zeros_like(scores, dtype=bool)
    during[:, 90:120] = True
    assert calibrate(scores, levels(), everything(), during).factor < calibrate(scores, levels(), everything()).factor


def test_the_budget_is_spent_and_not_more() -> None:
    spent = Calibration().thresholds_for(2.0, np.array([0.3, 2.0, 30.0, 500.0] * 25))
    assert false_alerts_for(float(spent[0]), 100) == pytest.approx(2.0, rel=0.01)


def test_one_noisy_class_cannot_spend_the_budget_of_all() -> None:
    noisy = Calibration(by_class=(1.0, 1.0, 12.0, 1.0))
    quiet, loud = noisy.thresholds_for(4.0, np.array([0.3] * 900 + [20.0] * 100))[[0, -1]]
    assert loud > quiet


def test_a_budget_must_be_positive() -> None:
    with pytest.raises(ValueError, match="positive"):
        Calibration().thresholds_for(0, np.array([1.0]))
