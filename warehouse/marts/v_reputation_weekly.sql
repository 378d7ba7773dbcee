-- grain: one row per entity, location (or all), source (or all) and ISO week
with settings as (
    select
        max(value) filter (where setting = 'half_life_days') as half_life_days,
        max(value) filter (where setting = 'prior_weight') as prior_weight,
        max(value) filter (where setting = 'prior_min_reviews') as prior_min_reviews,
        max(value) filter (where setting = 'small_n') as small_n
    from run.settings
),

knowledge as (
    select
        entity,
        max(seen_at) as newest_seen_at,
        max(time_zone) as time_zone
    from review_facts
    group by entity
),

runs as (
    select
        entity,
        max(finished_at) as newest_run_at
    from run.source_runs
    where
        status in ('ok', 'not_modified')
        and finished_at <= coalesce(getvariable('as_of')::timestamptz, timestamptz 'infinity')
    group by entity
),

leaves as (
    select
        facts.entity,
        facts.location,
        facts.source,
        facts.week_start,
        count(*) as n,
        count_if(facts.is_judged) as n_judged,
        count_if(facts.is_negative) as n_neg,
        count_if(facts.is_neutral) as n_neu,
        count_if(facts.is_positive) as n_pos,
        count_if(facts.has_text) as n_text,
        count_if(facts.is_scored) as n_scored,
        count_if(facts.is_removed) as n_removed,
        count_if(facts.stars = 1) as stars_1,
        count_if(facts.stars = 2) as stars_2,
        count_if(facts.stars = 3) as stars_3,
        count_if(facts.stars = 4) as stars_4,
        count_if(facts.stars = 5) as stars_5,
        sum(facts.rating_stars::decimal(18, 9)) as stars_sum,
        count(facts.rating_stars) as n_rated,
        -- Weights as seen from the Sunday of the week; the running sum below ages them by whole weeks. Decimals add up
        -- the same in any order, so that building twice gives the same digits.
        sum(decay_w(facts.week_start + 6 - facts.posted_on, settings.half_life_days)::decimal(18, 12))
        filter (where facts.stars = 1) as weight_1,
        sum(decay_w(facts.week_start + 6 - facts.posted_on, settings.half_life_days)::decimal(18, 12))
        filter (where facts.stars = 2) as weight_2,
        sum(decay_w(facts.week_start + 6 - facts.posted_on, settings.half_life_days)::decimal(18, 12))
        filter (where facts.stars = 3) as weight_3,
        sum(decay_w(facts.week_start + 6 - facts.posted_on, settings.half_life_days)::decimal(18, 12))
        filter (where facts.stars = 4) as weight_4,
        sum(decay_w(facts.week_start + 6 - facts.posted_on, settings.half_life_days)::decimal(18, 12))
        filter (where facts.stars = 5) as weight_5
    from review_facts as facts
    cross join settings
    where facts.is_counted and facts.has_week and facts.week_start is not null
    group by facts.entity, facts.location, facts.source, facts.week_start
),

rolled as (
    select
        entity,
        location,
        source,
        week_start,
        grouping(location) = 1 as is_all_locations,
        grouping(source) = 1 as is_all_sources,
        sum(n)::bigint as n,
        sum(n_judged)::bigint as n_judged,
        sum(n_neg)::bigint as n_neg,
        sum(n_neu)::bigint as n_neu,
        sum(n_pos)::bigint as n_pos,
        sum(n_text)::bigint as n_text,
        sum(n_scored)::bigint as n_scored,
        sum(n_removed)::bigint as n_removed,
        sum(stars_1)::bigint as stars_1,
        sum(stars_2)::bigint as stars_2,
        sum(stars_3)::bigint as stars_3,
        sum(stars_4)::bigint as stars_4,
        sum(stars_5)::bigint as stars_5,
        sum(stars_sum) as stars_sum,
        sum(n_rated)::bigint as n_rated,
        sum(weight_1) as weight_1,
        sum(weight_2) as weight_2,
        sum(weight_3) as weight_3,
        sum(weight_4) as weight_4,
        sum(weight_5) as weight_5
    from leaves
    group by grouping sets (
        (entity, week_start),
        (entity, location, week_start),
        (entity, source, week_start),
        (entity, location, source, week_start)
    )
),

last_weeks as (
    select
        entity,
        max(week_start) as last_week
    from leaves
    group by entity
),

series as (
    select
        rolled.entity,
        rolled.location,
        rolled.source,
        rolled.is_all_locations,
        rolled.is_all_sources,
        min(rolled.week_start) as first_week,
        max(last_weeks.last_week) as last_week
    from rolled
    inner join last_weeks
        on rolled.entity = last_weeks.entity
    group by rolled.entity, rolled.location, rolled.source, rolled.is_all_locations, rolled.is_all_sources
),

