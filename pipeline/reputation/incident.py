"""Turns evaluations of many series into few incidents, and says of which of them people must be told.

A pure state machine: the same evaluations, incidents and sent messages give the same result, so a run may be repeated.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Literal

from pipeline.reputation.spike import DEFAULT_THRESHOLD, RULE_VERSION, Scan, window_start
from pipeline.review import Driver, Incident, Kind, Severity

Level = Literal["entity", "location", "source", "theme", "language"]
QUIET_DAYS = 7
BACKFILL_DAYS = 14
# -log10 of the limits of PRODUCT 4.2: count .001 with share .01 make a P1.
P1_COUNT, P1_SHARE = 3.0, 2.0
# An entity has some ten parts, each of them tested every day: alone, a part must be ten times rarer than its entity.
PART_MARGIN = 1.0
KIND_SCORE = 2.0
_RANK: Mapping[Severity, int] = {"P3": 0, "P2": 1, "P1": 2}
_OVER = ("resolved",)


@dataclass(frozen=True, order=True)
class SeriesKey:
    """A watched series: an entity as a whole (`name` empty), or one location, source, theme or language of it."""

    entity: str
    level: Level = "entity"
    name: str = ""

    @property
    def scope(self) -> str:
        """`entity`, or the level and name such as `location:Berlin`."""
        return "entity" if self.level == "entity" else f"{self.level}:{self.name}"


@dataclass(frozen=True)
class Evaluation:
    """The evidence on one series on one day; counts are those of the strongest window, which starts on `start_day`."""

    series: SeriesKey
    day: date
    start_day: date
    score: float
    share_score: float
    count_score: float
    observed: int
    expected: float
    low: int
    high: int
    n: int
    share_baseline: float
    is_usable: bool

    @property
    def kind(self) -> Kind:
        """Worse reviews, more of them, or both."""
        if self.share_score < KIND_SCORE:
            return "more"
        return "more_and_worse" if self.count_score >= KIND_SCORE else "worse"

    @property
    def severity(self) -> Severity:
        """P1 needs both kinds of evidence; an alarm with one of them is a P2."""
        return "P1" if self.count_score >= P1_COUNT and self.share_score >= P1_SHARE else "P2"


@dataclass(frozen=True)
class PlannedEvent:
    """A known event that explains more reviews; silences all but P1. `entity` None means every entity."""

    name: str
    start: date
    end: date
    entity: str | None = None


@dataclass(frozen=True)
class DataFault:
    """A source that cannot be trusted on a day: stale, failing, or giving fewer reviews than expected."""

    entity: str
    source: str
    day: date
    observed: int = 0
    expected: float = 0.0


@dataclass(frozen=True)
class Circumstances:
    """What decides on silence.

    `sent` holds (incident_id, severity) of messages that went out; `imported_through` is, for each entity, the last day
    that came by an import; `is_quiet` is true in quiet hours.
    """

    sent: Collection[tuple[str, Severity]] = ()
    planned: Sequence[PlannedEvent] = ()
    imported_through: Mapping[str, date] = field(default_factory=dict)
    is_quiet: bool = False


@dataclass(frozen=True)
class Outcome:
    """`changed` must be stored; `to_notify` must be sent; `held` names the reason for each that stays silent."""

    changed: tuple[Incident, ...]
    to_notify: tuple[Incident, ...]
    held: tuple[tuple[str, str], ...]


def evaluations(keys: Sequence[SeriesKey], last_day: date, scan: Scan) -> list[Evaluation]:
    """The scan as records; the last column of the scan is `last_day`."""
    days = scan.score.shape[1]
    found = []
    for row, key in enumerate(keys):
        for column in range(days):
            day = last_day - timedelta(days=days - 1 - column)
            cell = (row, column)
            found.append(
                Evaluation(
                    key, day, window_start(day, int(scan.window[cell])), float(scan.score[cell]),
                    float(scan.share_score[cell]), float(scan.count_score[cell]), int(scan.observed[cell]),
                    float(scan.expected[cell]), int(scan.low[cell]), int(scan.high[cell]), int(scan.n[cell]),
                    float(scan.share_baseline[cell]), bool(scan.is_usable[cell]),
                )
            )  # fmt: skip
    return found


def advance(
    found: Iterable[Evaluation],
    known: Sequence[Incident],
    now: datetime,
    *,
    threshold: float = DEFAULT_THRESHOLD,
    faults: Sequence[DataFault] = (),
    circumstances: Circumstances | None = None,
) -> Outcome:
    """The incidents after these evaluations (any order, several days), and whom to tell of what.

    Entities go before their parts: an alarm of a part joins the open incident of its entity, and alarms of several
    parts on one day make one incident. An alarm within seven days of the last joins the incident that is open.
    """
    stored = {incident.incident_id: incident for incident in known}
    book = dict(stored)
    untrusted = {(fault.entity, fault.source) for fault in faults}
    for fault in sorted(faults, key=lambda f: (f.day, f.entity, f.source)):
        _put(book, _data_incident(fault, book))
    fired = [one for one in found if has_fired(one, threshold)]
    fired.sort(key=lambda one: (one.day, one.series.entity, one.series.level != "entity", -one.score, one.series))
    for _, group in groupby(fired, key=lambda one: (one.day, one.series.entity)):
        trusted = _trusted(list(group), untrusted)
        if trusted:
            _put(book, _joined(trusted, book))
    today = now.date()
    for incident in list(book.values()):
        if incident.state != "resolved" and (today - incident.last_day).days > QUIET_DAYS:
            state: Literal["resolved", "false_alarm"] = "false_alarm" if incident.state == "false_alarm" else "resolved"
            _put(book, replace(incident, state=state))
    changed = tuple(i for key, i in sorted(book.items()) if stored.get(key) != i)
    # An unsent message of an earlier, failed run is still owed, so unchanged open incidents are looked at too.
    return _announce(changed, [i for _, i in sorted(book.items())], today, circumstances or Circumstances())


def has_fired(one: Evaluation, threshold: float) -> bool:
    """Whether an evaluation is an alarm."""
    return one.is_usable and one.score > threshold + (0.0 if one.series.level == "entity" else PART_MARGIN)


def _put(book: dict[str, Incident], incident: Incident) -> None:
    book[incident.incident_id] = incident


def _trusted(group: list[Evaluation], untrusted: set[tuple[str, str]]) -> list[Evaluation]:
    """Without the series of faulty sources, and without an entity whose excess lies mostly in them."""
    bad = [e for e in group if e.series.level == "source" and (e.series.entity, e.series.name) in untrusted]
    excess = sum(e.observed - e.expected for e in bad)
    rest = [e for e in group if e not in bad]
    return [e for e in rest if excess <= (e.observed - e.expected) / 2] if bad else rest


def _joined(group: list[Evaluation], book: Mapping[str, Incident]) -> Incident:
    """The incident that the alarms of one entity and day open or prolong; `group` is led by the entity if it fired."""
    lead = group[0]
    drivers = tuple(
        Driver(e.series.level, e.series.name, e.observed, e.expected) for e in group if e.series.level != "entity"
    )
    current = _open_for(lead, book)
    if current is None:
        return _opened(lead, drivers)
    return _prolonged(current, lead, drivers)


def _open_for(lead: Evaluation, book: Mapping[str, Incident]) -> Incident | None:
    candidates = [
        i
        for i in book.values()
        if i.entity == lead.series.entity
        and i.kind != "data"
        and i.start_day <= lead.day <= i.last_day + timedelta(days=QUIET_DAYS)
        # An entity takes over what a part of it began: one cause, one thread.
        and (i.scope in ("entity", lead.series.scope) or lead.series.level == "entity")
    ]
    return min(candidates, key=lambda i: (i.scope != "entity", i.start_day, i.incident_id), default=None)


def _key(family: str, series: SeriesKey) -> str:
    part = series.name if series.level == "theme" else "" if series.level == "entity" else series.scope
    return f"{family}|{series.entity}|{part}"


def _identity(dedup_key: str, start: date) -> str:
    return hashlib.sha256(f"{dedup_key}|{start.isoformat()}".encode()).hexdigest()[:12]


def _opened(e: Evaluation, drivers: tuple[Driver, ...]) -> Incident:
    key = _key("reputation", e.series)
    return Incident(
        incident_id=_identity(key, e.start_day), dedup_key=key, state="new", kind=e.kind, severity=e.severity,
        entity=e.series.entity, scope=e.series.scope, start_day=e.start_day, alert_day=e.day, last_day=e.day,
        observed=e.observed, expected=e.expected, expected_low=e.low, expected_high=e.high, n_reviews=e.n,
        share=e.observed / e.n if e.n else None, share_baseline=e.share_baseline, score=e.score, drivers=drivers,
        rule_version=RULE_VERSION,
    )  # fmt: skip


def _prolonged(incident: Incident, e: Evaluation, drivers: tuple[Driver, ...]) -> Incident:
    """The incident with a later day; its counts are those of its strongest evidence so far."""
    last = max(incident.last_day, e.day)
    broadens = e.series.level == "entity" and incident.scope != "entity"
    is_part = e.series.level != "entity" and incident.scope == "entity"
    stronger = not is_part and (broadens or e.score > incident.score)
    if not stronger:
        later = replace(incident, last_day=last)
    else:
        fresh = _opened(e, drivers or incident.drivers)
        severity = max(incident.severity, e.severity, key=_RANK.__getitem__)
        later = replace(
            fresh, incident_id=incident.incident_id, severity=severity, last_day=last, state=incident.state,
            dedup_key=fresh.dedup_key if broadens else incident.dedup_key, alert_day=min(incident.alert_day, e.day),
            start_day=min(incident.start_day, e.start_day), words=incident.words, quotes=incident.quotes,
            model_version=incident.model_version,
        )  # fmt: skip
    if later != incident and incident.state in ("new", *_OVER):
        return replace(later, state="updated")
    return later


def _data_incident(fault: DataFault, book: Mapping[str, Incident]) -> Incident:
    key = f"data|{fault.entity}|source:{fault.source}"
    for incident in book.values():
        near = incident.start_day <= fault.day <= incident.last_day + timedelta(days=QUIET_DAYS)
        if incident.dedup_key == key and near:
            return replace(incident, last_day=max(incident.last_day, fault.day))
    return Incident(
        incident_id=_identity(key, fault.day), dedup_key=key, state="new", kind="data", severity="P2",
        entity=fault.entity, scope=f"source:{fault.source}", start_day=fault.day, alert_day=fault.day,
        last_day=fault.day, observed=fault.observed, expected=fault.expected, expected_low=0,
        expected_high=round(fault.expected), n_reviews=fault.observed, share=None, share_baseline=None, score=0.0,
        rule_version=RULE_VERSION,
    )  # fmt: skip


def _announce(
    changed: tuple[Incident, ...], incidents: Sequence[Incident], today: date, circumstances: Circumstances
) -> Outcome:
    tell, held = [], []
    for incident in incidents:
        if incident.state in ("resolved", "false_alarm") or _was_told(incident, circumstances.sent):
            continue
        reason = _reason_for_silence(incident, today, circumstances)
        if reason:
            held.append((incident.incident_id, reason))
        else:
            tell.append(incident)
    return Outcome(changed, tuple(tell), tuple(held))


def _was_told(incident: Incident, sent: Collection[tuple[str, Severity]]) -> bool:
    return any(key == incident.incident_id and _RANK[told] >= _RANK[incident.severity] for key, told in sent)


def _reason_for_silence(incident: Incident, today: date, circumstances: Circumstances) -> str | None:
    imported = circumstances.imported_through.get(incident.entity)
    if (today - incident.last_day).days > BACKFILL_DAYS or (imported is not None and incident.alert_day <= imported):
        return "history"
    if incident.severity == "P1":
        return None
    if incident.state == "acknowledged":
        return "acknowledged"
    if incident.severity == "P3":
        return "next_report"
    for event in circumstances.planned:
        mine = event.entity in (None, incident.entity)
        if mine and incident.kind != "data" and event.start <= incident.last_day and incident.start_day <= event.end:
            return "planned_event"
    return "quiet_hours" if circumstances.is_quiet else None
