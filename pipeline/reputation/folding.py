"""Folds alarms into threads: one incident a cause, the parts of an entity under the entity's own."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta

from pipeline.reputation.data_fault import DataFault
from pipeline.reputation.evaluation import Evaluation, SeriesKey, Sign, worse_of
from pipeline.reputation.spike import RULE_VERSION
from pipeline.review import Driver, Incident

QUIET_DAYS = 7
FAMILY = {"drift": "drift", "manipulation": "manipulation", "positive_surge": "praise", "data": "data"}
_REPUTATION = "reputation"
Book = dict[str, Incident]


def fold(group: Sequence[Evaluation], book: Book, signs: Sequence[Sign] = ()) -> None:
    """Let the alarms of one entity and day open, prolong or join incidents of the book.

    The entity's own alarm takes over what its parts began. A part joins the thread it is in already, or that of its
    entity; the parts left over are one cause and make one incident, led by the rarest.
    """
    ranked = sorted(group, key=lambda one: (one.series.level != "entity", -one.score, one.series))
    if ranked and ranked[0].series.level == "entity":
        _whole(ranked[0], ranked[1:], book, signs)
        return
    left = []
    for part in ranked:
        home = _home_of(part, book)
        if home is None:
            left.append(part)
        elif home.scope == part.series.scope:
            _put(book, _prolonged(home, part, signs))
        else:
            _put(book, _with_parts(home, [part]))
    if left:
        _put(book, _with_parts(_opened(left[0], signs, book), left[1:]))


def fold_sign(sign: Sign, book: Book) -> None:
    """Let a sign of another rule open or prolong its thread; none where an incident of the kind tells it."""
    if sign.kind == "manipulation" and any(
        i.kind == "manipulation"
        and i.dedup_key.startswith(f"{_REPUTATION}|")
        and sign.start_day <= i.last_day
        and i.start_day <= sign.day
        for i in _of_entity(sign.series.entity, book)
    ):
        return
    key = _key(FAMILY[sign.kind], sign.series)
    fresh = Incident(
        incident_id=_identity(key, sign.day), dedup_key=key, state="new", kind=sign.kind, severity=sign.severity,
        entity=sign.series.entity, scope=sign.series.scope, start_day=sign.start_day, alert_day=sign.day,
        last_day=sign.day, observed=sign.observed, expected=sign.expected, expected_low=sign.low,
        expected_high=sign.high, n_reviews=sign.n, share=sign.observed / sign.n if sign.n else None,
        share_baseline=sign.share_baseline, score=sign.score, rule_version=RULE_VERSION, signs=sign.reasons,
        owed=None if sign.is_history else sign.severity,
    )  # fmt: skip
    _put(book, _continued(fresh, book))


def fold_fault(fault: DataFault, book: Book) -> None:
    """Let a faulty source open or prolong its incident of kind `data`."""
    series = SeriesKey(fault.entity, "source", fault.source)
    key = _key("data", series)
    fresh = Incident(
        incident_id=_identity(key, fault.day), dedup_key=key, state="new", kind="data", severity=fault.severity,
        entity=fault.entity, scope=series.scope, start_day=fault.first_day, alert_day=fault.day, last_day=fault.day,
        observed=fault.observed, expected=fault.expected, expected_low=0, expected_high=round(fault.expected),
        n_reviews=fault.observed, share=None, share_baseline=None, score=0.0, rule_version=RULE_VERSION,
        signs=(fault.reason,), owed=fault.severity,
    )  # fmt: skip
    _put(book, _continued(fresh, book))


def unite(book: Book) -> None:
    """Make one of open incidents of the same thread, which late reviews may have brought together."""
    first: Book = {}
    for incident in sorted(book.values(), key=lambda i: (i.alert_day, i.incident_id)):
        if not incident.is_open:
            continue
        kept = first.setdefault(incident.dedup_key, incident)
        if kept is not incident:
            _put(book, replace(incident, state="resolved", parent_id=kept.incident_id))
            first[incident.dedup_key] = _merged(kept, incident)
    book.update({incident.incident_id: incident for incident in first.values()})


def _put(book: Book, incident: Incident) -> None:
    book[incident.incident_id] = incident


def _of_entity(entity: str, book: Book) -> Iterable[Incident]:
    return [i for i in book.values() if i.entity == entity and i.parent_id is None]


def _is_near(incident: Incident, day: date) -> bool:
    """Whether a day is within the cool-down of an incident's alarms; late reviews may also alarm before its first."""
    quiet = timedelta(days=QUIET_DAYS)
    return incident.alert_day - quiet <= day <= incident.last_day + quiet


