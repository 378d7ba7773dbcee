"""The formulas agree with the published golden values."""

from __future__ import annotations

import pytest

from pipeline.warehouse.connection import Connection

MAXENT = "[0.1121, 0.1449, 0.1874, 0.2423, 0.3133]"
STARS = f"list_transform(list_zip([4, 2, 3, 6, 15], {MAXENT}), lambda pair: pair[1] + 7 * pair[2])"


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("wilson_lo(9, 40)", 0.1232),
        ("wilson_hi(9, 40)", 0.3750),
        ("wilson_lo(0, 5)", 0.0),
        ("wilson_hi(0, 5)", 0.4345),
        ("wilson_lo(5, 5)", 0.5655),
        ("wilson_lo(0, 0)", None),
        ("newcombe_lo(18, 60, 30, 240)", 0.0632),
        ("newcombe_hi(18, 60, 30, 240)", 0.3052),
        ("newcombe_lo(0, 0, 30, 240)", None),
        ("two_prop_z(18, 60, 30, 240)", 3.3017),
        ("two_prop_z(0, 10, 0, 20)", 0.0),
        ("two_prop_z(10, 10, 20, 20)", 0.0),
        ("two_prop_z(1, 10, 0, 0)", None),
        (f"round(dir_mean({STARS}, [1, 2, 3, 4, 5]), 3)", 3.797),
        (f"dir_sd({STARS}, [1, 2, 3, 4, 5], [1, 4, 9, 16, 25])", 0.2311),
        ("net_mean(12, 6, 22)", 24.0964),
        ("net_sd(12, 6, 22)", 13.5933),
        ("decay_w(90, 90)", 0.5),
        ("decay_w(180, 90)", 0.25),
        ("decay_w(-3, 90)", 1.0),
        ("star_bucket(2.5)", 3),
        ("star_bucket(4.49)", 4),
    ],
)
def test_golden_values(con: Connection, expression: str, expected: float | None) -> None:
    ((found,),) = con.execute(f"select {expression}").fetchall()
    assert found == (None if expected is None else pytest.approx(expected, abs=5e-5))


@pytest.mark.parametrize(
    ("moment", "precision", "zone", "expected"),
    [
        ("2026-03-29 00:59:59+00", "second", "Europe/Berlin", "2026-03-29"),
        ("2026-03-28 22:59:59+00", "second", "Europe/Berlin", "2026-03-28"),
        ("2026-10-24 22:30:00+00", "second", "Europe/Berlin", "2026-10-25"),
        ("2026-10-25 23:30:00+00", "second", "Europe/Berlin", "2026-10-26"),
        ("2026-11-01 04:30:00+00", "minute", "America/New_York", "2026-11-01"),
        ("2026-11-18 00:00:00+00", "day", "America/New_York", "2026-11-18"),
        ("2026-11-18 05:00:00+00", "day", "America/New_York", "2026-11-18"),
        ("2026-11-17 23:00:00+00", "day", "Europe/Berlin", "2026-11-18"),
        ("2026-11-18 00:00:00+00", "second", "America/New_York", "2026-11-17"),
    ],
)
def test_dates_in_business_time(con: Connection, moment: str, precision: str, zone: str, expected: str) -> None:
    found = con.execute("select local_date($1::timestamptz, $2, $3)::varchar", [moment, precision, zone]).fetchall()
    assert found == [(expected,)]


@pytest.mark.parametrize(
    ("day", "monday"),
    [
        ("2026-12-31", "2026-12-28"),
        ("2027-01-03", "2026-12-28"),
        ("2027-01-04", "2027-01-04"),
        ("2024-02-29", "2024-02-26"),
    ],
)
def test_weeks_begin_on_monday_across_years(con: Connection, day: str, monday: str) -> None:
    assert con.execute("select week_monday($1::date)::varchar", [day]).fetchall() == [(monday,)]
