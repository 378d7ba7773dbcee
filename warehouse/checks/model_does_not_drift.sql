-- severity: warn
with latest as (
    select max(week_start) as week_start
    from mart.v_model_drift
)

select drift.language || ' ' || drift.week_start || ': ' || drift.signal as example
from mart.v_model_drift as drift
cross join latest
where
    drift.signal in ('more texts left unscored', 'texts and stars agree less')
    and drift.week_start >= latest.week_start - interval 14 day
