"""The queries behind one weekly report; all over `review_facts`, the judged reviews of the report's moment."""

# ruff: noqa: S608 - what is put into a statement are constants and names of this package; values are bound.

from __future__ import annotations

ENTITY = """
select
    coalesce(max(entities.entity_name), any_value(versions.entity)) as entity_name,
    coalesce(max(entities.time_zone), 'UTC') as time_zone
from core.review_versions as versions
left join core.entities as entities
    on versions.entity = entities.entity
where versions.entity = $entity
having count(*) > 0
"""

# Shares rest on judged reviews, so these are the `n` of the page; the trust line says how many could not be judged.
WEEKS = """
with weekly as (
{weekly}
)

select
    week_start,
    n_judged as n,
    n_neg as n_negative,
    n_neu as n_neutral,
    n_pos as n_positive,
    n_text,
    n_scored,
    stars_1,
    stars_2,
    stars_3,
    stars_4,
    stars_5,
    neg_lo,
    neg_hi,
    net,
    net_lo,
    net_hi,
    rating_mean,
    rating_bayes,
    rating_lo,
    rating_hi,
    is_complete
from weekly
where
    entity = $entity
    and is_all_locations
    and is_all_sources
    and week_start between $week_start - interval 52 week and $week_start
order by week_start
"""

_WEEK_REVIEWS = """
    entity = $entity
    and is_counted
    and is_judged
    and has_week
"""

THEMES = f"""
with parts as (
    select
        unnest(theme_groups) as theme_group,
        (1 / len(theme_groups))::decimal(18, 15) as group_weight,
        week_start = $week_start as is_week
    from review_facts
    where {_WEEK_REVIEWS}
        and is_negative
        and week_start between $week_start - interval 8 week and $week_start
)

select
    theme_group,
    coalesce(sum(group_weight) filter (where is_week), 0)::double as n_negative,
    coalesce(sum(group_weight) filter (where not is_week), 0)::double as n_negative_baseline
from parts
group by theme_group
order by theme_group
"""

LOCATIONS = f"""
select
    location,
    count(*) as n,
    count_if(is_negative) as n_negative
from review_facts
where {_WEEK_REVIEWS}
    and location is not null
    and week_start between $week_start - interval 8 week and $week_start
group by location
order by location
"""

_QUOTES = f"""
select
    review_key,
    text,
    source,
    posted_on,
    url,
    rating_stars,
    coalesce(p_neg, case when is_negative then 1 else 0 end)::double as p_neg,
    theme_groups,
    language
from review_facts
where {_WEEK_REVIEWS}
    and text is not null
    and not is_removed
    and week_start = $week_start
    and {{which}}
order by {{order}}, review_key
limit 200
"""

# A quote must not gainsay its stars: where text and stars disagree, the model may be the one that is wrong.
NEGATIVE_QUOTES = _QUOTES.replace("{which}", "is_negative and coalesce(rating_stars, 1) <= 3").replace(
    "{order}", "coalesce(p_neg, 0) desc"
)
POSITIVE_QUOTES = _QUOTES.replace("{which}", "is_positive and coalesce(rating_stars, 5) >= 4").replace(
    "{order}", "coalesce(p_pos, 0) desc"
)

NEGATIVE_TEXTS = f"""
select
    coalesce(language, 'und') as language,
    text
from review_facts
where {_WEEK_REVIEWS}
    and is_negative
    and text is not null
    and posted_on >= $first
    and posted_on < $end
order by review_key
limit 50000
"""

# Only sources that have ever shown a reply can tell whether there is none.
REPLIES = f"""
with replying as (
    select distinct source
    from review_facts
    where entity = $entity and reply_text is not null
)

select
    count(*) as n,
    count_if(
        facts.reply_text is not null
        and coalesce(facts.reply_at, facts.reply_first_seen_at) <= facts.posted_at + interval 7 day
    ) as n_replied
from review_facts as facts
inner join replying
    on facts.source = replying.source
where {_WEEK_REVIEWS.replace("    entity", "    facts.entity")}
    and has_day
    and week_start = $week_start
"""

SOURCES = """
with given as (
    select
        source,
        max(posted_at) as newest_posted_at,
        count_if(week_start = $week_start and is_counted) as n_week,
        count_if(week_start between $week_start - interval 8 week and $week_start - interval 1 week and is_counted)
            as n_before,
        least(8, datediff('week', min(week_start), $week_start::date)) as weeks_before
    from review_facts
    where entity = $entity and has_week
    group by source
),

runs as (
    select
        source,
        max(finished_at) as last_run_at,
        max_by(status, started_at) as last_status,
        max(finished_at) filter (where status in ('ok', 'not_modified') and not is_import) as last_good_at
    from run.source_runs
    where entity = $entity and started_at <= $as_of
    group by source
)

select
    given.source,
    epoch_us(given.newest_posted_at),
    epoch_us(runs.last_run_at),
    runs.last_status,
    epoch_us(runs.last_good_at),
    given.n_week,
    case when given.weeks_before >= 4 then given.n_before / given.weeks_before end
from given
left join runs
    on given.source = runs.source
order by given.source
"""

TRUST = """
with set_aside as (
    select coalesce(sum(set_aside), 0)::bigint as n_set_aside
    from run.source_runs
    where
        entity = $entity
        and started_at::date between $week_start::date and $week_start::date + 6
),

current_model as (
    select max(model_version) as model_version
    from run.model_versions
    where is_current
)

select
    count_if(is_counted and not has_text) as n_star_only,
    count_if(is_counted and abstained is not null) as n_unscored_language,
    (select n_set_aside from set_aside) as n_set_aside,
    count_if(is_removed) as n_removed,
    count_if(edit_count > 0) as n_edited,
    count_if(is_duplicate) as n_duplicate,
    count_if(is_counted and is_contradictory) as n_contradictory,
    count_if(posted_precision not in ('second', 'minute')) as n_date_only,
    (select model_version from current_model) as model_version
from review_facts
where entity = $entity and has_week and week_start = $week_start
"""

# What was flagged by the end of the week and still waits; the order is that of the queue.
ESCALATIONS = """
with queue as (
{queue}
)

select
    queue.review_key,
    queue.priority,
    queue.reasons,
    epoch_us(queue.due_at),
    queue.state = 'overdue' as is_overdue,
    facts.text,
    queue.source,
    queue.url,
    count(*) over () as n_waiting
from queue
inner join review_facts as facts
    on queue.review_key = facts.review_key
where
    queue.entity = $entity
    and queue.state in ('open', 'overdue')
    and queue.first_flagged_at < $week_start::date + 7
    and facts.text is not null
order by queue.priority, queue.due_at, queue.score desc, queue.review_key
limit 5
"""

EVENTS = """
select
    start_date,
    title
from core.events
where
    entity = $entity
    and start_date <= $week_start::date + 6
    and coalesce(end_date, start_date) >= $week_start::date - 175
order by start_date, title
"""
