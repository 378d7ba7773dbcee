"""Scan, fold, explain: the step of `watch_reputation` that keeps the incidents; and the replay of history."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from pipeline import progress
from pipeline.reputation import incident as incident_rules
from pipeline.reputation import replay as replay_rules
from pipeline.reputation import spike
from pipeline.reputation.incident import Evaluation, SeriesKey
from pipeline.review import Incident
from pipeline.settings import Settings
from pipeline.steps import calibrating, explaining, watch_context, workplace
from pipeline.warehouse import daily, history_days, models
from pipeline.warehouse import incidents as incident_store
from pipeline.warehouse.daily import DailyCounts

RECENT_DAYS = 14  # ALERTS 5.8: late reviews may still change these days
HISTORY_DAYS = 540  # older days weigh less than two hundredths in the baseline
LOOK_BACK_DAYS = 42


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
            faults = watch_context.source_faults(con, settings, counts, now)
            history = watch_context.without_faulty(history_of(counts), faults)
            limits = calibrating.limits(calibrating.current(con, history, now), history, settings.alerts.per_month)
            threshold = limits.threshold
            found = limits.applied(replay_rules.evidence(history, start, until))
            found = watch_context.annotated(con, counts, found, threshold, start - timedelta(days=RECENT_DAYS))
            signs = watch_context.other_signs(con, counts, found, threshold, RECENT_DAYS)
        outcome = incident_rules.advance(
            found, incident_store.load_incidents(con), now, threshold=threshold, faults=faults, signs=signs
        )
        model = models.current_version(con)
        explained = explaining.explained(con, outcome.changed, model)
        incident_store.store_incidents(con, explained, now)
        inhibited = set(outcome.inhibited)
        rows = [_evaluated(each, threshold, is_inhibited=each in inhibited) for each in found]
        incident_store.record_evaluations(con, rows)
    fired = sum(row.fired for row in rows)
    return {"series": len(counts.series), "fired": fired, "incidents": len(outcome.changed)}


def past_incidents(
    con: workplace.Connection, settings: Settings, entity: str, monday: date, as_of: datetime
) -> list[Incident]:
    """What the scan would have opened by the end of a week of history that nobody watched, explained."""
    end = monday + timedelta(days=6)
    since = end - timedelta(days=HISTORY_DAYS + LOOK_BACK_DAYS)
    counts = daily.daily_counts(con, entity=entity, knowledge="posted", as_of=as_of, since=since, until=end)
    if not counts.series:
        return []
    history = history_of(counts)
    limits = calibrating.limits(calibrating.stored(con), history, settings.alerts.per_month)
    found = limits.applied(replay_rules.evidence(history, end - timedelta(days=LOOK_BACK_DAYS - 1), end))
    moment = datetime.combine(end, time(23, 59), as_of.tzinfo)
    outcome = incident_rules.advance(found, [], moment, threshold=limits.threshold)
    model = models.current_version(con)
    shown = [each for each in outcome.changed if each.last_day >= monday]
    return explaining.explained(con, shown, model, as_of=as_of)


def history_of(counts: DailyCounts) -> replay_rules.History:
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
