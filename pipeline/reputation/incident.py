"""Turns evaluations of many series into few incidents, and says of which of them people must be told.

A pure state machine: the same evaluations, incidents and sent messages give the same result, so a run may be repeated.
States: new -> updated -> acknowledged -> resolved or false_alarm; people answer, quiet days resolve.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby

from pipeline.reputation.announcement import Circumstances, PlannedEvent, announce
from pipeline.reputation.data_fault import DataFault, trusted
from pipeline.reputation.evaluation import Evaluation, SeriesKey, Sign, evaluations, has_fired
from pipeline.reputation.folding import QUIET_DAYS, Book, fold, fold_fault, fold_sign, unite
from pipeline.reputation.spike import DEFAULT_THRESHOLD
from pipeline.review import Incident

__all__ = [
    "Circumstances",
    "DataFault",
    "Evaluation",
    "Outcome",
    "PlannedEvent",
    "SeriesKey",
    "Sign",
    "advance",
    "evaluations",
    "has_fired",
]

_PASSES = 6


@dataclass(frozen=True)
class Outcome:
    """What became of a run.

    `changed` must be stored; `to_notify` must be sent; `held` names the reason for each that stays silent; `inhibited`
    are the alarms from which nothing was drawn because of a faulty source.
    """

    changed: tuple[Incident, ...]
    to_notify: tuple[Incident, ...]
    held: tuple[tuple[str, str], ...]
    inhibited: tuple[Evaluation, ...] = ()


def advance(
    found: Iterable[Evaluation],
    known: Sequence[Incident],
    now: datetime,
    *,
    threshold: float = DEFAULT_THRESHOLD,
    faults: Sequence[DataFault] | None = None,
    signs: Iterable[Sign] = (),
    circumstances: Circumstances | None = None,
) -> Outcome:
    """The incidents after these evaluations (any order, several days), and whom to tell of what.

    Entities go before their parts: an alarm of a part joins the open incident of its entity, and alarms of several
    parts on one day make one incident. An alarm within seven days of the last joins the incident that is open. `faults`
    are all that there are today (None: not looked for); a source that gives again ends its incident. `now` is aware and
    in the business time zone.
    """
    stored = {incident.incident_id: incident for incident in known}
    run = _Run(
        fired=sorted((one for one in found if has_fired(one, threshold)), key=lambda one: (one.day, one.series.entity)),
        signs=sorted(signs, key=lambda sign: (sign.day, sign.series, sign.kind)),
        faults=None if faults is None else sorted(faults, key=lambda f: (f.day, f.entity, f.source)),
        today=now.date(),
    )
    book, inhibited = _passed(run, stored, stored)
    # Late reviews may bring threads together; what that means for the days before is seen in another pass.
    for _ in range(_PASSES):
        before = book
        book, inhibited = _passed(run, before, stored)
        if book == before:
            break
    changed = tuple(i for key, i in sorted(book.items()) if stored.get(key) != i)
    # An unsent message of an earlier, failed run is still owed, so unchanged open incidents are looked at too.
    told = announce([i for _, i in sorted(book.items())], now, circumstances or Circumstances())
    return Outcome(changed, told.to_notify, told.held, tuple(inhibited))


@dataclass(frozen=True)
class _Run:
    fired: Sequence[Evaluation]
    signs: Sequence[Sign]
    faults: Sequence[DataFault] | None
    today: date


def _passed(run: _Run, known: Book, stored: Book) -> tuple[Book, list[Evaluation]]:
    """The book after one pass over everything that was seen, and the alarms from which nothing was drawn."""
    book, inhibited = dict(known), []
    for fault in run.faults or ():
        fold_fault(fault, book)
    for _, group in groupby(run.fired, key=lambda one: (one.day, one.series.entity)):
        alarms = list(group)
        kept = trusted(alarms, [f for f in run.faults or () if not _is_called_false(f, book)])
        inhibited += [one for one in alarms if one not in kept]
        fold(kept, book, run.signs)
    for sign in run.signs:
        fold_sign(sign, book)
    current = None if run.faults is None else {(f.entity, f"source:{f.source}") for f in run.faults}
    for key, incident in list(book.items()):
        book[key] = _settled(incident, stored.get(key), run.today, current)
    unite(book)
    return book, inhibited


def _settled(incident: Incident, before: Incident | None, today: date, faulty: set[tuple[str, str]] | None) -> Incident:
    """The incident in the state it ends a run with: updated if it changed, resolved if it is over."""
    if incident.noticed_day is None:
        incident = replace(incident, noticed_day=today)
    if incident.state == "false_alarm" or incident.parent_id:
        return incident
    has_recovered = incident.kind == "data" and faulty is not None and (incident.entity, incident.scope) not in faulty
    if has_recovered or (today - incident.last_day).days > QUIET_DAYS:
        return replace(incident, state="resolved")
    if before is not None and before != incident and incident.state in ("new", "resolved"):
        return replace(incident, state="updated")
    return incident


def _is_called_false(fault: DataFault, book: Book) -> bool:
    """Whether a person said that the source is sound, so that its figures count again."""
    key = f"data|{fault.entity}|source:{fault.source}"
    return any(i.dedup_key == key and i.state == "false_alarm" and i.last_day >= fault.day for i in book.values())
