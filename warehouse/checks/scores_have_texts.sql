-- severity: error
select scores.text_hash as example
from core.scores as scores
anti join core.review_versions as versions
    on scores.text_hash = versions.text_hash
