"""A source that cannot be trusted, and which alarms must not be drawn from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from pipeline.reputation.evaluation import Evaluation
from pipeline.review import Severity

# A faulty source that gives so much of an entity's reviews spoils the figures of its locations and themes as well.
SPOILING_WEIGHT = 0.3


@dataclass(frozen=True)
class DataFault:
    """A source that cannot be trusted on a day: stale, failing, or giving fewer reviews than expected.

    `reason` is a code of `wording.SIGNS`; `since` the day it began (None: `day`); `weight` the part of the entity's
    reviews, in [0, 1], that usually comes from the source. A fault that spoils nothing (one review of fifty unread) is
    told of but inhibits no alarm.
    """

    entity: str
    source: str
    day: date
    observed: int = 0
    expected: float = 0.0
    reason: str = "failed"
    since: date | None = None
    severity: Severity = "P2"
    weight: float = 0.0
    inhibits: bool = True

    @property
    def first_day(self) -> date:
        """The day it began."""
        return self.since or self.day


def trusted(group: Sequence[Evaluation], faults: Sequence[DataFault]) -> list[Evaluation]:
    """The alarms of one entity and day that do not rest on a faulty source.

    Left out are the series of faulty sources; an alarm of which more than half the excess lies in them; and, where they
    give a third of the entity's reviews, those of its other parts, which no count splits by source.
    """
    if not group:
        return []
    entity, day = group[0].series.entity, group[0].day
    bad = {f.source: f for f in faults if f.inhibits and f.entity == entity and f.first_day <= day}
    if not bad:
        return list(group)
    from_bad = [one for one in group if one.series.level == "source" and one.series.name in bad]
    excess = sum(one.excess for one in from_bad)
    weight = sum(fault.weight for fault in bad.values())
    kept = []
    for one in group:
        is_part = one.series.level not in ("entity", "source")
        if one in from_bad or excess > one.excess / 2 or (is_part and weight >= SPOILING_WEIGHT):
            continue
        kept.append(one)
    return kept


def by_entity(faults: Sequence[DataFault]) -> Mapping[str, frozenset[str]]:
    """The sources of each entity whose counts must be left out of its figures."""
    found: dict[str, set[str]] = {}
    for fault in faults:
        if fault.inhibits:
            found.setdefault(fault.entity, set()).add(fault.source)
    return {entity: frozenset(sources) for entity, sources in found.items()}
