-- severity: error
with repeated as (
    select 'v_review ' || review_key as example
    from mart.v_review
    group by review_key
    having count(*) > 1
    union all
    select 'v_review_history ' || review_key
    from mart.v_review_history
    group by review_key, version_no
    having count(*) > 1
    union all
    select 'v_review_theme ' || review_key
    from mart.v_review_theme
    group by review_key, theme_group, theme
    having count(*) > 1
    union all
    select 'v_model_quality ' || model_version
    from mart.v_model_quality
    group by model_version, language, basis
    having count(*) > 1
    union all
    select 'v_model_drift ' || language || ' ' || week_start
    from mart.v_model_drift
    group by language, week_start
    having count(*) > 1
    union all
    select 'v_billing ' || review_key || ' ' || subtype
    from mart.v_billing
    group by review_key, subtype
    having count(*) > 1
    union all
    select 'v_escalation_queue ' || review_key
    from mart.v_escalation_queue
    group by review_key
    having count(*) > 1
    union all
    select 'v_reputation_daily ' || entity || ' ' || day
    from mart.v_reputation_daily
    group by entity, is_all_locations, location, is_all_sources, source, day
    having count(*) > 1
    union all
    select 'v_reputation_weekly ' || entity || ' ' || week_start
    from mart.v_reputation_weekly
    group by entity, is_all_locations, location, is_all_sources, source, week_start
    having count(*) > 1
    union all
    select 'v_theme_weekly ' || entity || ' ' || theme_group || ' ' || week_start
    from mart.v_theme_weekly
    group by entity, is_all_locations, location, theme_group, week_start
    having count(*) > 1
    union all
    select 'v_source_health ' || subscription || ' ' || run_day
    from mart.v_source_health
    group by subscription, run_day
    having count(*) > 1
    union all
    select 'v_incident ' || incident_id
    from mart.v_incident
    group by incident_id
    having count(*) > 1
    union all
    select 'v_alert_eval ' || series_key || ' ' || day
    from mart.v_alert_eval
    group by rule_version, series_key, day
    having count(*) > 1
    union all
    select 'v_data_dictionary ' || view_name || '.' || column_name
    from mart.v_data_dictionary
    group by view_name, column_name
    having count(*) > 1
    union all
    select 'core.review_versions ' || review_key || ' ' || version_no
    from core.review_versions
    group by review_key, version_no
    having count(*) > 1
    union all
    select 'core.scores ' || text_hash || ' ' || model_version
    from core.scores
    group by text_hash, model_version
    having count(*) > 1
    union all
    select 'core.entities ' || entity
    from core.entities
    group by entity
    having count(*) > 1
    union all
    select 'core.text_groups ' || text_hash
    from core.text_groups
    group by text_hash
    having count(*) > 1
    union all
    select 'run.sightings ' || subscription || ' ' || review_key
    from run.sightings
    group by subscription, review_key
    having count(*) > 1
    union all
    select 'run.source_runs ' || run_id || ' ' || subscription
    from run.source_runs
    group by run_id, subscription
    having count(*) > 1
)

select example
from repeated
