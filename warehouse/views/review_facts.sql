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

-- Of a text that the current model has not scored, an erased one or one not read again yet, what an earlier one said.
current_scores as (
    select
        scores.*,
        coalesce(
            nullif(list_distinct(list_transform(scores.themes, lambda mention: mention.theme_group)), []), ['none']
        ) as theme_groups
    from core.scores as scores
    inner join run.model_versions as model_versions
        on scores.model_version = model_versions.model_version
    where model_versions.is_current or model_versions.current_since is not null
    qualify row_number() over (
        partition by scores.text_hash order by model_versions.is_current desc, model_versions.current_since desc
    ) = 1
),

-- A copy is a text of enough words that another review of the same entity has too, equal or nearly so (text_groups),
-- posted no more than `duplicate_days` from its neighbour. What we saw first counts, all others are its copies: so no
-- figure moves back when the site it came from is met later.
long_texts as (
    select
        reviews.review_key,
        reviews.entity,
        reviews.first_seen_at,
        reviews.posted_at,
        coalesce(text_groups.group_hash, reviews.text_hash) as group_hash
    from reviews
    cross join settings
    left join core.text_groups as text_groups
        on reviews.text_hash = text_groups.text_hash
    where
        reviews.text_hash is not null
        and reviews.posted_at is not null
        and len(string_split(trim(reviews.text), ' ')) >= settings.duplicate_min_words
),

shared_texts as (
    select *
    from long_texts
    qualify count(*) over (partition by entity, group_hash) > 1
),

gaps as (
    select
        shared_texts.*,
        coalesce(
            shared_texts.posted_at - lag(shared_texts.posted_at) over (
                partition by shared_texts.entity, shared_texts.group_hash
                order by shared_texts.posted_at, shared_texts.review_key
            ) > to_days(settings.duplicate_days::integer),
            false
        ) as is_far
    from shared_texts
    cross join settings
),

batches as (
    select
        *,
        count_if(is_far) over (partition by entity, group_hash order by posted_at, review_key) as batch_no
    from gaps
),

copies as (
    select review_key
    from batches
    qualify row_number() over (
        partition by entity, group_hash, batch_no order by first_seen_at, posted_at, review_key
    ) > 1
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
        contradicts_stars(current_scores.label, reviews.rating_stars) as is_contradictory,
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
