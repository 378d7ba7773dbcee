"""The budget of the owner becomes thresholds: fitted once a month, kept, and moved by what people call false."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from pipeline.reputation.calibration import Calibration
from pipeline.reputation.evaluation import SeriesKey
from pipeline.reputation.replay import History
from pipeline.steps import calibrating, watch, workplace
from pipeline.warehouse.connection import Connection
from tests.alerts.conftest import TODAY, Shop


def fits(con: Connection) -> int:
    found = con.execute("select count(*) from run.calibrations").fetchone()
    assert found is not None
    return int(found[0])


def test_rates_are_fitted_by_the_first_watch_and_again_after_a_month(shop: Shop) -> None:
    shop.load(shop.quiet_weeks(60))
    for days, expected in ((0, 1), (1, 1), (28, 1), (2, 2)):
        shop.now += timedelta(days=days)
        watch.scan_series()
        with workplace.warehouse(workplace.current()) as con:
            assert fits(con) == expected
            kept = calibrating.stored(con)
    assert kept.series_weeks > 50


def test_a_fit_on_a_few_days_does_not_outlive_an_import(shop: Shop) -> None:
    shop.load(shop.stars(TODAY, 5, 2))
    watch.scan_series()
    shop.load(shop.quiet_weeks(60, is_imported=True))
    watch.scan_series()
    with workplace.warehouse(workplace.current()) as con:
        assert fits(con) == 2
        assert calibrating.stored(con).series_weeks > 50


def history(reviews_a_day: float, series: int = 3) -> History:
    keys = tuple(SeriesKey(f"Laden {number}") for number in range(series))
    n = np.full((series, 400), reviews_a_day)
    return History(keys, n, np.floor(n / 5), TODAY)


def test_series_that_have_fallen_silent_spend_nothing() -> None:
    alive, mixed = history(10), history(10)
    n = np.array(mixed.n)
    n[1:, -calibrating.LIVE_DAYS :] = 0
    few = calibrating.thresholds(Calibration(), replace(mixed, n=n), 0.01)
    assert few[0] < calibrating.thresholds(Calibration(), alive, 0.01)[0]
    assert few[1] == few[0]


def test_no_live_series_still_has_a_threshold() -> None:
    assert calibrating.thresholds(Calibration(), history(0), 1.0).shape == (3,)


def test_a_wilder_fleet_has_higher_thresholds(shop: Shop) -> None:
    shop.load(shop.quiet_weeks(10))
    usual = calibrating.thresholds(Calibration(), history(10), 0.01)
    wild = calibrating.thresholds(Calibration(factor=3.0, slope=0.3), history(10), 0.01)
    assert (wild > usual + 0.4).all()
    with pytest.raises(ValueError, match="positive"):
        calibrating.thresholds(Calibration(), history(10), 0.0)


def test_drift_waits_for_the_report(shop: Shop) -> None:
    shop.configure("[alerts]", "per_month = 0.02")
    start = TODAY - timedelta(days=70 * 7 - 1)
    reviews, due = [], 0.0
    for number in range(70 * 7):
        due += 8 * (0.08 + 0.08 * max(0, number - 50 * 7) / 140)
        bad = int(due)
        due -= bad
        day = start + timedelta(days=number)
        reviews += shop.stars(day, 1, bad) + shop.stars(day, 5, 8 - bad)
    shop.load(reviews)
    assert shop.watch() == []
    with workplace.warehouse(workplace.current()) as con:
        found = con.execute("select kind, severity, scope from core.incidents").fetchall()
    assert found == [("drift", "P3", "entity")]
