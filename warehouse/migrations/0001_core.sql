-- The state of a warehouse: truth (core), bookkeeping (run); answers (mart) are rebuilt and need no migration.
-- No primary keys and no indexes: the same SQL must run on DuckLake. Loads keep the grains; checks watch them.

create schema core;
create schema run;
create schema mart;

-- grain: one row per review and observed version
create table core.review_versions (
    review_key varchar not null,
    version_no integer not null default 1,
    change_kind varchar not null default 'new',
    is_removed boolean not null default false,
    seen_at timestamptz not null,
    source varchar not null,
    source_review_id varchar,
    entity varchar not null,
    location varchar,
    rating_value double,
    rating_best double,
    rating_worst double,
    rating_stars double,
    is_binary boolean not null default false,
    posted_at timestamptz,
    posted_precision varchar,
    edited_at timestamptz,
    language varchar,
    language_confidence double,
    language_declared varchar,
    title varchar,
    text varchar,
    text_hash varchar,
    near_hash bigint,
    content_hash varchar not null default '',
    author_key varchar,
    url varchar,
    reply_text varchar,
    reply_at timestamptz,
    is_imported boolean not null default false,
    run_id varchar not null default '',
    raw_ref varchar,
    extra_json varchar,
    state_hash varchar not null default ''
);

-- grain: one row per distinct text and model version
create table core.scores (
    text_hash varchar not null,
    model_version varchar not null,
    language varchar,
    label varchar,
    is_negative boolean,
    polarity double,
    p_neg double,
    p_neu double,
    p_pos double,
    stars double,
    confidence double,
    abstained varchar,
    themes struct(theme_group varchar, theme varchar, polarity double, confidence double)[],
    escalation varchar[]
);

-- grain: one row per entity
create table core.entities (
    entity varchar not null,
    entity_name varchar not null,
    time_zone varchar not null
);

-- grain: one row per known event (campaign, recall, policy, release)
create table core.events (
    entity varchar not null,
    kind varchar not null,
    title varchar not null,
    start_date date not null,
    end_date date
);

-- grain: one row per erased review, author or address; what it names never comes back
create table core.tombstones (
    kind varchar not null,
    value varchar not null,
    erased_at timestamptz not null
);

-- grain: one row per incident, in its latest state
create table core.incidents (
    incident_id varchar not null,
    dedup_key varchar not null,
    state varchar not null,
    kind varchar not null,
    severity varchar not null,
    entity varchar not null,
    scope varchar not null,
    start_day date not null,
    alert_day date not null,
    last_day date not null,
    payload varchar not null
);

-- grain: one row per incident, severity and channel that was told of it
create table core.alerts_sent (
    incident_id varchar not null,
    severity varchar not null,
    channel varchar not null,
    sent_at timestamptz not null
);

-- grain: one row per run and subscription
create table run.source_runs (
    run_id varchar not null,
    subscription varchar not null,
    source varchar not null,
    entity varchar,
    location varchar,
    started_at timestamptz not null,
    finished_at timestamptz,
    window_start timestamptz,
    window_end timestamptz,
    fetched bigint not null default 0,
    parsed bigint not null default 0,
    new bigint not null default 0,
    edited bigint not null default 0,
    unchanged bigint not null default 0,
    removed bigint not null default 0,
    set_aside bigint not null default 0,
    source_total bigint,
    status varchar not null,
    message varchar,
    is_import boolean not null default false
);

-- grain: one row per subscription
create table run.watermarks (
    subscription varchar not null,
    newest_posted_at timestamptz not null
);

-- grain: one row per check, as it last ended
create table run.checks (
    check_name varchar not null,
    failure_count bigint not null,
    example varchar
);

-- grain: one row per rule version, series and day; fired or not
create table run.alert_evaluations (
    rule_version varchar not null,
    series_key varchar not null,
    day date not null,
    score double,
    threshold double,
    fired boolean not null,
    reason_not_fired varchar
);

-- grain: one row per model version that has been current
create table run.model_versions (
    model_version varchar not null,
    is_current boolean not null
);

-- grain: one row per business parameter
create table run.settings (
    setting varchar not null,
    value double not null,
    reason varchar
);

-- grain: one row per view and column of schema mart
create table run.data_dictionary (
    view_name varchar not null,
    column_name varchar not null,
    meaning_en varchar not null,
    meaning_de varchar not null
);

insert into run.settings (setting, value, reason) values
('half_life_days', 90, 'age at which a review weighs half in the reputation rating'),
('prior_weight', 7, 'reviews that the prior of the reputation rating is worth'),
('prior_min_reviews', 100, 'fewer ratings in the whole portfolio: neutral prior of mean 3.5'),
('small_n', 10, 'fewer judged reviews: no comparison, no net sentiment'),
('duplicate_days', 14, 'equal texts further apart are not taken for copies'),
('duplicate_min_words', 5, 'shorter texts are too common to be called copies');
