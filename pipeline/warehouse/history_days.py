"""Which negatives of the last days were no news: imported, backfilled, or learnt of more than 14 days late."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import numpy as np
from numpy.typing import NDArray

from pipeline.warehouse import daily, facts
from pipeline.warehouse.connection import Connection, count
from pipeline.warehouse.daily import DailyCounts

# A backfill asks again for a time long past; what it finds there is history, what else the site shows is not. Airflow
# itself names such runs so.
_MARK_HISTORY = """
create or replace temp table history_keys as
with first_versions as (
    select
        review_key,
        min_by(run_id, (epoch_us(seen_at), version_no)) as run_id
    from core.review_versions
    group by review_key
),

backfills as (
    select
        run_id,
        max(window_end) as window_end
    from run.source_runs
    where starts_with(run_id, 'backfill__')
    group by run_id
)

select reviews.review_key
from review_facts as reviews
left join first_versions
    on reviews.review_key = first_versions.review_key
left join backfills
    on first_versions.run_id = backfills.run_id
where
    reviews.posted_on >= $since
    and (
        reviews.is_imported
        or timezone(reviews.time_zone, reviews.first_seen_at)::date - reviews.posted_on > 14
        or reviews.posted_at < backfills.window_end
    )
"""


@contextmanager
def marked(con: Connection, since: date) -> Iterator[None]:
    """Provide the temporary tables `review_facts` and `history_keys`: the reviews from `since` on that are history."""
    with facts.materialised(con):
        con.execute(_MARK_HISTORY, {"since": since})
        try:
            yield
        finally:
            con.execute("drop table if exists temp.history_keys")


def history_negatives(con: Connection, counts: DailyCounts, since: date) -> NDArray[np.int64]:
    """Of each series of `counts`, the negatives by day that are history, from `since` on; zero before.

    Needs the tables of `marked`.
    """
    days = len(counts.days)
    found = np.zeros((len(counts.series), days), dtype=np.int64)
    first = max(0, (since - counts.first_day).days)
    if not counts.series or first >= days or not count(con, "select count(*) from history_keys"):
        return found
    live = _counts_without_history(con, counts.days[first], counts.days[-1])
    rows = {series: row for row, series in enumerate(live.series)}
    known = np.array([rows.get(series, -1) for series in counts.series])
    negatives = np.where(known[:, None] >= 0, live.n_negative[known], 0) if live.series else 0
    found[:, first:] = np.maximum(counts.n_negative[:, first:] - negatives, 0)
    return found


def _counts_without_history(con: Connection, since: date, until: date) -> DailyCounts:
    """The same counts from the same reviews, history left out; the table of reviews is whole again afterwards."""
    con.execute("begin transaction")
    try:
        con.execute("delete from temp.review_facts where review_key in (select review_key from temp.history_keys)")
        return daily.daily_counts(con, since=since, until=until)
    finally:
        con.execute("rollback")
