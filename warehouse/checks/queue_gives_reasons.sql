-- severity: error
select review_key as example
from mart.v_escalation_queue
where len(reasons) = 0 or priority not in ('P1', 'P2', 'P3') or due_at < first_flagged_at
