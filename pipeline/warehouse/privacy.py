"""Forgetting: erasure on request and retention. Counts stay, texts and names go; what is erased does not return."""

# ruff: noqa: S608 - what is put into a statement are constants and names of this package; values are bound.

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from pipeline.errors import UsageError
from pipeline.warehouse.connection import Connection, count, transaction


@dataclass(frozen=True)
class Erased:
    """What an erasure reached; `raw_refs` are the raw pages that held one of the reviews."""

    review_keys: tuple[str, ...]
    versions: int
    scores: int
    raw_refs: tuple[str, ...]


# The score of an erased text is kept under a name that says nothing of the text, so that past counts do not move.
_ALIAS = """
insert into core.scores by name
select distinct scores.* replace ('erased:' || forgotten.review_key || ':' || versions.version_no as text_hash)
from core.scores as scores
inner join core.review_versions as versions
    on scores.text_hash = versions.text_hash
inner join forgotten
    on versions.review_key = forgotten.review_key and versions.version_no = forgotten.version_no
where versions.text_hash not like 'erased:%'
"""

_BLANK = """
update core.review_versions as versions
set
    title = null,
    text = null,
    text_hash = case
        when versions.text_hash is not null then 'erased:' || versions.review_key || ':' || versions.version_no
    end,
    near_hash = null,
    author_key = null,
    url = null,
    reply_text = case when versions.reply_text is not null then '' end,
    raw_ref = null,
    extra_json = null
from forgotten
where versions.review_key = forgotten.review_key and versions.version_no = forgotten.version_no
"""

_IS_ORPHAN = """
    {hash} in (select text_hash from was_hashed)
    and {hash} not in (select text_hash from core.review_versions where text_hash is not null)
"""
_ORPHANS = f"delete from core.scores where {_IS_ORPHAN.format(hash='text_hash')}"

# What people said of a text goes with it. A group keeps no name that is a digest of a forgotten text: the next of its
# texts names it.
_FORGET_TRACES = (
    f"delete from core.labels where {_IS_ORPHAN.format(hash='text_hash')}",
    f"delete from core.text_groups where {_IS_ORPHAN.format(hash='text_hash')}",
    f"""
    update core.text_groups as stored
    set group_hash = heirs.text_hash
    from (
        select group_hash, min(text_hash) as text_hash
        from core.text_groups
        where {_IS_ORPHAN.format(hash="group_hash")}
        group by group_hash
    ) as heirs
    where stored.group_hash = heirs.group_hash
    """,
    "delete from core.text_groups where text_hash = group_hash",
)


def erase(
    con: Connection, *, review_key: str | None = None, author_key: str | None = None, url: str | None = None
) -> Erased:
    """Forget every review with that key, author or address, leave a tombstone, and return what it reached.

    A tombstone is left even where nothing is stored, so that the review never comes in. Stars, labels and dates stay
    as anonymous counts. The caller rebuilds and publishes with `keep_previous=False`.

    Raises:
        UsageError: None of the three is given.
    """
    named = {"review": review_key, "author": author_key, "url": url}
    wanted = {kind: value for kind, value in named.items() if value}
    if not wanted:
        raise UsageError("nothing to erase", remedy="Give a review, an author key or a URL.")
    columns = {"review": "review_key", "author": "author_key", "url": "url"}
    matches = " or ".join(f"{columns[kind]} = ${kind}" for kind in wanted)
    with transaction(con):
        keys = _keys(con, f"select distinct review_key from core.review_versions where {matches}", wanted)
        for kind, value in [*wanted.items(), *(("review", key) for key in keys)]:
            _bury(con, kind, value)
        con.execute(
            "create or replace temp table forgotten as select review_key, version_no from core.review_versions"
            " where review_key in (select unnest($keys::varchar[]))",
            {"keys": keys},
        )
        refs = _keys(
            con,
            "select distinct raw_ref from core.review_versions"
            " where raw_ref is not null and review_key in (select unnest($keys::varchar[]))",
            {"keys": keys},
        )
        versions, scores = _blank(con)
        # A digest of a short text can be guessed; the tombstone keeps the review out, so no digest is needed.
        con.execute(
            "update core.review_versions set content_hash = '', state_hash = 'erased:' || version_no"
            " where review_key in (select unnest($keys::varchar[]))",
            {"keys": keys},
        )
        con.execute("delete from run.sightings where review_key in (select unnest($keys::varchar[]))", {"keys": keys})
    return Erased(tuple(keys), versions, scores, tuple(refs))


@dataclass(frozen=True)
class Collected:
    """What tells the reviews of one subscription; `is_alone`: no other collects the same site for that entity."""

    subscription: str
    source: str
    entity: str
    location: str | None
    is_alone: bool


