"""What may tell that reviews are not what they seem: copies and new authors by source and day, and grave texts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from pipeline.warehouse.connection import Connection

_EPOCH = date(1970, 1, 1)

# An author is new with the first review of his at that source, of whatever entity.
_DAYS = """
with dated as (
    select
        entity,
        source,
        posted_on,
        is_negative,
        is_duplicate,
        author_key is not null as has_author,
        author_key is not null
        and row_number() over (partition by source, author_key order by posted_at, review_facts.review_key) = 1
            as is_newcomer,
        history_keys.review_key is not null as is_history
    from review_facts
    left join history_keys
        on review_facts.review_key = history_keys.review_key
    where has_day and posted_on is not null
)

select
    entity,
    source,
    posted_on - date '1970-01-01' as day_no,
    count(*) as n,
    count_if(is_duplicate) as copies,
    count_if(has_author) as authored,
    count_if(is_newcomer) as newcomers,
    count_if(is_duplicate and is_negative) as negative_copies,
    count_if(is_newcomer and is_negative) as negative_newcomers,
    count_if((is_duplicate or is_newcomer) and is_history) as history
from dated
where posted_on between $since and $until
group by entity, source, posted_on
order by entity, source, posted_on
"""

_GRAVE = """
select
    entity,
    location,
    source,
    language,
    app_version(extra_json) as version,
    theme_groups,
    posted_on
from review_facts
where
    has_day
    and is_negative
    and is_counted
    and posted_on between $since and $until
    and list_has_any(coalesce(escalation, []), ['SAFETY', 'LEGAL'])
order by posted_on, review_key
"""
_COUNTS = ("n", "copies", "authored", "newcomers", "negative_copies", "negative_newcomers", "history")


@dataclass(frozen=True)
class SourceDays:
    """Daily counts of (entity, source) pairs, arrays (pairs, days) in the order of `reputation.suspicion`."""

    pairs: tuple[tuple[str, str], ...]
    counts: tuple[NDArray[np.float64], ...]


@dataclass(frozen=True)
class GraveText:
    """That a negative review of a day holds a safety or legal text, and to which series it belongs."""

    entity: str
    location: str | None
    source: str
    language: str | None
    version: str | None
    themes: tuple[str, ...]
    day: date


def source_days(con: Connection, since: date, until: date) -> SourceDays:
    """Reviews, copies, authored reviews and newcomers by entity, source and day; needs `history_days.marked`."""
    rows = con.execute(_DAYS, {"since": since, "until": until}).fetchall()
    pairs = dict.fromkeys((row[0], row[1]) for row in rows)
    index = {pair: place for place, pair in enumerate(pairs)}
    shape = (len(index), (until - since).days + 1)
    counts = tuple(np.zeros(shape) for _ in _COUNTS)
    for entity, source, day_no, *values in rows:
        column = (_EPOCH + timedelta(days=day_no) - since).days
        for filled, value in zip(counts, values, strict=True):
            filled[index[entity, source], column] = value
    return SourceDays(tuple(index), counts)


def grave_texts(con: Connection, since: date, until: date) -> list[GraveText]:
    """The negative reviews of these days with a safety or legal text; needs `review_facts`."""
    rows = con.execute(_GRAVE, {"since": since, "until": until}).fetchall()
    return [
        GraveText(entity, location, source, language, version, tuple(themes or ()), on)
        for entity, location, source, language, version, themes, on in rows
    ]
