-- grain: one row per review that a person should look at
with settings as (
    select
        max(value) filter (where setting = 'due_hours_p1') as due_hours_p1,
        max(value) filter (where setting = 'due_hours_p2') as due_hours_p2,
        max(value) filter (where setting = 'due_hours_p3') as due_hours_p3,
        max(value) filter (where setting = 'reply_target_hours') as reply_target_hours,
        max(value) filter (where setting = 'reach_votes') as reach_votes,
        max(value) filter (where setting = 'money_limit') as money_limit,
        max(value) filter (where setting = 'severe_p_neg') as severe_p_neg,
        max(value) filter (where setting = 'unsure_confidence') as unsure_confidence,
        max(value) filter (where setting = 'queue_days') as queue_days
    from run.settings
),

-- The queue stands as of the last look at any source, so that the same state gives the same rows.
clock as (
    select coalesce(getvariable('as_of')::timestamptz, max(seen_at), timestamptz 'epoch') as looked_at
    from (
        select max(seen_at) as seen_at from core.review_versions
        union all
        select max(finished_at) as seen_at from run.source_runs
    ) as looks
),

versions as (
    select
        review_key,
        version_no,
        seen_at,
        rating_stars,
        text_hash,
        reply_text
    from core.review_versions
    where seen_at <= coalesce(getvariable('as_of')::timestamptz, timestamptz 'infinity')
),

-- When this text and rating were first seen, and whether the rating fell after the owner had answered.
history as (
    select
        facts.review_key,
        min(versions.seen_at) filter (
            where
            versions.text_hash is not distinct from facts.text_hash
            and versions.rating_stars is not distinct from facts.rating_stars
        ) as state_seen_at,
        coalesce(
            bool_or(
                versions.reply_text is not null
                and versions.version_no < facts.version_no
                and versions.rating_stars > facts.rating_stars
            ),
            false
        ) as is_downgraded
    from review_facts as facts
    inner join versions
        on facts.review_key = versions.review_key
    group by facts.review_key
),

-- Only a source that has ever shown an answer can tell that there is none.
replying as (
    select distinct
        entity,
        source
    from review_facts
    where reply_text is not null
),

candidates as (
    select
        facts.review_key,
        facts.entity,
        facts.location,
        facts.source,
        facts.language,
        facts.posted_at,
        facts.posted_on,
        facts.week_start,
        facts.url,
        facts.stars,
        facts.is_negative,
        facts.is_removed,
        facts.reply_text is not null as is_answered,
        coalesce(facts.p_neg, facts.is_negative::integer) as score,
        coalesce(facts.escalation, []) as text_reasons,
        coalesce(facts.stars <= 2 and facts.p_neg >= settings.severe_p_neg, false) as is_severe,
        coalesce(facts.stars <= 2 and facts.confidence < settings.unsure_confidence, false) as is_unsure,
        history.is_downgraded,
        case when facts.is_imported then coalesce(facts.posted_at, history.state_seen_at) else history.state_seen_at end
            as first_flagged_at,
        coalesce(
            facts.is_negative
            and facts.reply_text is null
            and replying.source is not null
            and coalesce(facts.posted_at, history.state_seen_at) + to_hours(settings.reply_target_hours::integer)
            < clock.looked_at,
            false
        ) as is_overdue,
        coalesce(helpful_votes(facts.extra_json) >= settings.reach_votes, false) as has_reach,
        coalesce(
            list_bool_or(
                list_transform(
                    facts.billing,
                    lambda mention: mention.amount >= settings.money_limit
                    and mention.currency in ('EUR', 'USD', 'GBP', 'CHF', 'CAD', 'AUD')
                )
            ),
            false
        ) as is_much_money,
        clock.looked_at,
        settings.due_hours_p1,
        settings.due_hours_p2,
        settings.due_hours_p3,
        settings.queue_days
    from review_facts as facts
    inner join history
        on facts.review_key = history.review_key
    left join replying
        on facts.entity = replying.entity and facts.source = replying.source
    cross join settings
    cross join clock
    where facts.is_counted and coalesce(facts.text_hash not like 'erased:%', true)
),

reasoned as (
    select
        *,
        list_sort(
            list_concat(
                text_reasons,
                list_filter(
                    [
                        case when is_severe then 'SEVERE' end,
                        case when is_unsure then 'UNSURE' end,
                        case when is_downgraded then 'DOWNGRADE' end
                    ],
                    lambda reason: reason is not null
                )
            )
        ) as own_reasons
    from candidates
),

-- Late and widely read raise a level; alone they bring no review here.
levelled as (
    select
        *,
        list_concat(
            own_reasons,
            list_filter(
                [case when is_overdue then 'OVERDUE' end, case when has_reach then 'REACH' end],
                lambda reason: reason is not null
            )
        ) as reasons,
        greatest(
            1,
            escalation_level(own_reasons, is_much_money) - is_overdue::integer - has_reach::integer
        ) as level
    from reasoned
    where len(own_reasons) > 0
),

due as (
    select
        *,
        first_flagged_at
        + to_hours(
            (
                case level
                    when 1 then due_hours_p1
                    when 2 then due_hours_p2
                    else due_hours_p3
                end
            )::integer
        ) as due_at
    from levelled
),

final as (
    select
        review_key,
        entity,
        location,
        source,
        posted_at,
        posted_on,
        week_start,
        language as lang,
        stars,
        is_negative,
        'P' || level as priority,
        reasons,
        score,
        first_flagged_at,
        due_at,
        case
            when is_removed then 'removed'
            when is_answered then 'answered'
            when first_flagged_at + to_days(queue_days::integer) < looked_at then 'expired'
            when due_at < looked_at then 'overdue'
            else 'open'
        end as state,
        url
    from due
)

select *
from final
order by posted_at, review_key
