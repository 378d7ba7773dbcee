"""Scan, fold, explain: the step of `watch_reputation` that keeps the incidents; and the replay of history."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from pipeline import progress
from pipeline.errors import UsageError
from pipeline.reputation import budget, spike
from pipeline.reputation import incident as incident_rules
from pipeline.reputation import replay as replay_rules
from pipeline.reputation.incident import Evaluation, SeriesKey
from pipeline.reputation.incident_explanation import Cell, NegativeReview, explain
from pipeline.review import Incident
from pipeline.settings import Settings
from pipeline.steps import watch_context, workplace
from pipeline.warehouse import daily, evidence, history_days, read
from pipeline.warehouse import incidents as incident_store
from pipeline.warehouse.daily import DailyCounts

RECENT_DAYS = 14  # ALERTS 5.8: late reviews may still change these days
HISTORY_DAYS = 230  # the baseline looks back 180 days
BASELINE_DAYS = 56
LOOK_BACK_DAYS = 42
# Kinds whose reviews are not the entity's negative ones, so that nothing explains them by those.
UNEXPLAINED = ("data", "positive_surge")


@progress.step
def scan_series() -> dict[str, int]:
    """Counts of the scan: series looked at, days on which one fired, incidents that are new or changed."""
    settings = workplace.current()
    now = workplace.now().astimezone(ZoneInfo(settings.time_zone))
    until = now.date()
    start = until - timedelta(days=RECENT_DAYS - 1)
    with workplace.warehouse(settings) as con:
        with history_days.marked(con, start - timedelta(days=RECENT_DAYS)):
            counts = daily.daily_counts(
                con, knowledge="posted", since=until - timedelta(days=HISTORY_DAYS), until=until
            )
            if not counts.series:
                return {"series": 0, "fired": 0, "incidents": 0}
            threshold = budget.threshold_for(settings.alerts.per_month, len(counts.series))
            faults = watch_context.source_faults(con, settings, counts, now)
            found = replay_rules.evidence(watch_context.without_faulty(_history(counts), faults), start, until)
            found = watch_context.annotated(con, counts, found, threshold, start - timedelta(days=RECENT_DAYS))
            signs = watch_context.other_signs(con, counts, found, threshold, RECENT_DAYS)
        outcome = incident_rules.advance(
            found, incident_store.load_incidents(con), now, threshold=threshold, faults=faults, signs=signs
        )
        model = read.current_model(con)
        explained = [_explained(con, each, model) for each in outcome.changed]
        incident_store.store_incidents(con, explained, now)
        inhibited = set(outcome.inhibited)
        rows = [_evaluated(each, threshold, is_inhibited=each in inhibited) for each in found]
        incident_store.record_evaluations(con, rows)
    fired = sum(row.fired for row in rows)
    return {"series": len(counts.series), "fired": fired, "incidents": len(outcome.changed)}


def replay_alerts(entity: str, start: date, end: date, per_month: float | None) -> list[dict[str, Any]]:
    """What would have fired from `start` to `end`, each day known only by its past; oldest first.

    Raises:
        UsageError: the days are in the wrong order, or the entity has no dated reviews up to then.
    """
    if end < start:
        raise UsageError(f"--to {end} is before --from {start}")
    settings = workplace.current()
    with workplace.warehouse(settings) as con:
        counts = daily.daily_counts(con, entity=entity, knowledge="seen", until=end)
    if not counts.series or counts.first_day > end:
        raise UsageError(f"no dated reviews of {entity!r} up to {end}", remedy="See the entities with `leumund sql`")
    found = replay_rules.evidence(_history(counts), max(start, counts.first_day), end)
    threshold = budget.threshold_for(per_month or settings.alerts.per_month, len(counts.series))
    return [asdict(alert) for alert in replay_rules.replay(found, threshold)]


def past_incidents(
    con: workplace.Connection, settings: Settings, entity: str, monday: date, as_of: datetime
) -> list[Incident]:
    """What the scan would have opened by the end of a week of history that nobody watched, explained."""
    end = monday + timedelta(days=6)
    since = end - timedelta(days=HISTORY_DAYS + LOOK_BACK_DAYS)
    counts = daily.daily_counts(con, entity=entity, knowledge="posted", as_of=as_of, since=since, until=end)
    if not counts.series:
        return []
    history = _history(counts)
    found = replay_rules.evidence(history, end - timedelta(days=LOOK_BACK_DAYS - 1), end)
    threshold = budget.threshold_for(settings.alerts.per_month, len(counts.series))
    moment = datetime.combine(end, time(23, 59), as_of.tzinfo)
    outcome = incident_rules.advance(found, [], moment, threshold=threshold)
    model = read.current_model(con)
    return [_explained(con, each, model) for each in outcome.changed if each.last_day >= monday]


def _history(counts: DailyCounts) -> replay_rules.History:
    """The counts as the rules take them; a part without history is taken to be like its entity."""
    totals = counts.n_reviews.sum(axis=1)
    negatives = counts.n_negative.sum(axis=1)
    own = (negatives + 8 * spike.DEFAULT_SHARE) / (totals + 8)
    parents = np.where(counts.parents >= 0, own[counts.parents], spike.DEFAULT_SHARE)
    return replay_rules.History(
        keys=tuple(SeriesKey(entity=key.entity, level=key.level, name=key.name) for key in counts.series),
        n=counts.n_reviews.astype(np.float64),
        y=counts.n_negative.astype(np.float64),
        last_day=counts.days[-1],
        parent_share=parents,
    )


def _explained(con: workplace.Connection, found: Incident, model: str | None) -> Incident:
    """The incident with its drivers, words and quotes; a data fault or praise has none."""
    if found.kind in UNEXPLAINED or found.state == "resolved":
        return found
    level, _, name = found.scope.partition(":")
    behind = evidence.read_evidence(
        con,
        found.entity,
        first=found.start_day,
        last=found.last_day,
        baseline_first=found.start_day - timedelta(days=BASELINE_DAYS),
        level=level,
        name=name,
    )
    cells = [Cell(each.dimension, each.name, each.n_negative, each.n_negative_baseline) for each in behind.cells]
    reviews = [
        NegativeReview(
            each.quote.review_key,
            each.quote.text,
            each.quote.source,
            each.quote.posted_on,
            each.groups,
            each.quote.url,
            each.quote.stars,
        )
        for each in behind.quotes
    ]
    reference = [text for texts in behind.texts_reference.values() for text in texts]
    return explain(found, cells, reviews, reference, baseline_days=BASELINE_DAYS, model_version=model)


def _evaluated(each: Evaluation, threshold: float, *, is_inhibited: bool) -> incident_store.AlertEvaluation:
    fired = incident_rules.has_fired(each, threshold) and not is_inhibited
    reason = None
    if not fired:
        silent = "too little history" if not each.is_usable else "below the threshold"
        reason = "inhibited by a data fault" if is_inhibited else silent
    return incident_store.AlertEvaluation(
        spike.RULE_VERSION, each.series.key, each.day, each.score if np.isfinite(each.score) else None, threshold,
        fired, reason, each.series.entity, each.series.scope, each.start_day, each.share_score, each.count_score,
        each.observed, each.expected, each.n,
    )  # fmt: skip
