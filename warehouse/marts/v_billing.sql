-- grain: one row per review and kind of billing trouble
with mentions as (
    select
        review_key,
        entity,
        location,
        source,
        posted_at,
        posted_on,
        week_start,
        is_negative,
        is_counted,
        coalesce(list_contains(escalation, 'MONEY'), false) as disputed,
        unnest(billing) as mention
    from review_facts
    where is_scored
),

final as (
    select
        review_key,
        mention.subtype,
        entity,
        location,
        source,
        posted_at,
        posted_on,
        week_start,
        mention.amount,
        mention.currency,
        disputed,
        is_negative,
        is_counted
    from mentions
    where mention.subtype is not null
)

select *
from final
order by posted_at, review_key, subtype
