"""The SQL of the loads; values are bound, `{columns}` takes constant column lists."""

from __future__ import annotations

# Each staged review beside the version in force when it was seen. A late observation is compared with its own time,
# never with a newer version; one from before the first version, with that.
COMPARE = """
create or replace temp table compared as
with stored as (
    select
        versions.review_key,
        max({'seen_at': epoch_us(versions.seen_at), 'version_no': versions.version_no})
            filter (where versions.seen_at <= staged.seen_at).version_no as in_force_no,
        min({'seen_at': epoch_us(versions.seen_at), 'version_no': versions.version_no}).version_no as first_no,
        max(versions.version_no) as last_no,
        bool_or(
            versions.seen_at = staged.seen_at
            and versions.state_hash = staged.state_hash
            and not versions.is_removed
        ) as is_known
    from core.review_versions as versions
    inner join staged
        on versions.review_key = staged.review_key
    group by versions.review_key
)

select
    staged.*,
    coalesce(stored.last_no, 0) + 1 as version_no,
    case
        when stored.in_force_no is null then 'new'
        when in_force.is_removed then 'restored'
        when in_force.seen_at = staged.seen_at then 'correction'
        else 'edit'
    end as change_kind,
    not coalesce(stored.is_known, false)
    and (
        in_force.review_key is null
        or in_force.state_hash <> staged.state_hash
        or (in_force.is_removed and stored.in_force_no is not null)
    ) as is_changed
from staged
left join stored
    on staged.review_key = stored.review_key
left join core.review_versions as in_force
    on
        stored.review_key = in_force.review_key
        and coalesce(stored.in_force_no, stored.first_no) = in_force.version_no
"""

STAGE = """
insert into staged by name
select
    *,
    state_hash(
        content_hash, rating_value, title, text, location, reply_text,
        case when posted_precision in ('second', 'minute', 'day') then posted_at end
    ) as state_hash
from read_json($paths, format = 'newline_delimited', columns = {columns})
where review_key is not null
"""

DEDUPLICATE = """
create or replace temp table staged as
select *
from staged
qualify row_number() over (partition by review_key order by seen_at desc, state_hash) = 1
"""

REFUSE_ERASED = """
delete from staged
where
    review_key in (select value from core.tombstones where kind = 'review')
    or author_key in (select value from core.tombstones where kind = 'author')
    or url in (select value from core.tombstones where kind = 'url')
"""

MERGE_VERSIONS = """
merge into core.review_versions as stored
using (select * exclude (is_changed) from compared where is_changed) as fresh
    on
        stored.review_key = fresh.review_key
        and stored.seen_at = fresh.seen_at
        and stored.state_hash = fresh.state_hash
        and not stored.is_removed
when not matched then insert by name
"""

MERGE_WATERMARK = """
merge into run.watermarks as stored
using (
    -- A date in the future must not shut out what comes until then.
    select $subscription as subscription, max(least(posted_at, seen_at)) as newest_posted_at
    from staged
    having max(posted_at) is not null
) as fresh
    on stored.subscription = fresh.subscription
when matched and stored.newest_posted_at < fresh.newest_posted_at
    then update set newest_posted_at = fresh.newest_posted_at
when not matched then insert by name
"""

# The counts of a repeated run hold those of its first load already, so a retry does not erase them.
MERGE_RUN = """
merge into run.source_runs as stored
using (select {columns}) as fresh
    on stored.run_id = fresh.run_id and stored.subscription = fresh.subscription
when matched
    and (
        stored.status <> fresh.status
        or stored.message is distinct from fresh.message
        or stored.finished_at is distinct from fresh.finished_at
        or stored.new <> fresh.new
        or stored.edited <> fresh.edited
        or stored.removed <> fresh.removed
    )
    then update set
        finished_at = fresh.finished_at,
        fetched = greatest(stored.fetched, fresh.fetched),
        parsed = greatest(stored.parsed, fresh.parsed),
        new = fresh.new,
        edited = fresh.edited,
        removed = fresh.removed,
        set_aside = greatest(stored.set_aside, fresh.set_aside),
        source_total = coalesce(fresh.source_total, stored.source_total),
        status = fresh.status,
        message = fresh.message,
        is_whole = fresh.is_whole,
        covered_from = fresh.covered_from,
        expected = fresh.expected,
        expected_low = fresh.expected_low
when not matched then insert by name
"""

MERGE_SCORES = """
merge into core.scores as stored
using (
    select *
    from read_json($paths, format = 'newline_delimited', columns = {columns})
    -- A text erased while it was being scored leaves no score behind.
    where text_hash in (select text_hash from core.review_versions)
    qualify row_number() over (partition by text_hash, model_version order by label, p_neg) = 1
) as fresh
    on stored.text_hash = fresh.text_hash and stored.model_version = fresh.model_version
when not matched then insert by name
"""

# Only what rules find; the model's figures of a text never change within a model version.
REFRESH_RULES = """
merge into core.scores as stored
using (
    select text_hash, model_version, themes, escalation, billing, rules_version
    from read_json($paths, format = 'newline_delimited', columns = {columns})
) as fresh
    on stored.text_hash = fresh.text_hash and stored.model_version = fresh.model_version
when matched and stored.rules_version is distinct from fresh.rules_version
    then update set
        themes = fresh.themes,
        escalation = fresh.escalation,
        billing = fresh.billing,
        rules_version = fresh.rules_version
"""

REMOVE = """
merge into core.review_versions as stored
using (
    with in_force as (
        select versions.*
        from core.review_versions as versions
        inner join gone
            on versions.review_key = gone.review_key
        where versions.seen_at <= $seen_at
        qualify row_number() over (
            partition by versions.review_key order by versions.seen_at desc, versions.version_no desc
        ) = 1
    ),

    numbers as (
        select review_key, max(version_no) as last_no
        from core.review_versions
        group by review_key
    )

    select
        in_force.* replace (
            numbers.last_no + 1 as version_no,
            'removal' as change_kind,
            true as is_removed,
            $seen_at as seen_at,
            $run_id as run_id
        )
    from in_force
    inner join numbers
        on in_force.review_key = numbers.review_key
    where not in_force.is_removed
) as fresh
    on stored.review_key = fresh.review_key and stored.seen_at = fresh.seen_at and stored.is_removed
when not matched then insert by name
"""

RUN_TYPES = (
    "select column_name, data_type from duckdb_columns() where schema_name = 'run' and table_name = 'source_runs'"
)
