"""What would have fired on one's own history, knowing on each day only what was known then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import numpy as np
import numpy.typing as npt

from pipeline.reputation.budget import threshold_for
from pipeline.reputation.incident import Circumstances, Evaluation, SeriesKey, advance, evaluations
from pipeline.reputation.spike import DEFAULT_SHARE, scan
from pipeline.reputation.tails import Array
from pipeline.review import Incident, Kind, Severity

BUDGETS = (0.25, 0.5, 1.0, 2.0, 4.0)
DAYS_A_MONTH = 365.25 / 12


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
    """What a budget of false alerts a month would have meant: its threshold and the alerts found."""

    false_alerts_a_month: float
    threshold: float
    n_alerts: int
    alerts_a_month: float


def evidence(history: History, start: date, end: date) -> list[Evaluation]:
    """The evaluations of every series from `start` to `end`, each from counts up to its day.

    Raises:
        ValueError: the days are outside the history or in the wrong order.
    """
    days = history.n.shape[1]
    first = history.last_day - timedelta(days=days - 1)
    if not first <= start <= end <= history.last_day:
        raise ValueError(f"replay needs days between {first} and {history.last_day}, got {start} to {end}")
    until = (end - first).days + 1
    result = scan(
        np.asarray(history.n)[:, :until],
        np.asarray(history.y)[:, :until],
        parent_share=history.parent_share,
        last_days=(end - start).days + 1,
    )
    return evaluations(history.keys, end, result)


def replay(found: Sequence[Evaluation], threshold: float) -> list[ReplayedAlert]:
    """The alerts of these evaluations at a threshold, oldest first, each message once."""
    alerts: list[ReplayedAlert] = []
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
            alerts.append(_alert(incident, day))
    return alerts


def _alert(incident: Incident, day: date) -> ReplayedAlert:
    return ReplayedAlert(
        incident.entity, incident.scope, incident.kind, incident.severity, incident.start_day, day,
        incident.observed, incident.expected,
    )  # fmt: skip


def budgets(found: Sequence[Evaluation], budgets_a_month: Sequence[float] = BUDGETS) -> list[BudgetRow]:
    """For several budgets, what their thresholds would have sent; for choosing one by looking."""
    if not found:
        return []
    n_series = len({one.series for one in found})
    span = (max(one.day for one in found) - min(one.day for one in found)).days + 1
    rows = []
    for budget in budgets_a_month:
        threshold = threshold_for(budget, n_series)
        count = len(replay(found, threshold))
        rows.append(BudgetRow(budget, threshold, count, count * DAYS_A_MONTH / span))
    return rows
