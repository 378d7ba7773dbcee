"""How the runs of each subscription ended, and what their source gave: from it faulty sources are told."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from pipeline.warehouse.connection import EPOCH, Connection, from_epoch_us


@dataclass(frozen=True)
class PastRun:
    """How one run of a subscription ended; times in UTC."""

    source: str
    status: str
    finished_at: datetime
    parsed: int
    set_aside: int
    window_end: datetime | None
    is_whole: bool


@dataclass(frozen=True)
class Giving:
    """The reviews that a source gave of an entity by itself, imports left out.

    `newest` is the day of the newest, `reviews_a_day` the mean of the 56 days up to it.
    """

    newest: date
    reviews_a_day: float


_RUNS = """
select
    subscription,
    source,
    status,
    epoch_us(coalesce(finished_at, started_at)) as finished_us,
    parsed,
    set_aside,
    epoch_us(window_end) as window_end_us,
    coalesce(is_whole, false) as is_whole
from run.source_runs
where not is_import and started_at >= $since::timestamptz
order by subscription, started_at, run_id
"""

_GIVING = """
with dated as (
    select
        entity,
        source,
        posted_on,
        max(posted_on) over (partition by entity, source) as newest
    from review_facts
    where not is_imported and has_day and posted_on is not null and posted_on <= $until
)

select
    entity,
    source,
    newest,
    count(*) / 56 as reviews_a_day
from dated
where posted_on > newest - 56
group by entity, source, newest
"""


def past_runs(con: Connection, since: datetime) -> dict[str, list[PastRun]]:
    """The runs of each subscription that began after a moment, oldest first; imports left out."""
    found: defaultdict[str, list[PastRun]] = defaultdict(list)
    rows = con.execute(_RUNS, {"since": since}).fetchall()
    for name, source, status, finished, parsed, aside, window_end, is_whole in rows:
        ended = from_epoch_us(finished) or EPOCH
        found[name].append(PastRun(source, status, ended, parsed, aside, from_epoch_us(window_end), is_whole))
    return dict(found)


def giving(con: Connection, until: date) -> dict[tuple[str, str], Giving]:
    """What each source (second part of the key) gave of each entity up to a day; needs `review_facts`."""
    rows = con.execute(_GIVING, {"until": until}).fetchall()
    return {(entity, source): Giving(newest, rate) for entity, source, newest, rate in rows}
