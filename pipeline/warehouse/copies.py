"""Finds the texts of a load that nearly repeat one of their entity, and remembers of which text they are a copy.

What is remembered of a text never changes afterwards, so that a report can be printed again. Which review of a group
counts is said in one place, `core.review_facts`.
"""

from __future__ import annotations

from pipeline.text import identity
from pipeline.warehouse.connection import Connection

_FRESH = """
select entity, text_hash, any_value(title), any_value(text)
from compared
where
    is_changed
    and text_hash is not null
    and posted_at is not null
    and not exists (
        select 1
        from core.review_versions as versions
        where versions.entity = compared.entity and versions.text_hash = compared.text_hash
    )
group by entity, text_hash
order by entity, min(seen_at), min(posted_at), text_hash
"""

# Copies are posted at most `duplicate_days` apart (two weeks); whole weeks make the join one of equal values.
_LEADERS = """
with weeks as (
    select distinct date_trunc('week', posted_at) + to_days(7 * shift::integer) as week
    from compared, unnest([-2, -1, 0, 1, 2]) as shifts(shift)
    where is_changed and entity = $entity and posted_at is not null and text_hash is not null
)

select text_hash, any_value(title), any_value(text)
from core.review_versions
where
    entity = $entity
    and text is not null
    and text_hash is not null
    and date_trunc('week', posted_at) in (select week from weeks)
    and text_hash not in (select text_hash from core.text_groups)
group by text_hash
order by min(seen_at), min(posted_at), text_hash
"""

_INSERT = """
merge into core.text_groups as stored
using (
    select unnest($copies::varchar[]) as text_hash, unnest($firsts::varchar[]) as group_hash
) as fresh
    on stored.text_hash = fresh.text_hash
when not matched then insert by name
"""


def note(con: Connection) -> int:
    """Note which texts in the table `compared` are copies, and return how many; before they are merged."""
    fresh: dict[str, list[tuple[str, str]]] = {}
    for entity, text_hash, title, text in con.execute(_FRESH).fetchall():
        fresh.setdefault(entity, []).append((text_hash, identity.scored_text(title, text)))
    noted = 0
    for entity, texts in fresh.items():
        known = [
            (text_hash, identity.scored_text(title, text))
            for text_hash, title, text in con.execute(_LEADERS, {"entity": entity}).fetchall()
        ]
        every = known + texts
        found = identity.find_copies([text for _, text in every], fresh_from=len(known))
        if found:
            copies = [every[copy][0] for copy in found]
            firsts = [every[first][0] for first in found.values()]
            con.execute(_INSERT, {"copies": copies, "firsts": firsts})
        noted += len(found)
    return noted
