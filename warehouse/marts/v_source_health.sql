-- grain: one row per subscription and UTC day on which it was read
with runs as (
    select
        *,
        started_at::date as run_day
    from run.source_runs
    where started_at <= coalesce(getvariable('as_of')::timestamptz, timestamptz 'infinity')
),

-- A subscription to one branch is compared with that branch, one to all with all.
stored as (
    select
        entity,
        source,
        null as location,
        count_if(not is_removed) as n_stored,
        max(posted_at) as newest_posted_at
    from review_facts
    group by entity, source
    union all
    select
        entity,
        source,
        location,
        count_if(not is_removed) as n_stored,
        max(posted_at) as newest_posted_at
    from review_facts
    where location is not null
    group by entity, source, location
),

days as (
    select
        subscription,
        run_day,
        max_by(source, started_at) as source,
        max_by(entity, started_at) as entity,
        max_by(location, started_at) as location,
        count(*) as n_runs,
        sum(fetched)::bigint as fetched,
        sum(parsed)::bigint as parsed,
        sum(new)::bigint as new,
        sum(edited)::bigint as edited,
        sum(removed)::bigint as removed,
        sum(set_aside)::bigint as set_aside,
        max_by(source_total, started_at) as source_total,
        max_by(expected, started_at) as new_expected,
        max_by(expected_low, started_at) as new_expected_low,
        bool_or(coalesce(is_whole, false) and status = 'ok') as is_whole_read,
        max_by(status, started_at) as status,
        max_by(message, started_at) as message,
        max(finished_at) as last_finished_at,
        bool_and(is_import) as is_import
    from runs
    group by subscription, run_day
),

final as (
    select
        days.*,
        stored.n_stored,
        stored.newest_posted_at,
        stored.n_stored / nullif(days.source_total, 0) as coverage
    from days
    left join stored
        on
            days.entity = stored.entity
            and days.source = stored.source
            and days.location is not distinct from stored.location
)

select *
from final
order by subscription, run_day
