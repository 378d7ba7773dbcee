-- grain: one row per review and version, without versions that repeat the one before
with known_versions as (
    select
        review_key,
        version_no,
        seen_at,
        change_kind,
        is_removed,
        entity,
        source,
        posted_at,
        rating_stars,
        text_hash,
        reply_text is not null as has_reply,
        state_hash,
        lag(state_hash) over (partition by review_key order by seen_at, version_no) as state_before,
        lag(is_removed) over (partition by review_key order by seen_at, version_no) as removed_before
    from core.review_versions
    where seen_at <= coalesce(getvariable('as_of')::timestamptz, timestamptz 'infinity')
),

changes as (
    select *
    from known_versions
    where state_before is null or state_before <> state_hash or removed_before <> is_removed
),

final as (
    select
        review_key,
        row_number() over (partition by review_key order by seen_at, version_no) as version_no,
        entity,
        source,
        posted_at,
        seen_at as valid_from,
        lead(seen_at) over (partition by review_key order by seen_at, version_no) as valid_to,
        case when state_before is null then 'new' else change_kind end as change_kind,
        is_removed,
        rating_stars,
        text_hash,
        has_reply
    from changes
)

select *
from final
order by posted_at, review_key, version_no
