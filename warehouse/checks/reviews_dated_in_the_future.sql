-- severity: warn
select review_key as example
from core.current_reviews
where posted_at > seen_at + interval 2 day
