-- grain: one row per review, theme group and theme
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
        len(theme_groups) as group_count,
        unnest(themes) as mention
    from review_facts
    where is_scored
),

final as (
    select
        review_key,
        mention.theme_group,
        mention.theme,
        any_value(entity) as entity,
        any_value(location) as location,
        any_value(source) as source,
        any_value(posted_at) as posted_at,
        any_value(posted_on) as posted_on,
        any_value(week_start) as week_start,
        any_value(is_negative) as is_negative,
        any_value(is_counted) as is_counted,
        avg(mention.polarity::decimal(18, 12)) as polarity,
        max(mention.confidence) as confidence,
        1 / any_value(group_count) as weight
    from mentions
    group by review_key, mention.theme_group, mention.theme
)

select *
from final
order by posted_at, review_key, theme_group, theme
