-- grain: one row per model version, language and basis (`stars` or `labels`)
with settings as (
    select
        max(value) filter (where setting = 'quality_min_texts') as min_texts,
        max(value) filter (where setting = 'quality_min_gap') as min_gap
    from run.settings
),

-- Where labellers differ, most of them decide; a draw leaves the text out. Only a random draw speaks for all texts.
votes as (
    select
        text_hash,
        label,
        count(*) as n
    from core.labels
    where drawn = 'random'
    group by text_hash, label
),

ranked as (
    select
        text_hash,
        label,
        n,
        max(n) over (partition by text_hash) as most
    from votes
),

labelled as (
    select
        text_hash,
        max(label) as truth
    from ranked
    where n = most
    group by text_hash
    having count(*) = 1
),

starred as (
    select
        text_hash,
        case when avg(rating_stars) <= 2 then 'negative' when avg(rating_stars) >= 4 then 'positive' else 'neutral' end
            as truth
    from core.current_reviews
    where text_hash is not null and rating_stars is not null
    group by text_hash
),

truths as (
    select
        'stars' as basis,
        text_hash,
        truth
    from starred
    union all
    select
        'labels' as basis,
        text_hash,
        truth
    from labelled
),

judged as (
    select
        scores.model_version,
        coalesce(scores.language, 'unknown') as language,
        truths.basis,
        truths.truth,
        scores.label,
        scores.is_negative,
        scores.polarity,
        scores.confidence,
        scores.abstained is not null as is_abstained,
        scores.label = truths.truth as is_right,
        ntile(15) over (
            partition by scores.model_version, scores.language, truths.basis, scores.label is null
            order by scores.confidence, scores.text_hash
        ) as bin
    from core.scores as scores
    inner join truths
        on scores.text_hash = truths.text_hash
),

bins as (
    select
        model_version,
        language,
        basis,
        -- Decimals add up to the same digits in any order.
        abs(sum(confidence::decimal(18, 9)) - count_if(is_right)) as gap
    from judged
    where label is not null
    group by model_version, language, basis, bin
),

errors as (
    select
        model_version,
        language,
        basis,
        sum(gap) as gap
    from bins
    group by model_version, language, basis
),

counted as (
    select
        model_version,
        language,
        basis,
        count(*) as n,
        count_if(is_abstained) as n_abstained,
        count_if(label is not null) as n_scored,
        count_if(label is not null and truth = 'negative') as n_negative,
        count_if(label is not null and truth = 'positive') as n_positive,
        count_if(is_negative) as n_flagged,
        count_if(is_negative and truth = 'negative') as n_found,
        count_if(is_negative and truth = 'positive') as n_false,
        count_if(is_negative and truth <> 'negative') as n_wrongly_flagged,
        count_if(label is not null and truth <> 'negative') as n_not_negative,
        count_if(label is not null and truth <> 'neutral' and (polarity > 0) = (truth = 'positive')) as n_right_side,
        count_if(is_right) as n_right,
        count_if(label = 'negative' and truth = 'positive' or label = 'positive' and truth = 'negative') as n_conflict,
        2 * count_if(label = 'negative' and truth = 'negative')
        / nullif(count_if(label = 'negative') + count_if(label is not null and truth = 'negative'), 0) as f1_negative,
        2 * count_if(label = 'neutral' and truth = 'neutral')
        / nullif(count_if(label = 'neutral') + count_if(label is not null and truth = 'neutral'), 0) as f1_neutral,
        2 * count_if(label = 'positive' and truth = 'positive')
        / nullif(count_if(label = 'positive') + count_if(label is not null and truth = 'positive'), 0) as f1_positive
    from judged
    group by model_version, language, basis
),

rated as (
    select
        counted.*,
        errors.gap / nullif(counted.n_scored, 0) as calibration_error,
        counted.n_found / nullif(counted.n_negative, 0) as tpr,
        counted.n_wrongly_flagged / nullif(counted.n_not_negative, 0) as fpr,
        counted.n_flagged / nullif(counted.n_scored, 0) as flagged_share,
        counted.n_negative >= settings.min_texts and counted.n_not_negative >= settings.min_texts as is_enough,
        settings.min_gap
    from counted
    cross join settings
    left join errors
        on
            counted.model_version = errors.model_version
            and counted.language = errors.language
            and counted.basis = errors.basis
),

final as (
    select
        rated.model_version,
        coalesce(versions.is_current, false) as is_current,
        rated.language,
        rated.basis,
        rated.n,
        rated.n_abstained,
        rated.n_negative,
        rated.n_positive,
        rated.n_right_side / nullif(rated.n_negative + rated.n_positive, 0) as polar_accuracy,
        wilson_lo(rated.n_right_side, rated.n_negative + rated.n_positive) as polar_lo,
        wilson_hi(rated.n_right_side, rated.n_negative + rated.n_positive) as polar_hi,
        rated.n_right / nullif(rated.n_scored, 0) as label_accuracy,
        list_avg([rated.f1_negative, rated.f1_neutral, rated.f1_positive]) as macro_f1,
        rated.tpr,
        wilson_lo(rated.n_found, rated.n_negative) as tpr_lo,
        wilson_hi(rated.n_found, rated.n_negative) as tpr_hi,
        rated.n_false / nullif(rated.n_positive, 0) as positive_alarms,
        rated.fpr,
        rated.n_conflict / nullif(rated.n_scored, 0) as conflict_share,
        rated.calibration_error,
        rated.flagged_share,
        case
            when rated.is_enough and rated.tpr - rated.fpr >= rated.min_gap
                then greatest(0, least(1, (rated.flagged_share - rated.fpr) / (rated.tpr - rated.fpr)))
        end as negative_share_adjusted,
        case
            when not rated.is_enough then 'too few texts'
            when rated.tpr - rated.fpr < rated.min_gap then 'the model does not tell them apart'
        end as note
    from rated
    left join run.model_versions as versions
        on rated.model_version = versions.model_version
)

select *
from final
order by is_current desc, model_version, basis, language
