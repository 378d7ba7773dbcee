-- What telling people needs to survive a crash: when an incident was made and answered, which message is on its way.

alter table core.incidents add column created_at timestamptz;
alter table core.incidents add column updated_at timestamptz;

-- The first time a channel was told stays in `sent_at`; a reminder after a snooze moves this one.
alter table core.alerts_sent add column last_sent_at timestamptz;

-- grain: one row per message and channel, written before it is sent; state: sending, sent, refused or repeated
create table core.alert_messages (
    message_id varchar not null,
    channel varchar not null,
    state varchar not null,
    told struct(incident_id varchar, severity varchar)[] not null,
    sending_at timestamptz not null,
    ended_at timestamptz
);

-- grain: one row per answer a person gave; only added to
create table core.alert_answers (
    incident_id varchar not null,
    answer varchar not null,
    answered_by varchar not null,
    answered_via varchar not null,
    answered_at timestamptz not null,
    snoozed_until timestamptz
);

alter table run.alert_evaluations add column entity varchar;
alter table run.alert_evaluations add column scope varchar;
alter table run.alert_evaluations add column start_day date;
alter table run.alert_evaluations add column share_score double;
alter table run.alert_evaluations add column count_score double;
alter table run.alert_evaluations add column observed integer;
alter table run.alert_evaluations add column expected double;
alter table run.alert_evaluations add column n_reviews integer;
