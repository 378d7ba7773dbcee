"""What explains an incident: counts by cell, quotes and texts of its days against the days before."""

# ruff: noqa: S608 - what is put into a statement are constants of this module; values are bound.

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from pipeline.reputation.week import QuoteCandidate
from pipeline.review import Quote
from pipeline.warehouse import facts
from pipeline.warehouse.connection import Connection
from pipeline.warehouse.weeks import excerpt

# `series` takes part in each query: the reviews of the watched series, judged, no copies, dated to the day.
_SERIES = """
with series as (
    select
        *,
        posted_on >= $first as is_now
    from review_facts
    where
        entity = $entity
        and is_counted
        and is_judged
        and has_day
        and posted_on between $baseline_first and $last
        and case $level
            when 'location' then location = $name
            when 'source' then source = $name
            when 'theme' then list_contains(theme_groups, $name)
            when 'language' then language = $name
            else true
        end
)
"""

_CELLS = (
    _SERIES
    + """,

cells as (
    select 'location' as dimension, location as name, is_now, is_negative from series
    union all
    select 'source', source, is_now, is_negative from series
    union all
    select 'language', language, is_now, is_negative from series
    union all
    select 'theme', unnest(theme_groups), is_now, is_negative from series
)

select
    dimension,
    name,
    count_if(is_now) as n,
    count_if(is_now and is_negative) as n_negative,
    count_if(not is_now) as n_baseline,
    count_if(not is_now and is_negative) as n_negative_baseline
from cells
where name is not null
group by dimension, name
order by dimension, name
"""
)

_QUOTES = (
    _SERIES
    + """
select
    review_key,
    text,
    source,
    posted_on,
    url,
    rating_stars,
    coalesce(p_neg, 1)::double as p_neg,
    theme_groups,
    language
from series
where is_now and is_negative and text is not null and not is_removed and coalesce(rating_stars, 1) <= 3
order by coalesce(p_neg, 0) desc, review_key
limit 200
"""
)

_TEXTS = (
    _SERIES
    + """
select
    is_now,
    coalesce(language, 'und') as language,
    text
from series
where is_negative and text is not null
order by review_key
limit 50000
"""
)


@dataclass(frozen=True)
class CellCounts:
    """Reviews and negatives of one cell (a location, source, language or theme group), now and in the baseline.

    A review of several theme groups counts in each of them.
    """

    dimension: str
    name: str
    n: int
    n_negative: int
    n_baseline: int
    n_negative_baseline: int


@dataclass(frozen=True)
class Evidence:
    """Counts by cell, candidates for quotes (surest first), and masked negative texts by language, now and before."""

    cells: tuple[CellCounts, ...]
    quotes: tuple[QuoteCandidate, ...]
    texts_now: dict[str, list[str]]
    texts_reference: dict[str, list[str]]


def read_evidence(
    con: Connection,
    entity: str,
    *,
    first: date,
    last: date,
    baseline_first: date,
    level: str = "entity",
    name: str = "",
    as_of: datetime | None = None,
) -> Evidence:
    """What lies behind the days `first` to `last` of a series, against those from `baseline_first` up to `first`."""
    given: dict[str, Any] = {
        "entity": entity,
        "level": level,
        "name": name,
        "first": first,
        "last": last,
        "baseline_first": baseline_first,
    }
    texts: dict[bool, defaultdict[str, list[str]]] = {True: defaultdict(list), False: defaultdict(list)}
    with facts.materialised(con, as_of):
        for is_now, language, text in con.execute(_TEXTS, given).fetchall():
            texts[is_now][language].append(text)
        return Evidence(
            cells=tuple(CellCounts(*row) for row in con.execute(_CELLS, given).fetchall()),
            quotes=tuple(
                QuoteCandidate(Quote(key, excerpt(text), source, on, url, stars), p_neg, tuple(groups), language)
                for key, text, source, on, url, stars, p_neg, groups, language in con.execute(_QUOTES, given).fetchall()
            ),
            texts_now=dict(texts[True]),
            texts_reference=dict(texts[False]),
        )


def imported_through(con: Connection) -> dict[str, date]:
    """The last day, by entity, that came by an import: history up to there notifies nobody."""
    rows = con.execute(
        "select entity, max(posted_on) from core.current_reviews"
        " where is_imported and posted_on is not null group by entity"
    ).fetchall()
    return dict(rows)
