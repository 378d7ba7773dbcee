"""What the scan must know besides the counts: faulty sources, history, grave texts, and signs of other rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np

from pipeline.reputation import suspicion as suspicion_rules
from pipeline.reputation.data_fault import DataFault, by_entity
from pipeline.reputation.drift_sign import drift_signs
from pipeline.reputation.evaluation import Evaluation, SeriesKey, Sign, has_fired
from pipeline.reputation.replay import History
from pipeline.reputation.source_fault import RunRecord, SourceRecord, find_faults
from pipeline.reputation.suspicion import SourceCounts
from pipeline.settings import Settings
from pipeline.steps import workplace
from pipeline.warehouse import history_days, run_history, suspicion
from pipeline.warehouse.daily import DailyCounts
from pipeline.warehouse.suspicion import GraveText

RUN_DAYS = 60
WEIGHT_DAYS = 56


def source_faults(con: workplace.Connection, settings: Settings, counts: DailyCounts, now: datetime) -> list[DataFault]:
    """The sources of the settings that cannot be trusted at `now`; needs `review_facts`."""
    runs = run_history.past_runs(con, now - timedelta(days=RUN_DAYS))
    given = run_history.giving(con, now.date())
    records = []
    for each in settings.subscription:
        past = runs.get(each.name, [])
        giving = given.get((each.entity, each.site_name))
        records.append(
            SourceRecord(
                each.entity,
                each.site_name,
                tuple(
                    RunRecord(r.status, r.finished_at, r.parsed, r.set_aside, r.window_end, r.is_whole) for r in past
                ),
                giving.newest if giving else None,
                giving.reviews_a_day if giving else 0.0,
                _weight(counts, each.entity, each.site_name),
            )
        )
    return find_faults(records, now)


def without_faulty(history: History, faults: Sequence[DataFault]) -> History:
    """The history with the counts of faulty sources taken out of their entities'.

    Where a good source falls silent the share of its entity rises by the mix alone; so those are left out of all days.
    """
    bad = by_entity(faults)
    n, y = np.array(history.n), np.array(history.y)
    rows = {key: row for row, key in enumerate(history.keys)}
    for entity, sources in bad.items():
        whole = rows.get(SeriesKey(entity))
        for source in sources:
            part = rows.get(SeriesKey(entity, "source", source))
            if whole is not None and part is not None:
                n[whole] = np.maximum(n[whole] - n[part], 0)
                y[whole] = np.minimum(np.maximum(y[whole] - y[part], 0), n[whole])
    return replace(history, n=n, y=y)


def annotated(
    con: workplace.Connection, counts: DailyCounts, found: Sequence[Evaluation], threshold: float, since: date
) -> list[Evaluation]:
    """The evaluations, those that fired marked as history or urgent; needs the tables of `history_days.marked`."""
    if not any(has_fired(each, threshold) for each in found):
        return list(found)
    past = history_days.history_negatives(con, counts, since)
    grave = suspicion.grave_texts(con, since, counts.days[-1])
    rows = {key.key: row for row, key in enumerate(counts.series)}
    marked = []
    for each in found:
        if has_fired(each, threshold):
            row = rows[each.series.key]
            first, last = ((day - counts.first_day).days for day in (each.start_day, each.day))
            each = replace(
                each,
                is_history=bool(past[row, max(0, first) : last + 1].sum() > each.excess / 2),
                is_urgent=any(_is_of(text, each) for text in grave),
            )
        marked.append(each)
    return marked


def other_signs(
    con: workplace.Connection, counts: DailyCounts, found: Sequence[Evaluation], threshold: float, days: int
) -> list[Sign]:
    """Suspected manipulation, praise on days that brought no worse reviews, and drift; needs `history_days.marked`.

    An entity that alarms is not said to drift as well.
    """
    pairs = suspicion.source_days(con, counts.first_day, counts.days[-1])
    keys = tuple(SeriesKey(entity, "source", source) for entity, source in pairs.pairs)
    signs = suspicion_rules.manipulations(SourceCounts(keys, counts.days[-1], *pairs.counts), threshold, days)
    whole = [row for row, key in enumerate(counts.series) if key.level == "entity"]
    praise = suspicion_rules.positive_surges(
        [SeriesKey(counts.series[row].entity) for row in whole],
        counts.n_reviews[whole].astype(np.float64),
        counts.n_positive[whole].astype(np.float64),
        counts.days[-1],
        threshold,
        days,
    )
    bad = {(e.series.entity, e.day) for e in found if has_fired(e, threshold)}
    acute = {entity for entity, _ in bad}
    drifting = drift_signs(
        [SeriesKey(counts.series[row].entity) for row in whole],
        counts.n_reviews[whole].astype(np.float64),
        counts.n_negative[whole].astype(np.float64),
        counts.days[-1],
    )
    return (
        signs
        + [sign for sign in praise if (sign.series.entity, sign.day) not in bad]
        + [sign for sign in drifting if sign.series.entity not in acute]
    )


def _weight(counts: DailyCounts, entity: str, source: str) -> float:
    """The part of an entity's reviews of the last weeks that a source gave, in [0, 1]."""
    totals = {"entity": 0.0, "source": 0.0}
    for row, key in enumerate(counts.series):
        if key.entity == entity and (key.level == "entity" or (key.level == "source" and key.name == source)):
            totals[key.level] = float(counts.n_reviews[row, -WEIGHT_DAYS:].sum())
    return min(1.0, totals["source"] / totals["entity"]) if totals["entity"] else 0.0


def _is_of(text: GraveText, each: Evaluation) -> bool:
    """Whether a grave text is among the reviews of an evaluation."""
    if text.entity != each.series.entity or not each.start_day <= text.day <= each.day:
        return False
    name = each.series.name
    match each.series.level:
        case "entity":
            return True
        case "theme":
            return name in text.themes
        case "location":
            return name == text.location
        case "source":
            return name == text.source
        case "language":
            return name == text.language
        case "version":
            return name == text.version