-- From a series' first week to its entity's last: a source that falls silent shows as weeks of n = 0.
grid as (
    select
        * exclude (first_week, last_week),
        unnest(generate_series(first_week, last_week, interval 7 day))::date as week_start
    from series
),

filled as (
    select
        grid.*,
        rolled.stars_sum,
        coalesce(rolled.n, 0) as n,
        coalesce(rolled.n_judged, 0) as n_judged,
        coalesce(rolled.n_neg, 0) as n_neg,
        coalesce(rolled.n_neu, 0) as n_neu,
        coalesce(rolled.n_pos, 0) as n_pos,
        coalesce(rolled.n_text, 0) as n_text,
        coalesce(rolled.n_scored, 0) as n_scored,
        coalesce(rolled.n_removed, 0) as n_removed,
        coalesce(rolled.stars_1, 0) as stars_1,
        coalesce(rolled.stars_2, 0) as stars_2,
        coalesce(rolled.stars_3, 0) as stars_3,
        coalesce(rolled.stars_4, 0) as stars_4,
        coalesce(rolled.stars_5, 0) as stars_5,
        coalesce(rolled.n_rated, 0) as n_rated,
        coalesce(rolled.weight_1, 0)::double as weight_1,
        coalesce(rolled.weight_2, 0)::double as weight_2,
        coalesce(rolled.weight_3, 0)::double as weight_3,
        coalesce(rolled.weight_4, 0)::double as weight_4,
        coalesce(rolled.weight_5, 0)::double as weight_5,
        -- Growth of a weight against a fixed Monday; dividing by it again ages the running sum to each week.
        pow(2.0, (grid.week_start - date '2001-01-01') / settings.half_life_days) as growth
    from grid
    cross join settings
    left join rolled
        on
            grid.entity = rolled.entity
            and grid.location is not distinct from rolled.location
            and grid.source is not distinct from rolled.source
            and grid.is_all_locations = rolled.is_all_locations
            and grid.is_all_sources = rolled.is_all_sources
            and grid.week_start = rolled.week_start
),

portfolio_weeks as (
    select
        week_start,
        sum(stars_1) as stars_1,
        sum(stars_2) as stars_2,
        sum(stars_3) as stars_3,
        sum(stars_4) as stars_4,
        sum(stars_5) as stars_5
    from filled
    where is_all_locations and is_all_sources
    group by week_start
),

portfolio as (
    select
        week_start,
        sum(stars_1) over so_far as stars_1,
        sum(stars_2) over so_far as stars_2,
        sum(stars_3) over so_far as stars_3,
        sum(stars_4) over so_far as stars_4,
        sum(stars_5) over so_far as stars_5,
        sum(stars_1 + stars_2 + stars_3 + stars_4 + stars_5) over so_far as n_stars
    from portfolio_weeks
    window so_far as (order by week_start rows between unbounded preceding and current row)
),

-- What the whole portfolio showed up to that week, or the maximum-entropy distribution of mean 3.5.
priors as (
    select
        portfolio.week_start,
        settings.prior_weight,
        case
            when portfolio.n_stars >= settings.prior_min_reviews
                then [
                    portfolio.stars_1 / portfolio.n_stars,
                    portfolio.stars_2 / portfolio.n_stars,
                    portfolio.stars_3 / portfolio.n_stars,
                    portfolio.stars_4 / portfolio.n_stars,
                    portfolio.stars_5 / portfolio.n_stars
                ]
            else [0.11205376, 0.14490278, 0.18738163, 0.24231333, 0.31334849]
        end as shares
    from portfolio
    cross join settings
),

running as (
    select
        filled.*,
        sum(filled.weight_1 * filled.growth) over so_far / filled.growth as decayed_1,
        sum(filled.weight_2 * filled.growth) over so_far / filled.growth as decayed_2,
        sum(filled.weight_3 * filled.growth) over so_far / filled.growth as decayed_3,
        sum(filled.weight_4 * filled.growth) over so_far / filled.growth as decayed_4,
        sum(filled.weight_5 * filled.growth) over so_far / filled.growth as decayed_5,
        coalesce(sum(filled.n_judged) over eight_before, 0)::bigint as base_n_judged,
        coalesce(sum(filled.n_neg) over eight_before, 0)::bigint as base_n_neg,
        count(*) over eight_before as base_week_count
    from filled
    window
        so_far as (
            partition by
                filled.entity, filled.is_all_locations, filled.location, filled.is_all_sources, filled.source
            order by filled.week_start
            rows between unbounded preceding and current row
        ),
        eight_before as (
            partition by
                filled.entity, filled.is_all_locations, filled.location, filled.is_all_sources, filled.source
            order by filled.week_start
            rows between 8 preceding and 1 preceding
        )
),

