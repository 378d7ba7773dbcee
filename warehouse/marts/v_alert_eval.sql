-- grain: one row per rule version, series and day
with final as (
    select
        rule_version,
        series_key,
        day,
        entity,
        scope,
        start_day,
        score,
        share_score,
        count_score,
        threshold,
        fired,
        reason_not_fired,
        observed,
        expected,
        n_reviews
    from run.alert_evaluations
)

select *
from final
order by rule_version, series_key, day