def _threads(entity: str, day: date, book: Book) -> list[Incident]:
    """The entity's threads about bad reviews near a day: the nearest, open ones, its own before its parts'."""
    found = [i for i in _of_entity(entity, book) if i.dedup_key.startswith(f"{_REPUTATION}|") and _is_near(i, day)]
    # The nearest thread comes first, so that a second run finds what the first one made.
    return sorted(found, key=lambda i: (_away(i, day), not i.is_open, i.scope != "entity", i.start_day, i.incident_id))


def _away(incident: Incident, day: date) -> int:
    """How many days a day lies outside of an incident's alarms."""
    return max((incident.alert_day - day).days, (day - incident.last_day).days, 0)


def _whole(e: Evaluation, parts: Sequence[Evaluation], book: Book, signs: Sequence[Sign]) -> None:
    near = _threads(e.series.entity, e.day, book)
    own = next((i for i in near if i.scope == "entity"), None)
    # An entity takes over what a part of it began: one cause, one thread. What a person called false stays closed.
    current = own or next((i for i in near if i.is_open), None)
    incident = _prolonged(current, e, signs) if current else _opened(e, signs, book)
    incident = _with_parts(incident, parts)
    if incident.is_open:
        for other in near:
            if other.is_open and other.scope != "entity" and other.incident_id != incident.incident_id:
                _put(book, replace(other, state="resolved", parent_id=incident.incident_id))
                incident = _merged(incident, other)
        if incident.kind == "manipulation":
            for other in _of_entity(e.series.entity, book):
                if other.is_open and other.dedup_key.startswith("manipulation|") and _is_near(other, e.day):
                    _put(book, replace(other, state="resolved", parent_id=incident.incident_id))
                    incident = replace(incident, signs=_union(incident.signs, other.signs))
    _put(book, incident)


def _home_of(part: Evaluation, book: Book) -> Incident | None:
    """The thread a part's alarm belongs to: its own, that of its entity, one that has it already, its own of late."""
    near, scope = _threads(part.series.entity, part.day, book), part.series.scope
    own = next((i for i in near if i.scope == scope), None)
    if own is not None and (own.state != "resolved" or not _away(own, part.day)):
        return own
    # What a person called false keeps the parts it had, but takes no new ones.
    return next((i for i in near if (i.is_open and i.scope == "entity") or scope in i.parts), own)


def _key(family: str, series: SeriesKey) -> str:
    part = series.name if series.level == "theme" else "" if series.level == "entity" else series.scope
    return f"{family}|{series.entity}|{part}"


def _identity(dedup_key: str, alert_day: date) -> str:
    return hashlib.sha256(f"{dedup_key}|{alert_day.isoformat()}".encode()).hexdigest()[:12]


def _opened(e: Evaluation, signs: Sequence[Sign], book: Book) -> Incident:
    """A new incident, or the one of the same thread and day that was folded away and stands alone again."""
    fresh = _fresh(e, signs)
    past = book.get(fresh.incident_id)
    return fresh if past is None else _prolonged(replace(past, parent_id=None), e, signs)


def _fresh(e: Evaluation, signs: Sequence[Sign]) -> Incident:
    key = _key(_REPUTATION, e.series)
    behind = _suspicion(e, signs)
    reasons = _union(("safety_or_legal",) if e.is_urgent else (), *(sign.reasons for sign in behind))
    return Incident(
        incident_id=_identity(key, e.day), dedup_key=key, state="new",
        kind="manipulation" if behind else e.kind, severity=e.severity,
        entity=e.series.entity, scope=e.series.scope, start_day=e.start_day, alert_day=e.day, last_day=e.day,
        observed=e.observed, expected=e.expected, expected_low=e.low, expected_high=e.high, n_reviews=e.n,
        share=e.observed / e.n if e.n else None, share_baseline=e.share_baseline, score=e.score,
        rule_version=RULE_VERSION, share_score=e.share_score, count_score=e.count_score, signs=reasons,
        owed=None if e.is_history else e.severity,
    )  # fmt: skip


def _suspicion(e: Evaluation, signs: Sequence[Sign]) -> list[Sign]:
    """The signs of manipulation that carry at least half of an alarm's excess."""
    behind = [
        sign
        for sign in signs
        if sign.kind == "manipulation"
        and sign.series.entity == e.series.entity
        and (e.series.level == "entity" or e.series == sign.series)
        and sign.start_day <= e.day
        and e.start_day <= sign.day
    ]
    # The same reviews are seen on several days: of each source its strongest sign counts.
    most: dict[SeriesKey, int] = {}
    for sign in behind:
        most[sign.series] = max(most.get(sign.series, 0), sign.n_negative)
    return behind if behind and sum(most.values()) >= e.excess / 2 else []


