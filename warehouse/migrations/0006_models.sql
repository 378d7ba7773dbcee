-- A model version knows how it is loaded and since when its scores have counted; every change of it is kept.
alter table run.model_versions add column loaded_from varchar;
alter table run.model_versions add column current_since timestamptz;
alter table run.model_versions add column is_chosen boolean default false;

update run.model_versions set current_since = make_timestamptz(0)
where is_current;

-- grain: one row per change of the model whose scores count; only added to
create table run.model_switches (
    switched_at timestamptz not null,
    from_version varchar,
    to_version varchar not null,
    texts_missing bigint not null,
    reason varchar
);