rated as (
    select
        running.*,
        running.decayed_1 + running.decayed_2 + running.decayed_3 + running.decayed_4 + running.decayed_5 as eff_n,
        [
            running.decayed_1 + priors.prior_weight * priors.shares[1],
            running.decayed_2 + priors.prior_weight * priors.shares[2],
            running.decayed_3 + priors.prior_weight * priors.shares[3],
            running.decayed_4 + priors.prior_weight * priors.shares[4],
            running.decayed_5 + priors.prior_weight * priors.shares[5]
        ] as star_weights
    from running
    inner join priors
        on running.week_start = priors.week_start
),

estimated as (
    select
        rated.*,
        dir_mean(rated.star_weights, [1, 2, 3, 4, 5]) as star_mean,
        dir_sd(rated.star_weights, [1, 2, 3, 4, 5], [1, 4, 9, 16, 25]) as star_sd,
        net_mean(rated.n_neg, rated.n_neu, rated.n_pos) as net,
        net_sd(rated.n_neg, rated.n_neu, rated.n_pos) as net_sd,
        rated.n_judged < settings.small_n as is_small_n,
        rated.n_judged >= settings.small_n and rated.base_n_judged >= settings.small_n as is_comparable
    from rated
    cross join settings
),

final as (
    select
        estimated.entity,
        case
            when estimated.is_all_locations and estimated.is_all_sources then 'entity'
            when estimated.is_all_sources then 'location'
            when estimated.is_all_locations then 'source'
            else 'location_source'
        end as level,
        estimated.is_all_locations,
        estimated.location,
        estimated.is_all_sources,
        estimated.source,
        estimated.week_start,
        strftime(estimated.week_start, '%G-W%V') as iso_week,
        estimated.n,
        estimated.n_judged,
        estimated.n_neg,
        estimated.n_neu,
        estimated.n_pos,
        estimated.n_text,
        estimated.n_scored,
        estimated.n_removed,
        estimated.stars_1,
        estimated.stars_2,
        estimated.stars_3,
        estimated.stars_4,
        estimated.stars_5,
        estimated.n_neg / nullif(estimated.n_judged, 0) as neg_share,
        wilson_lo(estimated.n_neg, estimated.n_judged) as neg_lo,
        wilson_hi(estimated.n_neg, estimated.n_judged) as neg_hi,
        case when not estimated.is_small_n then estimated.net end as net,
        case when not estimated.is_small_n then greatest(-100, estimated.net - 1.959964 * estimated.net_sd) end
            as net_lo,
        case when not estimated.is_small_n then least(100, estimated.net + 1.959964 * estimated.net_sd) end as net_hi,
        estimated.stars_sum::double / nullif(estimated.n_rated, 0) as rating_mean,
        case when estimated.eff_n > 0 then estimated.star_mean end as rating_bayes,
        case when estimated.eff_n > 0 then greatest(1, estimated.star_mean - 1.959964 * estimated.star_sd) end
            as rating_lo,
        case when estimated.eff_n > 0 then least(5, estimated.star_mean + 1.959964 * estimated.star_sd) end
            as rating_hi,
        estimated.eff_n,
        estimated.base_n_judged as n_base,
        estimated.base_n_neg as n_base_neg,
        estimated.base_week_count as base_weeks,
        case
            when estimated.is_comparable
                then estimated.n_neg / estimated.n_judged - estimated.base_n_neg / estimated.base_n_judged
        end as neg_diff,
        case
            when estimated.is_comparable
                then newcombe_lo(
                    estimated.n_neg, estimated.n_judged, estimated.base_n_neg, estimated.base_n_judged
                )
        end as neg_diff_lo,
        case
            when estimated.is_comparable
                then newcombe_hi(
                    estimated.n_neg, estimated.n_judged, estimated.base_n_neg, estimated.base_n_judged
                )
        end as neg_diff_hi,
        case
            when estimated.is_comparable
                then two_prop_z(estimated.n_neg, estimated.n_judged, estimated.base_n_neg, estimated.base_n_judged)
        end as neg_diff_z,
        estimated.is_small_n,
        -- The week is over where we know something seen, or a run finished, after its last local midnight.
        coalesce(
            greatest(knowledge.newest_seen_at, runs.newest_run_at)
            >= timezone(knowledge.time_zone, (estimated.week_start + 7)::timestamp),
            false
        ) as is_complete
    from estimated
    inner join knowledge
        on estimated.entity = knowledge.entity
    left join runs
        on estimated.entity = runs.entity
)

select *
from final
order by entity, is_all_locations desc, location, is_all_sources desc, source, week_start
