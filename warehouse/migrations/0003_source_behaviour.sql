-- What a source showed and when, how complete a run was, and which texts are nearly the same.

-- grain: one row per subscription and review it has shown
create table run.sightings (
    subscription varchar not null,
    review_key varchar not null,
    posted_at timestamptz,
    posted_precision varchar,
    last_seen_at timestamptz not null,
    missed_at timestamptz
);

-- grain: one row per text that nearly equals an earlier one of its entity, whose hash is the group's name
create table core.text_groups (
    text_hash varchar not null,
    group_hash varchar not null
);

-- grain: one row per entity and text that was loaded and not yet compared with the others
create table core.texts_to_compare (
    entity varchar not null,
    text_hash varchar not null
);

alter table run.source_runs add column is_whole boolean default false;
alter table run.source_runs add column covered_from timestamptz;
alter table run.source_runs add column expected double;
alter table run.source_runs add column expected_low bigint;

-- Of real texts of five words 7 in 100 equal another by chance, of seven 3 in 1,000, of eight 1 in 1,000.
update run.settings
set value = 8, reason = 'shorter texts are equal by chance: different customers write the same short phrase'
where setting = 'duplicate_min_words' and value = 5;

-- What was loaded before is compared by the next load.
insert into core.texts_to_compare by name
select distinct
    entity,
    text_hash
from core.review_versions
where text_hash is not null and text is not null and posted_at is not null;
