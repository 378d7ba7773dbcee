-- severity: error
with core_counts as (
    select
        entity,
        count(distinct review_key) as n_core
    from core.review_versions
    group by entity
),

review_counts as (
    select
        entity,
        count(*) as n_mart,
        count(*) filter (where is_counted and week_start is not null and posted_precision not in ('month', 'year'))
            as n_weekly
    from mart.v_review
    group by entity
),

weekly_counts as (
    select
        entity,
        sum(n) filter (where is_all_locations and is_all_sources) as n_whole,
        sum(n) filter (where not is_all_locations and not is_all_sources) as n_leaves
    from mart.v_reputation_weekly
    group by entity
),

final as (
    select
        core_counts.entity || ': core ' || core_counts.n_core || ', v_review ' || coalesce(review_counts.n_mart, 0)
        || ', counted ' || coalesce(review_counts.n_weekly, 0) || ', weekly ' || coalesce(weekly_counts.n_whole, 0)
        || ', its parts ' || coalesce(weekly_counts.n_leaves, 0) as example
    from core_counts
    left join review_counts
        on core_counts.entity = review_counts.entity
    left join weekly_counts
        on core_counts.entity = weekly_counts.entity
    where
        core_counts.n_core <> coalesce(review_counts.n_mart, 0)
        or coalesce(review_counts.n_weekly, 0) <> coalesce(weekly_counts.n_whole, 0)
        or coalesce(review_counts.n_weekly, 0) <> coalesce(weekly_counts.n_leaves, 0)
)

select example
from final
