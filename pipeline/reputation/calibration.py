"""Fits the false-alert rates to a fleet's own quiet days, so that a budget means what it says there, too.

A fleet wilder than the simulated one has more false alerts above any score, and they thin out more slowly. Both are
read where false alerts are plenty and true ones few, at scores of 1.5 to 2.2, and carried on to the threshold. Days of
known incidents do not count, nor days near a score so high that chance hardly explains it, unless people called it a
false alarm. With little history the usual rates hold.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from pipeline.reputation.budget import RATES, WEEKS_A_MONTH, solve, usual_rate, volume_class
from pipeline.reputation.tails import Array

QUIET_DAYS = 7
LOW_SCORE, HIGH_SCORE = 1.5, 2.2
# A quiet day reaches this score once in some thousand series-weeks; an event often does.
EVENT_SCORE = 4.5
EVENT_DAYS = 14
# The usual rates weigh as much as so many alerts of one's own.
PRIOR_ALERTS = 20.0
# No volume class may spend more than this multiple of what each series is allowed.
MOST_OF_A_CLASS = 2.0

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Calibration:
    """A fleet's rates relative to the usual ones: `factor` at HIGH_SCORE, `slope` in log units a score beyond it.

    `by_class` multiplies the rates of a volume class; `series_weeks` and `alerts` say what it rests on.
    """

    factor: float = 1.0
    slope: float = 0.0
    by_class: tuple[float, ...] = (1.0,) * len(RATES)
    series_weeks: float = 0.0
    alerts: int = 0

    def rate(self, score: float, of_class: int) -> float:
        """False alerts per 1,000 series-weeks above a score of at least HIGH_SCORE."""
        fleet = self.factor * math.exp(self.slope * (score - HIGH_SCORE))
        return usual_rate(score, of_class) * fleet * self.by_class[of_class]

    def thresholds_for(self, false_alerts_a_month: float, reviews_a_day: Array) -> Array:
        """The threshold of each series, so that together they raise so many false alerts a month.

        All series share one threshold, but a class that would spend far more than its part gets a higher one.

        Raises:
            ValueError: the budget is not positive, or there are no series.
        """
        if false_alerts_a_month <= 0 or not len(reviews_a_day):
            raise ValueError(f"a budget needs positive numbers, got {false_alerts_a_month}")
        classes = volume_class(np.asarray(reviews_a_day, dtype=np.float64))
        counts: list[int] = np.bincount(classes, minlength=len(RATES)).tolist()

        def spent(score: float) -> float:
            rates = (self.rate(score, of_class) for of_class in range(len(RATES)))
            return sum(n * rate for n, rate in zip(counts, rates, strict=True)) * WEEKS_A_MONTH / 1000

        common = solve(spent, false_alerts_a_month)
        allowed = MOST_OF_A_CLASS * 1000 * false_alerts_a_month / WEEKS_A_MONTH / len(classes)
        own = [max(common, solve(partial(self.rate, of_class=c), allowed)) for c in range(len(RATES))]
        found: Array = np.asarray(own)[classes]
        return found


def calibrate(
    scores: Array, reviews_a_day: Array, judged: Bools, incident: Bools | None = None, false_alarm: Bools | None = None
) -> Calibration:
    """The rates of a fleet from (series, days) of scores; `reviews_a_day` is one number a series.

    `judged` marks days with enough history, `incident` those of incidents, `false_alarm` those that people called one.
    """
    quiet = judged & ~_around(scores > EVENT_SCORE)
    if incident is not None:
        quiet &= ~incident
    if false_alarm is not None:
        quiet |= judged & false_alarm
    classes = volume_class(np.asarray(reviews_a_day, dtype=np.float64))
    weeks = np.bincount(classes, weights=quiet.sum(axis=1) / 7, minlength=len(RATES))
    seen = {score: _alerts(scores, score, quiet, classes) for score in (LOW_SCORE, HIGH_SCORE)}
    usual = {
        score: weeks / 1000 * np.array([usual_rate(score, c) for c in range(len(RATES))])
        for score in (LOW_SCORE, HIGH_SCORE)
    }
    low, high = (
        (seen[score].sum() + PRIOR_ALERTS) / (usual[score].sum() + PRIOR_ALERTS) for score in (LOW_SCORE, HIGH_SCORE)
    )
    own = (seen[HIGH_SCORE] + PRIOR_ALERTS) / (usual[HIGH_SCORE] * high + PRIOR_ALERTS)
    return Calibration(
        factor=float(high),
        slope=float(math.log(high / low) / (HIGH_SCORE - LOW_SCORE)),
        by_class=tuple(own.tolist()),
        series_weeks=float(weeks.sum()),
        alerts=int(seen[HIGH_SCORE].sum()),
    )


def first_alarms(alarms: Bools) -> Bools:
    """Alarms with no alarm in the seven days before: what would become an alert."""
    days = np.arange(alarms.shape[1])
    last = np.maximum.accumulate(np.where(alarms, days, -(10**6)), axis=1)
    before = np.concatenate([np.full((len(alarms), 1), -(10**6)), last[:, :-1]], axis=1)
    first: Bools = alarms & (days - before > QUIET_DAYS)
    return first


def _alerts(scores: Array, threshold: float, quiet: Bools, classes: npt.NDArray[np.int64]) -> Array:
    found = (first_alarms(scores > threshold) & quiet).sum(axis=1)
    alerts: Array = np.bincount(classes, weights=found, minlength=len(RATES)).astype(np.float64)
    return alerts


def _around(events: Bools) -> Bools:
    """Days within EVENT_DAYS of an event."""
    total = np.concatenate([np.zeros((len(events), 1)), np.cumsum(events, axis=1)], axis=1)
    days = np.arange(events.shape[1])
    first, last = np.maximum(days - EVENT_DAYS, 0), np.minimum(days + EVENT_DAYS + 1, events.shape[1])
    near: Bools = total[:, last] > total[:, first]
    return near
