-- grain: one row per review, with what the current model or the stars say of it; what every mart counts from
create or replace view core.review_facts as
with settings as (
    select
        max(value) filter (where setting = 'duplicate_days') as duplicate_days,
        max(value) filter (where setting = 'duplicate_min_words') as duplicate_min_words
    from run.settings
),

reviews as materialized (
    select * from core.current_reviews
),

current_scores as (
    select
        scores.*,
        coalesce(
            nullif(list_distinct(list_transform(scores.themes, lambda mention: mention.theme_group)), []), ['none']
        ) as theme_groups
    from core.scores as scores
    inner join run.model_versions as model_versions
        on scores.model_version = model_versions.model_version
    where model_versions.is_current
),

-- A copy is a text of enough words that an earlier review of the same entity already had, no more than
-- `duplicate_days` before: equal after normalising (text_hash) or nearly so (near_hash).
long_texts as (
    select
        reviews.review_key,
        reviews.entity,
        reviews.text_hash,
        reviews.near_hash,
        reviews.posted_at
    from reviews
    cross join settings
    where
        reviews.text_hash is not null
        and reviews.posted_at is not null
        and len(string_split(trim(reviews.text), ' ')) >= settings.duplicate_min_words
),

neighbours as (
    select
        review_key,
        posted_at,
        lag(posted_at) over (partition by entity, text_hash order by posted_at, review_key) as same_at,
        case
            when near_hash is not null
                then lag(posted_at) over (partition by entity, near_hash order by posted_at, review_key)
        end as near_at
    from long_texts
),

copies as (
    select neighbours.review_key
    from neighbours
    cross join settings
    where
        neighbours.posted_at - neighbours.same_at <= to_days(settings.duplicate_days::integer)
        or neighbours.posted_at - neighbours.near_at <= to_days(settings.duplicate_days::integer)
),

judged as (
    select
        reviews.*,
        current_scores.model_version,
        current_scores.label,
        current_scores.polarity,
        current_scores.p_neg,
        current_scores.p_neu,
        current_scores.p_pos,
        current_scores.confidence,
        current_scores.abstained,
        current_scores.themes,
        coalesce(current_scores.theme_groups, ['none']) as theme_groups,
        current_scores.escalation,
        current_scores.billing,
        reviews.text_hash is not null as has_text,
        current_scores.label is not null as is_scored,
        star_bucket(reviews.rating_stars) as stars,
        coalesce(
            is_negative_rule(current_scores.label is not null, current_scores.is_negative, reviews.rating_stars), false
        ) as is_negative,
        coalesce(
            is_positive_rule(
                current_scores.label is not null,
                current_scores.is_negative,
                current_scores.label,
                reviews.rating_stars
            ),
            false
        ) as is_positive,
        current_scores.label is not null or reviews.rating_stars is not null as is_judged,
        copies.review_key is not null as is_duplicate
    from reviews
    left join current_scores
        on reviews.text_hash = current_scores.text_hash
    left join copies
        on reviews.review_key = copies.review_key
)

select
    *,
    is_judged and not is_negative and not is_positive as is_neutral,
    not is_duplicate as is_counted,
    coalesce(polarity, (rating_stars - 3) / 2) as opinion
from judged;
