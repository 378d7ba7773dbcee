-- grain: one row per language and ISO week of the current model's scores
with settings as (
    select
        max(value) filter (where setting = 'unsure_confidence') as unsure_below,
        max(value) filter (where setting = 'drift_min_texts') as min_texts,
        max(value) filter (where setting = 'drift_psi') as psi_limit,
        max(value) filter (where setting = 'drift_abstained') as abstained_limit,
        max(value) filter (where setting = 'drift_agreement') as agreement_limit
    from run.settings
),

texts as (
    select
        facts.week_start,
        coalesce(scores.language, 'unknown') as language,
        scores.abstained is not null as is_abstained,
        scores.p_neg,
        scores.confidence,
        scores.confidence < settings.unsure_below as is_unsure,
        facts.rating_stars,
        least(9, floor(scores.p_neg * 10))::integer as decile,
        case
            when facts.rating_stars <= 2 or facts.rating_stars >= 4
                then (scores.polarity < 0) = (facts.rating_stars <= 2)
        end as agrees
    from review_facts as facts
    inner join core.scores as scores
        on facts.text_hash = scores.text_hash and facts.model_version = scores.model_version
    cross join settings
    where facts.is_counted and facts.has_week and facts.week_start is not null
),

weekly as (
    select
        language,
        week_start,
        count(*) as n,
        count_if(is_abstained) as n_abstained,
        count(decile) as n_scored,
        -- Decimals add up to the same digits in any order.
        sum(confidence::decimal(18, 9)) / count(confidence) as mean_confidence,
        sum(p_neg::decimal(18, 9)) / count(p_neg) as mean_p_neg,
        count_if(is_unsure) as n_unsure,
        count(agrees) as n_compared,
        count_if(agrees) as n_agree
    from texts
    group by language, week_start
),

compared as (
    select
        *,
        sum(n) over before as base_n,
        sum(n_abstained) over before as base_n_abstained,
        sum(n_scored) over before as base_n_scored,
        sum(n_compared) over before as base_n_compared,
        sum(n_agree) over before as base_n_agree
    from weekly
    window before as (
        partition by language order by week_start range between interval 182 day preceding and interval 7 day preceding
    )
),

in_deciles as (
    select
        language,
        week_start,
        decile,
        count(*) as n
    from texts
    where decile is not null
    group by language, week_start, decile
),

tenths as (
    select unnest(generate_series(0, 9)) as decile
),

places as (
    select
        weekly.language,
        weekly.week_start,
        tenths.decile,
        coalesce(in_deciles.n, 0) as n
    from weekly
    cross join tenths
    left join in_deciles
        on
            weekly.language = in_deciles.language
            and weekly.week_start = in_deciles.week_start
            and tenths.decile = in_deciles.decile
),

places_compared as (
    select
        *,
        sum(n) over before as base_n
    from places
    window before as (
        partition by language, decile
        order by week_start
        range between interval 182 day preceding and interval 7 day preceding
    )
),

-- Half a text is added to each tenth, so that an empty one has a logarithm.
shares as (
    select
        places.language,
        places.week_start,
        (places.n + 0.5) / (compared.n_scored + 5) as share,
        (places.base_n + 0.5) / (compared.base_n_scored + 5) as base_share
    from places_compared as places
    inner join compared
        on places.language = compared.language and places.week_start = compared.week_start
),

indices as (
    select
        language,
        week_start,
        sum(((share - base_share) * ln(share / base_share))::decimal(18, 9))::double as psi
    from shares
    group by language, week_start
),

measured as (
    select
        compared.*,
        indices.psi
    from compared
    left join indices
        on compared.language = indices.language and compared.week_start = indices.week_start
),

final as (
    select
        measured.language,
        measured.week_start,
        measured.n,
        measured.n < settings.min_texts as is_small_n,
        measured.n_abstained / measured.n as abstained_share,
        measured.mean_confidence,
        measured.mean_p_neg,
        measured.n_unsure / nullif(measured.n - measured.n_abstained, 0) as unsure_share,
        measured.n_compared,
        measured.n_agree / nullif(measured.n_compared, 0) as star_agreement,
        measured.base_n,
        case when measured.base_n >= 2 * settings.min_texts then measured.psi end as psi,
        case
            when measured.n < settings.min_texts or coalesce(measured.base_n, 0) < 2 * settings.min_texts then null
            when
                newcombe_lo(measured.n_abstained, measured.n, measured.base_n_abstained, measured.base_n)
                > 0
                and measured.n_abstained / measured.n - measured.base_n_abstained / measured.base_n
                >= settings.abstained_limit
                then 'more texts left unscored'
            when
                newcombe_hi(measured.n_agree, measured.n_compared, measured.base_n_agree, measured.base_n_compared) < 0
                and measured.base_n_agree / measured.base_n_compared - measured.n_agree / measured.n_compared
                >= settings.agreement_limit
                then 'texts and stars agree less'
            when measured.psi >= settings.psi_limit then 'scores have moved'
        end as signal
    from measured
    cross join settings
)

select *
from final
order by language, week_start
