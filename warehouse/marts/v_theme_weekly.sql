-- grain: one row per entity, location (or all), theme group and ISO week
with parts as (
    select
        entity,
        location,
        week_start,
        is_negative,
        (1 / len(theme_groups))::decimal(18, 15) as group_weight,
        unnest(theme_groups) as theme_group
    from review_facts
    where is_counted and is_judged and has_week and week_start is not null
),

mentioned as (
    select
        entity,
        location,
        grouping(location) = 1 as is_all_locations,
        theme_group,
        week_start,
        count(*) as mentions,
        count_if(is_negative) as n_neg,
        coalesce(sum(group_weight) filter (where is_negative), 0)::double as neg_weight
    from parts
    group by grouping sets ((entity, theme_group, week_start), (entity, location, theme_group, week_start))
),

totals as (
    select
        entity,
        location,
        grouping(location) = 1 as is_all_locations,
        week_start,
        count(*) as n_judged
    from review_facts
    where is_counted and is_judged and has_week and week_start is not null
    group by grouping sets ((entity, week_start), (entity, location, week_start))
),

places as (
    select
        entity,
        location,
        is_all_locations,
        min(week_start) as first_week,
        max(week_start) as last_week
    from totals
    group by entity, location, is_all_locations
),

groups as (
    select distinct
        entity,
        location,
        is_all_locations,
        theme_group
    from mentioned
),

grid as (
    select
        places.entity,
        places.location,
        places.is_all_locations,
        groups.theme_group,
        unnest(generate_series(places.first_week, places.last_week, interval 7 day))::date as week_start
    from places
    inner join groups
        on
            places.entity = groups.entity
            and places.location is not distinct from groups.location
            and places.is_all_locations = groups.is_all_locations
),

filled as (
    select
        grid.*,
        coalesce(totals.n_judged, 0) as n_judged,
        coalesce(mentioned.mentions, 0) as mentions,
        coalesce(mentioned.n_neg, 0) as n_neg,
        coalesce(mentioned.neg_weight, 0) as neg_weight
    from grid
    left join totals
        on
            grid.entity = totals.entity
            and grid.location is not distinct from totals.location
            and grid.is_all_locations = totals.is_all_locations
            and grid.week_start = totals.week_start
    left join mentioned
        on
            grid.entity = mentioned.entity
            and grid.location is not distinct from mentioned.location
            and grid.is_all_locations = mentioned.is_all_locations
            and grid.theme_group = mentioned.theme_group
            and grid.week_start = mentioned.week_start
),

compared as (
    select
        *,
        sum(n_judged) over eight_before as base_n_judged,
        sum(neg_weight) over eight_before as base_neg_weight
    from filled
    window eight_before as (
        partition by entity, is_all_locations, location, theme_group
        order by week_start
        rows between 8 preceding and 1 preceding
    )
),

final as (
    select
        entity,
        case when is_all_locations then 'entity' else 'location' end as level,
        is_all_locations,
        location,
        theme_group,
        week_start,
        n_judged,
        mentions,
        n_neg,
        neg_weight,
        neg_weight / nullif(n_judged, 0) as contribution,
        neg_weight / nullif(n_judged, 0) - base_neg_weight / nullif(base_n_judged, 0) as contribution_delta
    from compared
)

select *
from final
order by entity, is_all_locations desc, location, theme_group, week_start
