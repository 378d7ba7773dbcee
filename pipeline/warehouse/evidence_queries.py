"""The queries that explain an incident; all over `review_facts`, the judged reviews of one moment."""

# ruff: noqa: S608 - what is put into a statement are constants of this module; values are bound.

from __future__ import annotations

# `series` takes part in each query: the reviews of the watched series, judged, dated to the day. A hit is what the
# incident counts: negative reviews, positive ones, or all. `normal` are the days before it that count as usual.
SERIES = """
with series as (
    select
        *,
        app_version(extra_json) as app_version,
        posted_on >= $first as is_now,
        list_contains($normal::date[], posted_on) as is_normal,
        case $counted when 'positive' then is_positive when 'all' then true else is_negative end as is_hit,
        is_counted or $counted = 'all' as is_taken
    from review_facts
    where
        entity = $entity
        and is_judged
        and has_day
        and posted_on between $earliest and $last
        and case $level
            when 'location' then location = $name
            when 'source' then source = $name
            when 'theme' then list_contains(theme_groups, $name)
            when 'language' then language = $name
            when 'version' then app_version(extra_json) = $name
            else true
        end
)
"""

# The first day of the entity, and those taken by other incidents: they are no measure of what is usual.
FIRST_DAY = "select min(posted_on) from review_facts where entity = $entity and is_judged and has_day"
OTHER_INCIDENTS = """
select
    start_day,
    last_day
from core.incidents
where entity = $entity and incident_id <> $incident_id and kind <> 'data' and state <> 'false_alarm'
"""

DAYS = f"""
{SERIES}
select
    posted_on,
    count(*) as n,
    count_if(is_hit) as n_hit
from series
where is_taken and (is_now or is_normal)
group by posted_on
order by posted_on
"""

CELLS = f"""
{SERIES},

named as (
    select
        is_now,
        1.0 / len(theme_groups) as group_weight,
        unnest(
            list_concat(
                [
                    {{ 'dimension': 'location', 'name': coalesce(location, '') }},
                    {{ 'dimension': 'source', 'name': source }},
                    {{ 'dimension': 'language', 'name': coalesce(language, '') }},
                    {{ 'dimension': 'version', 'name': coalesce(app_version, '') }}
                ],
                list_transform(theme_groups, lambda theme_group: {{ 'dimension': 'theme', 'name': theme_group }})
            )
        ) as cell
    from series
    where is_taken and is_hit and (is_now or is_normal)
)

select
    cell.dimension as dimension,
    cell.name as name,
    count_if(is_now) as n_hit,
    count_if(not is_now) as n_hit_baseline,
    case when cell.dimension = 'theme' then coalesce(sum(group_weight) filter (where is_now), 0)::double end as weight,
    case when cell.dimension = 'theme' then coalesce(sum(group_weight) filter (where not is_now), 0)::double end
        as weight_baseline
from named
group by cell.dimension, cell.name
order by cell.dimension, cell.name
"""

# A sample in a fixed order where there are more than can be read; a quote must not gainsay its stars.
REVIEWS = f"""
{SERIES}
select
    review_key,
    text,
    source,
    posted_on,
    theme_groups,
    url,
    rating_stars,
    language,
    not is_removed
    and (
        $counted = 'all'
        or case when $counted = 'positive' then coalesce(rating_stars, 5) >= 3 else coalesce(rating_stars, 1) <= 3 end
    ) as is_quotable
from series
where is_taken and is_now and is_hit and text is not null
order by md5(review_key), review_key
limit $sample
"""

TEXT_COUNT = f"""
{SERIES}
select count(*)
from series
where is_taken and is_now and is_hit and text is not null
"""

REFERENCE = f"""
{SERIES}
select
    language,
    text
from series
where is_taken and not is_now and is_hit and text is not null
order by md5(review_key), review_key
limit $sample
"""

OTHERS = f"""
{SERIES}
select
    language,
    text
from series
where is_taken and not is_hit and text is not null
order by md5(review_key), review_key
limit $sample
"""

EVENTS = """
select
    kind,
    title,
    start_date,
    end_date
from core.events
where entity = $entity and start_date <= $last and coalesce(end_date, start_date) >= $near
order by start_date, title
"""

# An author is new with the first review of theirs at a source, of whatever entity.
CHECKS = f"""
{SERIES},

newcomers as (
    select review_key
    from review_facts
    where author_key is not null
    qualify row_number() over (partition by source, author_key order by posted_at, review_key) = 1
),

marked as (
    select
        series.*,
        newcomers.review_key is not null as is_newcomer
    from series
    left join newcomers
        on series.review_key = newcomers.review_key
    where series.is_now or series.is_normal
)

select
    count_if(is_now and is_counted) as n,
    count_if(is_now and is_counted and is_hit) as n_negative,
    count_if(is_now and not is_counted) as n_copies,
    count_if(is_now and not is_counted and is_hit) as n_negative_copies,
    count_if(is_now and is_newcomer) as new_now,
    count_if(is_now and author_key is not null) as authors_now,
    count_if(not is_now and is_newcomer) as new_before,
    count_if(not is_now and author_key is not null) as authors_before,
    count_if(is_now and has_text and not is_scored) as unscored_now,
    count_if(is_now and has_text) as texts_now,
    count_if(not is_now and has_text and not is_scored) as unscored_before,
    count_if(not is_now and has_text) as texts_before,
    count_if(is_now and is_imported) as imported_now,
    count_if(is_now) as all_now,
    count_if(not is_now and is_imported) as imported_before,
    count_if(not is_now) as all_before
from marked
"""

SOURCES = f"""
{SERIES},

given as (
    select
        source,
        count_if(is_now) as n,
        count_if(is_normal and not is_now) as n_before
    from series
    where is_now or is_normal
    group by source
),

runs as (
    select
        source,
        max_by(status, started_at) as last_status
    from run.source_runs
    where entity = $entity and not is_import
    group by source
)

select
    given.source,
    given.n,
    given.n_before,
    runs.last_status
from given
left join runs
    on given.source = runs.source
order by given.source
"""

SET_ASIDE = """
select coalesce(sum(set_aside), 0)::bigint
from run.source_runs
where entity = $entity and started_at::date between $first and $last
"""
