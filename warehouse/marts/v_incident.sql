-- grain: one row per incident
with told as (
    select
        incident_id,
        count(*) as n_alerts,
        min(sent_at) as first_alert_at
    from core.alerts_sent
    where channel <> 'asset'
    group by incident_id
),

answered as (
    select
        incident_id,
        max_by(answer, answered_at) as last_answer,
        max_by(answered_by, answered_at) as last_answer_by,
        max(answered_at) as last_answer_at
    from core.alert_answers
    group by incident_id
),

final as (
    select
        incidents.incident_id,
        incidents.dedup_key,
        incidents.state,
        incidents.kind,
        incidents.severity,
        incidents.entity,
        incidents.scope,
        incidents.start_day,
        incidents.alert_day,
        incidents.last_day,
        (incidents.payload ->> '$.observed')::integer as observed,
        (incidents.payload ->> '$.expected')::double as expected,
        (incidents.payload ->> '$.expected_low')::integer as expected_low,
        (incidents.payload ->> '$.expected_high')::integer as expected_high,
        (incidents.payload ->> '$.n_reviews')::integer as n_reviews,
        (incidents.payload ->> '$.share')::double as share,
        (incidents.payload ->> '$.share_baseline')::double as share_baseline,
        (incidents.payload ->> '$.score')::double as score,
        (incidents.payload ->> '$.share_score')::double as share_score,
        (incidents.payload ->> '$.count_score')::double as count_score,
        coalesce((incidents.payload -> '$.parts')::varchar[], []) as parts,
        coalesce((incidents.payload -> '$.signs')::varchar[], []) as signs,
        incidents.payload ->> '$.parent_id' as parent_id,
        (incidents.payload ->> '$.snoozed_until')::timestamptz as snoozed_until,
        incidents.payload ->> '$.model_version' as model_version,
        incidents.payload ->> '$.rule_version' as rule_version,
        coalesce(told.n_alerts, 0) as n_alerts,
        told.first_alert_at,
        answered.last_answer,
        answered.last_answer_by,
        answered.last_answer_at,
        incidents.created_at,
        incidents.updated_at
    from core.incidents as incidents
    left join told
        on incidents.incident_id = told.incident_id
    left join answered
        on incidents.incident_id = answered.incident_id
)

select *
from final
order by alert_day, incident_id
