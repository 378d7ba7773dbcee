"""Turns the owner's budget of false alerts into thresholds, with rates fitted once a month to his own quiet days."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from pipeline.reputation import spike
from pipeline.reputation.calibration import Calibration, calibrate
from pipeline.reputation.evaluation import Limits
from pipeline.reputation.replay import History
from pipeline.reputation.tails import Array
from pipeline.review import Incident
from pipeline.steps import workplace
from pipeline.warehouse import calibrations
from pipeline.warehouse import incidents as incident_store
from pipeline.warehouse.incidents import FalseAlarm

log = logging.getLogger(__name__)

EVERY_DAYS = 30
PAST_DAYS = 365
LIVE_DAYS = 180
# Enough series for rates within some percent; more would only cost time.
MOST_SERIES = 2000
# A first fit on a few days must not stand for a month once years of history are imported.
GROWN = 4.0


def current(con: workplace.Connection, history: History, now: datetime) -> Calibration:
    """The fleet's rates, fitted anew where the last fit is older than a month, or history has grown much since."""
    kept = calibrations.newest(con, spike.RULE_VERSION, now - timedelta(days=EVERY_DAYS))
    if kept is not None and kept.series_weeks * GROWN >= _series_weeks(history):
        return kept
    found = _fitted(history, incident_store.load_incidents(con), incident_store.false_alarms(con))
    calibrations.add(con, spike.RULE_VERSION, found, now)
    log.info(
        "calibrated on %.0f series-weeks with %d alerts: factor %.2f", found.series_weeks, found.alerts, found.factor
    )
    return found


def stored(con: workplace.Connection) -> Calibration:
    """The newest rates, whatever their age; the usual ones where none were fitted yet."""
    return calibrations.newest(con, spike.RULE_VERSION) or Calibration()


def limits(found: Calibration, history: History, per_month: float) -> Limits:
    """What a budget of false alerts a month buys: the common threshold, and the margins of noisy classes."""
    each = thresholds(found, history, per_month)
    common = float(each.min())
    above = {key: float(limit) - common for key, limit in zip(history.keys, each, strict=True) if limit > common}
    return Limits(common, above)


def thresholds(found: Calibration, history: History, per_month: float) -> Array:
    """The threshold of each series; those without reviews for half a year spend nothing."""
    reviews_a_day = np.asarray(history.n)[:, -LIVE_DAYS:].mean(axis=1)
    is_live = reviews_a_day > 0
    if not is_live.any():
        return found.thresholds_for(per_month, reviews_a_day)
    each = np.zeros(len(reviews_a_day))
    each[is_live] = found.thresholds_for(per_month, reviews_a_day[is_live])
    return np.where(is_live, each, each[is_live].min())


def _sampled(history: History) -> npt.NDArray[np.int64]:
    return np.arange(0, len(history.keys), max(1, -(-len(history.keys) // MOST_SERIES)))


def _series_weeks(history: History) -> float:
    """The weeks since their first review of the series that a fit would look at."""
    n = np.asarray(history.n)[_sampled(history)]
    return float((np.cumsum(n, axis=1) > 0)[:, -PAST_DAYS:].sum() / 7)


def _fitted(history: History, incidents: Sequence[Incident], false_alarms: Sequence[FalseAlarm]) -> Calibration:
    rows = _sampled(history)
    n, y = np.asarray(history.n)[rows], np.asarray(history.y)[rows]
    parents = np.broadcast_to(np.asarray(history.parent_share, dtype=np.float64), (len(history.keys),))[rows]
    result = spike.scan(n, y, parent_share=parents, last_days=PAST_DAYS)
    days = result.score.shape[1]
    first = history.last_day - timedelta(days=days - 1)
    keys = [history.keys[row] for row in rows]
    during = np.zeros(result.score.shape, dtype=bool)
    for incident in incidents:
        if incident.state != "false_alarm" and incident.kind != "data":
            of_entity = np.array([key.entity == incident.entity for key in keys])
            start, end = ((day - first).days for day in (incident.start_day, incident.last_day))
            during[of_entity, max(0, start) : max(0, end + 1)] = True
    called = np.zeros(result.score.shape, dtype=bool)
    row_of = {key.key: row for row, key in enumerate(keys)}
    for alarm in false_alarms:
        column = (alarm.day - first).days
        if alarm.series_key in row_of and 0 <= column < days:
            called[row_of[alarm.series_key], column] = True
    judged: npt.NDArray[np.bool_] = result.is_usable & (np.cumsum(n, axis=1)[:, -days:] > 0)
    return calibrate(result.score, n[:, -LIVE_DAYS:].mean(axis=1), judged, during, called)
