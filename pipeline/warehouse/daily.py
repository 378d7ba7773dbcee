"""Daily counts of every watched series, as dense arrays (series x days) with parents, for the spike scan."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.warehouse import facts
from pipeline.warehouse.connection import Connection

Level = Literal["entity", "location", "source", "theme", "language", "version"]
_EPOCH = date(1970, 1, 1)

# On which day a review counts. `posted`: when it was written. `seen`: when we learnt of it, which is what a live watch
# knew; imported history, and a backlog met weeks late, count when written.
_DAYS = """
with dated as (
    select
        entity,
        location,
        source,
        language,
        app_version(extra_json) as version,
        theme_groups,
        is_negative,
        is_positive,
        is_duplicate,
        opinion,
        posted_on,
        timezone(time_zone, first_seen_at)::date as seen_on,
        is_imported
    from review_facts
    where is_judged and has_day and posted_on is not null and ($entity::varchar is null or entity = $entity)
),

counted as (
    select
        *,
        case
            when
                $knowledge = 'posted' or is_imported or seen_on < posted_on or seen_on - posted_on > 14
                then posted_on
            else seen_on
        end as day
    from dated
),

leaves as (
    select
        entity,
        location,
        source,
        language,
        version,
        day,
        count_if(not is_duplicate) as n_reviews,
        count_if(not is_duplicate and is_negative) as n_negative,
        count_if(not is_duplicate and is_positive) as n_positive,
        count_if(is_duplicate) as n_duplicate,
        coalesce(sum(opinion::decimal(18, 9)) filter (where not is_duplicate), 0) as opinion_sum
    from counted
    group by entity, location, source, language, version, day
),

rolled as (
    select
        case
            when grouping(location) = 0 then 'location'
            when grouping(source) = 0 then 'source'
            when grouping(language) = 0 then 'language'
            when grouping(version) = 0 then 'version'
            else 'entity'
        end as level,
        entity,
        coalesce(location, source, language, version, '') as name,
        day,
        sum(n_reviews) as n_reviews,
        sum(n_negative) as n_negative,
        sum(n_positive) as n_positive,
        sum(n_duplicate) as n_duplicate,
        sum(opinion_sum) as opinion_sum
    from leaves
    group by
        grouping sets (
            (entity, day),
            (entity, location, day),
            (entity, source, day),
            (entity, language, day),
            (entity, version, day)
        )
    having
        not (grouping(location) = 0 and location is null)
        and not (grouping(language) = 0 and language is null)
        and not (grouping(version) = 0 and version is null)
),

-- The language or version of all reviews says nothing that the entity does not.
telling as (
    select
        level,
        entity
    from rolled
    where level in ('language', 'version')
    group by level, entity
    having count(distinct name) > 1
),

mentions as (
    select
        entity,
        day,
        is_negative,
        is_positive,
        is_duplicate,
        opinion,
        unnest(theme_groups) as theme_group
    from counted
),

themes as (
    select
        'theme' as level,
        entity,
        theme_group as name,
        day,
        count_if(not is_duplicate) as n_reviews,
        count_if(not is_duplicate and is_negative) as n_negative,
        count_if(not is_duplicate and is_positive) as n_positive,
        count_if(is_duplicate) as n_duplicate,
        coalesce(sum(opinion::decimal(18, 9)) filter (where not is_duplicate), 0) as opinion_sum
    from mentions
    where theme_group <> 'none'
    group by entity, theme_group, day
),

together as (
    select * from rolled
    where level not in ('language', 'version') or (level, entity) in (select (level, entity) from telling)
    union all
    select * from themes
)

select
    level,
    entity,
    name,
    day - date '1970-01-01' as day_no,
    n_reviews::bigint as n_reviews,
    n_negative::bigint as n_negative,
    n_positive::bigint as n_positive,
    n_duplicate::bigint as n_duplicate,
    opinion_sum::double as opinion_sum
