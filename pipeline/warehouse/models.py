"""The model versions that the warehouse knows: which one's scores count, and what each has scored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pipeline.errors import UsageError
from pipeline.warehouse.connection import Connection, count, from_epoch_us, transaction

_VERSIONS = """
with texts as (
    select distinct text_hash
    from core.review_versions
    where text_hash is not null and text is not null
),

counts as (
    select
        scores.model_version,
        count(*) as n_scored,
        count_if(scores.abstained is not null) as n_abstained,
        count(texts.text_hash) as n_of_texts
    from core.scores as scores
    left join texts
        on scores.text_hash = texts.text_hash
    group by scores.model_version
)

select
    coalesce(versions.model_version, counts.model_version) as model_version,
    coalesce(versions.is_current, false) as is_current,
    coalesce(versions.is_chosen, false) as is_chosen,
    epoch_us(versions.current_since) as current_since,
    versions.loaded_from,
    coalesce(counts.n_scored, 0) as n_scored,
    coalesce(counts.n_abstained, 0) as n_abstained,
    (select count(*) from texts) - coalesce(counts.n_of_texts, 0) as n_missing
from run.model_versions as versions
full join counts
    on versions.model_version = counts.model_version
order by is_current desc, current_since desc nulls last, model_version
"""
_MERGE = """
merge into run.model_versions as stored
using (select $version as model_version, $loaded_from as loaded_from) as fresh
    on stored.model_version = fresh.model_version
when matched and stored.loaded_from is distinct from fresh.loaded_from then update set loaded_from = fresh.loaded_from
when not matched then insert (model_version, is_current, loaded_from, is_chosen)
    values (fresh.model_version, false, fresh.loaded_from, false)
"""
_ADD = """
insert into run.model_versions (model_version, is_current, is_chosen)
select $version, false, false
where not exists (select 1 from run.model_versions where model_version = $version)
"""
_SWITCH = """
update run.model_versions
set
    is_current = model_version = $version,
    is_chosen = model_version = $version and $is_chosen,
    current_since = case when model_version = $version and not is_current then $moment else current_since end
"""
_LOG = """
insert into run.model_switches (switched_at, from_version, to_version, texts_missing, reason)
values ($moment, $before, $version, $missing, $reason)
"""
_MISSING = """
select count(distinct texts.text_hash)
from core.review_versions as texts
anti join (select text_hash from core.scores where model_version = $version) as scores
    on texts.text_hash = scores.text_hash
where texts.text_hash is not null and texts.text is not null
"""
_BEFORE = """
select from_version from run.model_switches
where from_version is not null and to_version = (select model_version from run.model_versions where is_current)
order by switched_at desc
limit 1
"""


@dataclass(frozen=True)
class ModelVersion:
    """One version: whether its scores count, and by choice; since when (None: never); how many texts it has scored.

    `loaded_from` is the JSON of the [model] settings that load it, None where nobody noted it. `missing` counts the
    texts at hand that it has not scored.
    """

    version: str
    is_current: bool
    is_chosen: bool
    current_since: datetime | None
    loaded_from: str | None
    scored: int
    abstained: int
    missing: int


def versions(con: Connection) -> list[ModelVersion]:
    """All versions that have scored or been current; the current one first."""
    return [
        ModelVersion(name, is_current, is_chosen, from_epoch_us(since), *rest)
        for name, is_current, is_chosen, since, *rest in con.execute(_VERSIONS).fetchall()
    ]


def find(con: Connection, version: str) -> ModelVersion:
    """The version of that name.

    Raises:
        UsageError: the warehouse knows none of that name.
    """
    known = versions(con)
    for each in known:
        if each.version == version:
            return each
    names = ", ".join(each.version for each in known) or "none yet"
    raise UsageError(f"no model version {version!r}", where="leumund model", remedy=f"Known: {names}")


def note(con: Connection, version: str, loaded_from: str | None) -> None:
    """Remember a version and how it is loaded; it becomes current only by `make_current`."""
    with transaction(con):
        con.execute(_MERGE, {"version": version, "loaded_from": loaded_from})


def make_current(
    con: Connection, version: str, moment: datetime, *, is_chosen: bool = False, reason: str | None = None
) -> None:
    """Make the scores of a version count from `moment` on, all at once, and keep a record of the change.

    `is_chosen` holds it against the settings: runs score with this version until another change.
    """
    with transaction(con):
        before = current_version(con)
        con.execute(_ADD, {"version": version})
        con.execute(_SWITCH, {"version": version, "moment": moment, "is_chosen": is_chosen})
        if before != version:
            values = {"moment": moment, "before": before, "version": version, "reason": reason}
            con.execute(_LOG, values | {"missing": missing_texts(con, version)})


def current_version(con: Connection) -> str | None:
    """The version whose scores count; None before the first scoring."""
    row = con.execute("select model_version from run.model_versions where is_current limit 1").fetchone()
    return str(row[0]) if row else None


def chosen_settings(con: Connection) -> str | None:
    """What loads the current version, where it was chosen against the settings; None where the settings decide."""
    row = con.execute("select loaded_from from run.model_versions where is_current and is_chosen limit 1").fetchone()
    return None if row is None or row[0] is None else str(row[0])


def version_before(con: Connection) -> str | None:
    """The version that the current one replaced last; None where it replaced none."""
    row = con.execute(_BEFORE).fetchone()
    return str(row[0]) if row else None


def missing_texts(con: Connection, version: str) -> int:
    """How many of the texts at hand a version has not scored."""
    return count(con, _MISSING, {"version": version})
