-- severity: error
with parts as (
    select
        entity,
        is_all_locations,
        location,
        week_start,
        sum(neg_weight) as neg_weight
    from mart.v_theme_weekly
    group by entity, is_all_locations, location, week_start
)

select parts.entity || ' ' || parts.week_start as example
from parts
inner join mart.v_reputation_weekly as weekly
    on
        parts.entity = weekly.entity
        and parts.week_start = weekly.week_start
        and parts.is_all_locations = weekly.is_all_locations
        and parts.location is not distinct from weekly.location
where weekly.is_all_sources and abs(parts.neg_weight - weekly.n_neg) > 1e-6