# What it has shown and no other subscription has; and, before sightings were kept, what its site gave.
_COLLECTED = """
create or replace temp table collected as
select versions.review_key
from core.review_versions as versions
where
    not versions.is_imported
    and (
        versions.review_key in (select review_key from run.sightings where subscription = $subscription)
        or (
            $is_alone
            and versions.source = $source
            and versions.entity = $entity
            and ($location::varchar is null or versions.location = $location)
        )
    )
    and versions.review_key not in (select review_key from run.sightings where subscription <> $subscription)
    and versions.review_key not in (select review_key from core.review_versions where is_imported)
group by versions.review_key
"""


def erase_subscription(con: Connection, whose: Collected) -> Erased:
    """Delete every review that a subscription collected; nothing keeps them out later. What was imported stays.

    What it read is forgotten too, so that a subscription of that name begins anew. Done twice it does nothing more.
    """
    with transaction(con):
        con.execute(_COLLECTED, asdict(whose))
        chosen = "review_key in (select review_key from collected)"
        keys = _keys(con, "select review_key from collected", {})
        refs = _keys(
            con, f"select distinct raw_ref from core.review_versions where raw_ref is not null and {chosen}", {}
        )
        versions = count(con, f"select count(*) from core.review_versions where {chosen}")
        con.execute(
            "create or replace temp table was_hashed as select distinct text_hash from core.review_versions"
            f" where text_hash is not null and {chosen}"
        )
        scores = count(con, "select count(*) from core.scores")
        con.execute(f"delete from core.review_versions where {chosen}")
        con.execute(_ORPHANS)
        _forget_traces(con)
        forget_reading(con, whose.subscription)
        con.execute("drop table temp.was_hashed")
        con.execute("drop table temp.collected")
        scores -= count(con, "select count(*) from core.scores")
    return Erased(tuple(keys), versions, scores, tuple(refs))


def forget_reading(con: Connection, subscription: str) -> None:
    """Forget how far a subscription has read and what it has shown; its run records stay, they hold counts alone."""
    for table in ("run.sightings", "run.watermarks"):
        con.execute(f"delete from {table} where subscription = $subscription", {"subscription": subscription})
    con.execute(
        "update run.source_runs set is_whole = false where subscription = $subscription and is_whole",
        {"subscription": subscription},
    )


def blank_texts_seen_before(con: Connection, before: datetime) -> int:
    """Take the texts out of versions seen before that time, and return how many; counts of past weeks do not move."""
    return _retire(con, "versions.seen_at < $before", before)


def blank_texts_removed_before(con: Connection, before: datetime) -> int:
    """Take the texts out of all versions of reviews their site removed before that time; returns how many versions."""
    return _retire(
        con,
        "versions.review_key in (select review_key from core.current_reviews where is_removed and seen_at < $before)",
        before,
    )


def _retire(con: Connection, condition: str, before: datetime) -> int:
    with transaction(con):
        con.execute(
            "create or replace temp table forgotten as select review_key, version_no"
            " from core.review_versions as versions"
            f" where (text is not null or title is not null or reply_text <> '') and {condition}",
            {"before": before},
        )
        return _blank(con)[0]


def _blank(con: Connection) -> tuple[int, int]:
    """Blank the versions in `forgotten`: how many, and how many scores went with their texts."""
    versions = count(con, "select count(*) from forgotten")
    con.execute(
        "create or replace temp table was_hashed as select distinct versions.text_hash"
        " from core.review_versions as versions"
        " inner join forgotten on versions.review_key = forgotten.review_key"
        " and versions.version_no = forgotten.version_no"
        " where versions.text_hash is not null and versions.text_hash not like 'erased:%'"
    )
    con.execute(_ALIAS)
    con.execute(_BLANK)
    before = count(con, "select count(*) from core.scores")
    con.execute(_ORPHANS)
    _forget_traces(con)
    scores = before - count(con, "select count(*) from core.scores")
    con.execute("drop table temp.forgotten")
    con.execute("drop table temp.was_hashed")
    return versions, scores


def _forget_traces(con: Connection) -> None:
    for statement in _FORGET_TRACES:
        con.execute(statement)


def _bury(con: Connection, kind: str, value: str) -> None:
    con.execute(
        "merge into core.tombstones as stored using (select $kind as kind, $value as value) as fresh"
        " on stored.kind = fresh.kind and stored.value = fresh.value"
        " when not matched then insert (kind, value, erased_at) values (fresh.kind, fresh.value, now())",
        {"kind": kind, "value": value},
    )


def _keys(
    con: Connection, sql: str, parameters: dict[str, object] | dict[str, str] | dict[str, list[str]]
) -> list[str]:
    return sorted(row[0] for row in con.execute(sql, parameters).fetchall())
