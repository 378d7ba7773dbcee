"""What would have fired on one's own history, knowing on each day only what was known then."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from statistics import median

import numpy as np
import numpy.typing as npt

from pipeline.reputation.evaluation import Limits
from pipeline.reputation.incident import (
    Circumstances,
    Evaluation,
    SeriesKey,
    advance,
    evaluations,
)
from pipeline.reputation.spike import DEFAULT_SHARE, scan
from pipeline.reputation.tails import Array
from pipeline.review import Incident, Kind, Severity

BUDGETS = (0.25, 0.5, 1.0, 2.0, 4.0)
DAYS_A_MONTH = 365.25 / 12
BLOCK_DAYS = 92


@dataclass(frozen=True)
class History:
    """Daily counts (series, days) that end on `last_day`, as `keys` names them; `parent_share` is one a series."""

    keys: tuple[SeriesKey, ...]
    n: Array
    y: Array
    last_day: date
    parent_share: npt.ArrayLike = DEFAULT_SHARE


@dataclass(frozen=True)
class ReplayedAlert:
    """One message that would have been sent on `alert_day`; counts are those known on that day."""

    entity: str
    scope: str
    kind: Kind
    severity: Severity
    start_day: date
    alert_day: date
    observed: int
    expected: float


@dataclass(frozen=True)
class BudgetRow:
    """What a budget of false alerts a month would have meant: its threshold, and the alerts oldest first.

    `delay_days` is the median of the days from the start of an incident to its first alert; None without alerts.
    """

    false_alerts_a_month: float
    threshold: float
    alerts_a_month: float
    delay_days: float | None
    alerts: tuple[ReplayedAlert, ...]

    @property
    def n_alerts(self) -> int:
        """How many messages it would have been."""
        return len(self.alerts)


def evidence(
    history: History,
    start: date,
    end: date,
    *,
    floor: float | None = None,
    tick: Callable[[int, int], None] | None = None,
) -> list[Evaluation]:
    """The evaluations of every series from `start` to `end`, each from counts up to its day.

    With `floor` only those of a higher score are kept, for years of many series are millions. `tick` hears how many
    days of series are done, of how many.

    Raises:
        ValueError: the days are outside the history or in the wrong order.
    """
    first = history.last_day - timedelta(days=np.shape(history.n)[1] - 1)
    if not first <= start <= end <= history.last_day:
        raise ValueError(f"replay needs days between {first} and {history.last_day}, got {start} to {end}")
    found: list[Evaluation] = []
    total, done = len(history.keys) * ((end - start).days + 1), 0
    for part in _families(history):
        for block_start, block_end in _blocks(start, end):
            until, days = (block_end - first).days + 1, (block_end - block_start).days + 1
            n, y = np.asarray(part.n)[:, :until], np.asarray(part.y)[:, :until]
            result = scan(n, y, parent_share=part.parent_share, last_days=days)
            weighed = evaluations(part.keys, block_end, result)
            found += weighed if floor is None else [one for one in weighed if one.score > floor]
            done += len(part.keys) * days
            if tick:
                tick(done, total)
    return found


def _families(history: History) -> list[History]:
    """The history by entity: its own series with those of its parts."""
    rows: dict[str, list[int]] = {}
    for row, key in enumerate(history.keys):
        rows.setdefault(key.entity, []).append(row)
    share = np.broadcast_to(np.asarray(history.parent_share, dtype=np.float64), (len(history.keys),))
    n, y = np.asarray(history.n), np.asarray(history.y)
    return [
        History(tuple(history.keys[row] for row in mine), n[mine], y[mine], history.last_day, share[mine])
        for mine in rows.values()
    ]


def _blocks(start: date, end: date) -> list[tuple[date, date]]:
    """Spans of at most `BLOCK_DAYS`; a day's evidence does not depend on the span it is worked out in."""
    firsts = [start + timedelta(days=k) for k in range(0, (end - start).days + 1, BLOCK_DAYS)]
    return [(first, min(first + timedelta(days=BLOCK_DAYS - 1), end)) for first in firsts]


def replay(found: Sequence[Evaluation], threshold: float) -> list[ReplayedAlert]:
    """The alerts of these evaluations at a threshold, oldest first, each message once."""
    return [alert for _, alert in _told(found, threshold)]


def _told(found: Sequence[Evaluation], threshold: float) -> list[tuple[str, ReplayedAlert]]:
    """The alerts with the ids of their incidents; one that grows worse is told again."""
    alerts: list[tuple[str, ReplayedAlert]] = []
    book: dict[str, Incident] = {}
    sent: set[tuple[str, Severity]] = set()
    by_day: dict[date, list[Evaluation]] = {}
    for one in found:
        if one.score > threshold:
            by_day.setdefault(one.day, []).append(one)
    for day in sorted(by_day):
        # Incidents that closed long ago cannot change any more.
        recent = [i for i in book.values() if (day - i.last_day).days <= 30]
        now = datetime.combine(day, time(23, 59), UTC)
        outcome = advance(by_day[day], recent, now, threshold=threshold, circumstances=Circumstances(sent=sent))
        book |= {i.incident_id: i for i in outcome.changed}
        for incident in outcome.to_notify:
            sent.add((incident.incident_id, incident.severity))
            alerts.append((incident.incident_id, _alert(incident, day)))
    return alerts


def _alert(incident: Incident, day: date) -> ReplayedAlert:
    return ReplayedAlert(
        incident.entity, incident.scope, incident.kind, incident.severity, incident.start_day, day,
        incident.observed, incident.expected,
    )  # fmt: skip


def budgets(
    found: Sequence[Evaluation],
    budgets_a_month: Sequence[float] = BUDGETS,
    *,
    limits_of: Callable[[float], Limits],
    days: int,
) -> list[BudgetRow]:
    """For several budgets what they would have sent in so many days; for choosing one by looking.

    `limits_of` gives the limits that a budget of false alerts a month buys.
    """
    rows = []
    for budget in sorted(set(budgets_a_month)):
        limits = limits_of(budget)
        told = _told(limits.applied(found), limits.threshold)
        first = dict(reversed(told))
        delays = [(alert.alert_day - alert.start_day).days for alert in first.values()]
        delay = float(median(delays)) if delays else None
        alerts = tuple(alert for _, alert in told)
        rows.append(BudgetRow(budget, limits.threshold, len(alerts) * DAYS_A_MONTH / days, delay, alerts))
    return rows