from together
where day between coalesce($since, day) and coalesce($until, day)
order by entity, level, name, day
"""


@dataclass(frozen=True)
class SeriesKey:
    """A watched series: a whole entity, or one location, source, theme group, language or version of it."""

    level: Level
    entity: str
    name: str

    @property
    def key(self) -> str:
        """A stable text for it, for example `shop` or `shop/location=Leipzig`."""
        return self.entity if self.level == "entity" else f"{self.entity}/{self.level}={self.name}"


@dataclass(frozen=True)
class DailyCounts:
    """Counts of S series over D days, each array (S, D); day j is `first_day` + j.

    Copies count in `n_duplicate` alone. In a theme series `n_reviews` are all reviews of its entity, so that the share
    is that of complaints about the theme. `mean_score` is the mean opinion in [-1, 1], NaN on days without reviews.
    `parents` gives the row of the entity's own series; -1 for entities.
    """

    first_day: date
    series: tuple[SeriesKey, ...]
    parents: NDArray[np.int64]
    n_reviews: NDArray[np.int64]
    n_negative: NDArray[np.int64]
    n_positive: NDArray[np.int64]
    n_duplicate: NDArray[np.int64]
    mean_score: NDArray[np.float64]

    @property
    def days(self) -> list[date]:
        """The calendar days of the columns, in the entities' business time zones."""
        return [self.first_day + timedelta(days=offset) for offset in range(self.n_reviews.shape[1])]


def daily_counts(
    con: Connection,
    *,
    entity: str | None = None,
    knowledge: Literal["posted", "seen"] = "posted",
    as_of: datetime | None = None,
    since: date | None = None,
    until: date | None = None,
) -> DailyCounts:
    """Daily counts of every series, from the first day with a review (or `since`) to the last (or `until`).

    Args:
        con: The warehouse.
        entity: Only this entity and its parts.
        knowledge: Count a review on the day it was written, or on the day we learnt of it.
        as_of: Only what was known at that time.
        since: First day of the arrays.
        until: Last day of the arrays; later days are left out, missing ones are there with zeros.
    """
    given = {"entity": entity, "knowledge": knowledge, "since": since, "until": until}
    with facts.materialised(con, as_of):
        found = con.execute(_DAYS, given).fetchnumpy()
    day_no = np.asarray(found["day_no"], dtype=np.int64)
    first = (since - _EPOCH).days if since else int(day_no.min(initial=0 if not len(day_no) else day_no[0]))
    last = (until - _EPOCH).days if until else int(day_no.max(initial=first - 1))
    keys = list(zip(found["level"].tolist(), found["entity"].tolist(), found["name"].tolist(), strict=True))
    rows: dict[tuple[Level, str, str], int] = {}
    row_no = np.fromiter((rows.setdefault(key, len(rows)) for key in keys), dtype=np.int64, count=len(keys))
    shape = (len(rows), max(0, last - first + 1))

    def spread(name: str) -> NDArray[np.float64]:
        filled = np.zeros(shape)
        filled[row_no, day_no - first] = np.asarray(found[name], dtype=np.float64)
        return filled

    n_reviews = spread("n_reviews")
    with np.errstate(invalid="ignore"):
        mean_score = np.where(n_reviews > 0, spread("opinion_sum") / n_reviews, np.nan)
    series = tuple(SeriesKey(*key) for key in rows)
    parents = np.array(
        [-1 if key.level == "entity" else rows["entity", key.entity, ""] for key in series], dtype=np.int64
    )
    themes = np.array([key.level == "theme" for key in series], dtype=bool)
    n_reviews[themes] = n_reviews[parents[themes]]
    return DailyCounts(
        first_day=_EPOCH + timedelta(days=first),
        series=series,
        parents=parents,
        n_reviews=n_reviews.astype(np.int64),
        n_negative=spread("n_negative").astype(np.int64),
        n_positive=spread("n_positive").astype(np.int64),
        n_duplicate=spread("n_duplicate").astype(np.int64),
        mean_score=mean_score,
    )
