"""Which subscription showed which review, and which of them are gone.

A review is gone when two runs in a row, hours apart, read wholly the range it lies in and did not find it, or when its
own page says so. Only runs that ended well count as a look; a run that lacks a large part at once has met a page that
shrank, and counts for nothing.
"""

# ruff: noqa: S608 - what is put into a statement are constants and names of this package; values are bound.

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.warehouse import statements
from pipeline.warehouse.connection import Connection, count
from pipeline.warehouse.staging import SourceRun

SECOND_LOOK = timedelta(hours=6)
MANY_MISSING = 5
MISSING_SHARE = 0.2
SUSPECTS = 10

_SEE = """
merge into run.sightings as stored
using (
    select $subscription as subscription, review_key, posted_at, posted_precision, seen_at as last_seen_at
    from staged
) as fresh
    on stored.subscription = fresh.subscription and stored.review_key = fresh.review_key
when matched and stored.last_seen_at < fresh.last_seen_at
    then update set
        posted_at = fresh.posted_at,
        posted_precision = fresh.posted_precision,
        last_seen_at = fresh.last_seen_at,
        missed_at = null
when not matched
    then insert (subscription, review_key, posted_at, posted_precision, last_seen_at, missed_at)
    values (
        fresh.subscription, fresh.review_key, fresh.posted_at, fresh.posted_precision, fresh.last_seen_at, null
    )
"""

# Dates coarser than a day, and none at all, lie in no range; where all was read they are missed like the others.
_IN_RANGE = """
    subscription = $subscription
    and (
        $everything
        or (
            posted_precision in ('second', 'minute', 'day')
            and posted_at > $covered_from
            and posted_at <= $window_end
        )
    )
"""

# A review that another subscription saw since it was first missed here is there.
_MISSING = f"""
create or replace temp table missing as
select sightings.review_key, sightings.missed_at
from run.sightings as sightings
where
    {_IN_RANGE}
    and last_seen_at < $started_at
    and review_key not in (select review_key from staged)
    and review_key in (select review_key from core.review_versions)
    and not exists (
        select 1
        from run.sightings as elsewhere
        where
            elsewhere.review_key = sightings.review_key
            and elsewhere.subscription <> sightings.subscription
            and elsewhere.missed_at is null
            and elsewhere.last_seen_at >= coalesce(sightings.missed_at, $started_at)
    )
"""

_GONE_BEFORE = """
delete from missing
where review_key in (
    select review_key
    from core.review_versions
    where review_key in (select review_key from missing)
    qualify row_number() over (partition by review_key order by seen_at desc, version_no desc) = 1 and is_removed
)
"""

_NOTE_MISSED = """
update run.sightings
set missed_at = $started_at
where
    subscription = $subscription
    and missed_at is null
    and review_key in (select review_key from missing)
"""

_CONFIRMED = "select review_key from missing where missed_at <= $before"

_SUSPECTS = """
with missed as (
    select subscription, review_key, missed_at
    from run.sightings
    where missed_at is not null
),

latest as (
    select review_key, url, is_removed
    from core.review_versions
    where review_key in (select review_key from missed) and url like 'http%'
    qualify row_number() over (partition by review_key order by seen_at desc, version_no desc) = 1
),

own as (
    select url
    from core.review_versions
    where url in (select url from latest)
    group by url
    having count(distinct review_key) = 1
)

select missed.subscription, missed.review_key, latest.url
from missed
inner join latest
    on missed.review_key = latest.review_key
inner join own
    on latest.url = own.url
where not latest.is_removed
qualify row_number() over (partition by missed.subscription order by missed.missed_at desc, missed.review_key) <= $most
order by all
"""

_UNCONFIRMED = "select distinct subscription from run.sightings where missed_at >= $since"


@dataclass(frozen=True)
class Suspect:
    """A review that was missing when its range was last read, and its own page."""

    review_key: str
    url: str


@dataclass(frozen=True)
class Look:
    """What a run showed to be gone: how many reviews left the core, and whether too many were missing to believe it."""

    removed: int = 0
    missing: int = 0
    expected: int = 0

    @property
    def is_doubtful(self) -> bool:
        """Whether so many are missing at once that the page rather than the reviews will have changed."""
        return self.missing >= MANY_MISSING and self.missing > MISSING_SHARE * self.expected


def record(con: Connection, run: SourceRun) -> Look:
    """Note what `staged` shows and what it lacks, mark what is gone, and return how much; inside a transaction."""
    if run.is_import:
        return Look()
    con.execute(_SEE, {"subscription": run.subscription})
    removed = mark_removed(con, list(run.gone), run.finished_at or run.started_at, run.run_id)
    if run.covered_from is None or run.window_end is None or run.window_end < run.started_at - timedelta(days=2):
        return Look(removed)
    given = {
        "subscription": run.subscription,
        "everything": run.covered_from.year == 1970,
        "covered_from": run.covered_from,
        "window_end": max(run.window_end, run.started_at),
    }
    in_range = count(con, f"select count(*) from run.sightings where {_IN_RANGE}", given)
    con.execute(_MISSING, given | {"started_at": run.started_at})
    con.execute(_GONE_BEFORE)
    looked = Look(removed, count(con, "select count(*) from missing"), in_range)
    # The source's own count agrees with what was read: then even a mass of removals is one.
    if looked.is_doubtful and not given["everything"]:
        con.execute("drop table temp.missing")
        return looked
    before = {"before": run.started_at - SECOND_LOOK}
    confirmed = [row[0] for row in con.execute(_CONFIRMED, before).fetchall()]
    con.execute(_NOTE_MISSED, {"subscription": run.subscription, "started_at": run.started_at})
    con.execute("drop table temp.missing")
    return Look(removed + mark_removed(con, confirmed, run.started_at, run.run_id))


def mark_removed(con: Connection, keys: list[str], seen_at: datetime, run_id: str) -> int:
    """Give each review a version that says that it was gone at `seen_at`; returns for how many that was news.

    Nobody awaits it any more: its sightings go. Where it returns, it is seen anew.
    """
    if not keys:
        return 0
    before = count(con, "select count(*) from core.review_versions")
    con.execute(
        "create or replace temp table gone as select unnest($keys::varchar[]) as review_key",
        {"keys": sorted(set(keys))},
    )
    con.execute(statements.REMOVE, {"seen_at": seen_at, "run_id": run_id})
    con.execute("delete from run.sightings where review_key in (select review_key from gone)")
    con.execute("drop table temp.gone")
    return count(con, "select count(*) from core.review_versions") - before


def suspects(con: Connection) -> dict[str, list[Suspect]]:
    """Reviews missing when last looked for that have a page of their own, at most ten a subscription."""
    found: dict[str, list[Suspect]] = {}
    for subscription, key, url in con.execute(_SUSPECTS, {"most": SUSPECTS}).fetchall():
        found.setdefault(subscription, []).append(Suspect(key, url))
    return found


def unconfirmed(con: Connection, since: datetime) -> set[str]:
    """Subscriptions with reviews that were first missing after `since` and await a second look."""
    return {row[0] for row in con.execute(_UNCONFIRMED, {"since": since}).fetchall()}
