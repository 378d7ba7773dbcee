-- grain: one row per incident
with told as (
    select
        incident_id,
        count(*) as n_alerts,
        min(sent_at) as first_alert_at
    from core.alerts_sent
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
        (incidents.payload ->> '$.n_reviews')::integer as n_reviews,
        (incidents.payload ->> '$.share')::double as share,
        (incidents.payload ->> '$.share_baseline')::double as share_baseline,
        (incidents.payload ->> '$.score')::double as score,
        incidents.payload ->> '$.model_version' as model_version,
        incidents.payload ->> '$.rule_version' as rule_version,
        coalesce(told.n_alerts, 0) as n_alerts,
        told.first_alert_at
    from core.incidents as incidents
    left join told
        on incidents.incident_id = told.incident_id
)

select *
from final
order by alert_day, incident_id
