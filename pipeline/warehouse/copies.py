"""Finds the texts that nearly repeat one of their entity, and remembers of which text they are a copy.

Loads queue their texts, and one comparison after them serves them all: a thousand small loads cost no more than a large
one. What is remembered of a text never changes afterwards, so that a report can be printed again. Which review of a
group counts is said in one place, `core.review_facts`.
"""

from __future__ import annotations

from pipeline.text import identity
from pipeline.warehouse.connection import Connection, transaction

QUEUE = """
insert into core.texts_to_compare by name
select distinct entity, text_hash
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
"""

_FRESH = """
create or replace temp table fresh_texts as
select
    entity,
    text_hash,
    any_value(title) as title,
    any_value(text) as text,
    min(seen_at) as seen_at,
    min(posted_at) as posted_at,
    list(distinct date_trunc('week', posted_at)) as weeks
from core.review_versions
semi join core.texts_to_compare as queued
    on review_versions.entity = queued.entity and review_versions.text_hash = queued.text_hash
where text is not null and posted_at is not null
group by entity, text_hash
"""

# Copies are posted at most `duplicate_days` apart (two weeks); whole weeks make the join one of equal values.
_LEADERS = """
create or replace temp table known_texts as
with around as (
    select distinct entity, week + to_days(7 * shift::integer) as week
    from (select entity, unnest(weeks) as week from fresh_texts), unnest([-2, -1, 0, 1, 2]) as shifts(shift)
)

select
    versions.entity,
    versions.text_hash,
    any_value(versions.title) as title,
    any_value(versions.text) as text,
    min(versions.seen_at) as seen_at,
    min(versions.posted_at) as posted_at
from core.review_versions as versions
semi join around
    on versions.entity = around.entity and date_trunc('week', versions.posted_at) = around.week
anti join core.text_groups as grouped
    on versions.text_hash = grouped.text_hash
anti join fresh_texts
    on versions.entity = fresh_texts.entity and versions.text_hash = fresh_texts.text_hash
where versions.text is not null and versions.text_hash is not null
group by versions.entity, versions.text_hash
"""

_TEXTS = """
select text_hash, title, text
from {table}
where entity = $entity
order by seen_at, posted_at, text_hash
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
    """Compare the texts that loads have queued, and return how many of them are copies; one transaction."""
    noted = 0
    with transaction(con):
        con.execute(_FRESH)
        entities = [row[0] for row in con.execute("select distinct entity from fresh_texts order by 1").fetchall()]
        if entities:
            con.execute(_LEADERS)
        for entity in entities:
            noted += _note(con, _texts(con, "known_texts", entity), _texts(con, "fresh_texts", entity))
        con.execute("delete from core.texts_to_compare")
    return noted


def _note(con: Connection, known: list[tuple[str, str]], fresh: list[tuple[str, str]]) -> int:
    every = known + fresh
    found = identity.find_copies([text for _, text in every], fresh_from=len(known))
    if found:
        copies = [every[copy][0] for copy in found]
        firsts = [every[first][0] for first in found.values()]
        con.execute(_INSERT, {"copies": copies, "firsts": firsts})
    return len(found)


def _texts(con: Connection, table: str, entity: str) -> list[tuple[str, str]]:
    rows = con.execute(_TEXTS.format(table=table), {"entity": entity}).fetchall()
    return [(text_hash, identity.scored_text(title, text)) for text_hash, title, text in rows]
