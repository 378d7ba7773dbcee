-- grain: one row per entity, location (or all), source (or all) and day with reviews
with settings as (
    select max(value) filter (where setting = 'small_n') as small_n
    from run.settings
),

leaves as (
    select
        entity,
        location,
        source,
        posted_on,
        count(*) as n,
        count_if(is_judged) as n_judged,
        count_if(is_negative) as n_neg,
        count_if(is_neutral) as n_neu,
        count_if(is_positive) as n_pos,
        count_if(has_text) as n_text,
        count_if(is_scored) as n_scored,
        count_if(stars = 1) as stars_1,
        count_if(stars = 2) as stars_2,
        count_if(stars = 3) as stars_3,
        count_if(stars = 4) as stars_4,
        count_if(stars = 5) as stars_5,
        sum(rating_stars::decimal(18, 9)) as stars_sum,
        count(rating_stars) as n_rated
    from review_facts
    where is_counted and has_day and posted_on is not null
    group by entity, location, source, posted_on
),

rolled as (
    select
        entity,
        location,
        source,
        posted_on,
        grouping(location) = 1 as is_all_locations,
        grouping(source) = 1 as is_all_sources,
        sum(n)::bigint as n,
        sum(n_judged)::bigint as n_judged,
        sum(n_neg)::bigint as n_neg,
        sum(n_neu)::bigint as n_neu,
        sum(n_pos)::bigint as n_pos,
        sum(n_text)::bigint as n_text,
        sum(n_scored)::bigint as n_scored,
        sum(stars_1)::bigint as stars_1,
        sum(stars_2)::bigint as stars_2,
        sum(stars_3)::bigint as stars_3,
        sum(stars_4)::bigint as stars_4,
        sum(stars_5)::bigint as stars_5,
        sum(stars_sum)::double / nullif(sum(n_rated), 0) as rating_mean
    from leaves
    group by grouping sets (
        (entity, posted_on),
        (entity, location, posted_on),
        (entity, source, posted_on),
        (entity, location, source, posted_on)
    )
),

final as (
    select
        rolled.entity,
        case
            when rolled.is_all_locations and rolled.is_all_sources then 'entity'
            when rolled.is_all_sources then 'location'
            when rolled.is_all_locations then 'source'
            else 'location_source'
        end as level,
        rolled.is_all_locations,
        rolled.location,
        rolled.is_all_sources,
        rolled.source,
        rolled.posted_on as day,
        rolled.n,
        rolled.n_judged,
        rolled.n_neg,
        rolled.n_neu,
        rolled.n_pos,
        rolled.n_text,
        rolled.n_scored,
        rolled.stars_1,
        rolled.stars_2,
        rolled.stars_3,
        rolled.stars_4,
        rolled.stars_5,
        rolled.n_neg / nullif(rolled.n_judged, 0) as neg_share,
        wilson_lo(rolled.n_neg, rolled.n_judged) as neg_lo,
        wilson_hi(rolled.n_neg, rolled.n_judged) as neg_hi,
        rolled.rating_mean,
        rolled.n_judged < settings.small_n as is_small_n
    from rolled
    cross join settings
)

select *
from final
order by entity, is_all_locations desc, location, is_all_sources desc, source, day