def _prolonged(incident: Incident, e: Evaluation, signs: Sequence[Sign]) -> Incident:
    """The incident with another day; its counts are those of its strongest evidence so far."""
    broadens = e.series.level == "entity" and incident.scope != "entity"
    fresh = _fresh(e, signs)
    later = replace(incident, signs=_union(incident.signs, fresh.signs))
    if broadens or e.score > incident.score:
        later = _with_evidence(later, fresh)
        if broadens:
            later = replace(later, parts=_union(incident.parts, (incident.scope,)))
    if "manipulation" in (incident.kind, fresh.kind):
        later = replace(later, kind="manipulation")
    return _alarmed(later, e)


def _with_evidence(incident: Incident, fresh: Incident) -> Incident:
    """The incident with the counts, scores and scope of stronger evidence; all else stays."""
    return replace(
        incident, dedup_key=fresh.dedup_key, kind=fresh.kind, scope=fresh.scope,
        start_day=min(incident.start_day, fresh.start_day), observed=fresh.observed, expected=fresh.expected,
        expected_low=fresh.expected_low, expected_high=fresh.expected_high, n_reviews=fresh.n_reviews,
        share=fresh.share, share_baseline=fresh.share_baseline, score=fresh.score, share_score=fresh.share_score,
        count_score=fresh.count_score, rule_version=fresh.rule_version,
    )  # fmt: skip


def _alarmed(incident: Incident, e: Evaluation) -> Incident:
    """The incident with one more alarm, at the graver of two severities, open again.

    What a person called false opens only if it is a class worse. What is over all the same, the end of the run closes.
    """
    severity = worse_of(incident.severity, e.severity) or e.severity
    owed = incident.owed if e.is_history else worse_of(incident.owed, e.severity)
    reopens = incident.state == "resolved" or (incident.state == "false_alarm" and severity != incident.severity)
    state = "updated" if reopens else incident.state
    signs = _union(incident.signs, ("safety_or_legal",) if e.is_urgent else ())
    return replace(
        incident, severity=severity, owed=owed, state=state, signs=signs, alert_day=min(incident.alert_day, e.day),
        last_day=max(incident.last_day, e.day),
    )  # fmt: skip


def _with_parts(incident: Incident, parts: Sequence[Evaluation]) -> Incident:
    """The incident with alarms of parts folded in: they explain it, and none that is graver is lost."""
    if not parts:
        return incident
    drivers = {(d.dimension, d.name): d for d in incident.drivers}
    for e in parts:
        incident = _alarmed(incident, e)
        # A part that is in already has been explained since, by all its reviews.
        if e.series.scope not in incident.parts:
            drivers[e.series.level, e.series.name] = Driver(e.series.level, e.series.name, e.observed, e.expected)
    scopes = tuple(e.series.scope for e in parts if e.series.scope != incident.scope)
    return replace(incident, drivers=tuple(drivers.values()), parts=_union(incident.parts, scopes))


def _merged(incident: Incident, other: Incident) -> Incident:
    return replace(
        incident,
        severity=worse_of(incident.severity, other.severity) or incident.severity,
        owed=worse_of(incident.owed, other.owed),
        start_day=min(incident.start_day, other.start_day),
        alert_day=min(incident.alert_day, other.alert_day),
        last_day=max(incident.last_day, other.last_day),
        parts=_union(incident.parts, other.parts, () if other.scope == incident.scope else (other.scope,)),
        signs=_union(incident.signs, other.signs),
    )


def _continued(fresh: Incident, book: Book) -> Incident:
    """The incident of the same thread within the cool-down, with its strongest evidence; else the fresh one."""
    near = [i for i in _of_entity(fresh.entity, book) if i.dedup_key == fresh.dedup_key and _is_near(i, fresh.last_day)]
    current = min(
        near,
        key=lambda i: (_away(i, fresh.last_day), not i.is_open, i.start_day, i.incident_id),
        default=book.get(fresh.incident_id),
    )
    if current is None:
        return fresh
    if current.parent_id:  # another incident tells it
        return current
    base = current
    if fresh.score > current.score or (fresh.kind == "data" and fresh.last_day > current.last_day):
        base = _with_evidence(current, fresh)
    severity = worse_of(current.severity, fresh.severity) or fresh.severity
    reopens = current.state == "resolved" or (current.state == "false_alarm" and severity != current.severity)
    return replace(
        base,
        severity=severity,
        owed=worse_of(current.owed, fresh.owed),
        state="updated" if reopens else current.state,
        start_day=min(current.start_day, fresh.start_day),
        alert_day=min(current.alert_day, fresh.alert_day),
        last_day=max(current.last_day, fresh.last_day),
        signs=_union(current.signs, fresh.signs),
    )


def _union(*several: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for names in several for name in names))
