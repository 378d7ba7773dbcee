"""The false-alert rates of this fleet, each with the time it was fitted."""

from __future__ import annotations

from datetime import datetime

from pipeline.reputation.calibration import Calibration
from pipeline.warehouse.connection import Connection, transaction

_NEWEST = """
select factor, slope, by_class, series_weeks, alerts
from run.calibrations
where rule_version = $rule_version and calibrated_at >= coalesce($since, calibrated_at)
order by calibrated_at desc, series_weeks desc
limit 1
"""

_ADD = """
insert into run.calibrations (rule_version, calibrated_at, factor, slope, by_class, series_weeks, alerts)
values ($rule_version, $calibrated_at, $factor, $slope, $by_class, $series_weeks, $alerts)
"""


def newest(con: Connection, rule_version: str, since: datetime | None = None) -> Calibration | None:
    """The newest calibration of a rule, made at `since` or later; None where there is none."""
    row = con.execute(_NEWEST, {"rule_version": rule_version, "since": since}).fetchone()
    if row is None:
        return None
    factor, slope, by_class, series_weeks, alerts = row
    return Calibration(factor, slope, tuple(by_class), series_weeks, alerts)


def add(con: Connection, rule_version: str, found: Calibration, calibrated_at: datetime) -> None:
    """Keep a calibration; earlier ones stay, so that past thresholds can be explained."""
    row = {
        "rule_version": rule_version,
        "calibrated_at": calibrated_at,
        "factor": found.factor,
        "slope": found.slope,
        "by_class": list(found.by_class),
        "series_weeks": found.series_weeks,
        "alerts": found.alerts,
    }
    with transaction(con):
        con.execute(_ADD, row)
