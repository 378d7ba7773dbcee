-- grain: one row per review, in the version last seen (as of the session variable `as_of`, where one is set)
create or replace view core.current_reviews as
with known_versions as (
    select *
    from core.review_versions
    where seen_at <= coalesce(getvariable('as_of')::timestamptz, timestamptz 'infinity')
),

keys as (
    select
        review_key,
        max({ 'seen_at': epoch_us(seen_at), 'version_no': version_no }).version_no as version_no,
        min(seen_at) as first_seen_at,
        count(*) as version_count,
        count_if(change_kind = 'edit') as edit_count,
        min(seen_at) filter (where reply_text is not null) as reply_first_seen_at
    from known_versions
    group by review_key
),

final as (
    select
        known_versions.*,
        keys.first_seen_at,
        keys.version_count,
        keys.edit_count,
        keys.reply_first_seen_at,
        coalesce(entities.time_zone, 'UTC') as time_zone,
        coalesce(known_versions.posted_precision in ('second', 'minute', 'day'), false) as has_day,
        coalesce(known_versions.posted_precision in ('second', 'minute', 'day', 'week'), false) as has_week,
        local_date(known_versions.posted_at, known_versions.posted_precision, coalesce(entities.time_zone, 'UTC'))
            as posted_on
    from known_versions
    inner join keys
        on
            known_versions.review_key = keys.review_key
            and known_versions.version_no = keys.version_no
    left join core.entities as entities
        on known_versions.entity = entities.entity
)

select
    *,
    week_monday(posted_on) as week_start
from final;
