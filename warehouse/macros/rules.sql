-- Rules that several marts share.

-- The model's alarm flag where there is a scored text, else two stars or fewer; null where neither speaks.
create or replace macro is_negative_rule(is_scored, model_flag, stars) as
case when is_scored then coalesce(model_flag, false) else stars <= 2 end;

-- The model's label where there is a scored text (the alarm flag goes before it), else four stars or more.
create or replace macro is_positive_rule(is_scored, model_flag, label, stars) as
case when is_scored then label = 'positive' and not coalesce(model_flag, false) else stars >= 4 end;

-- Whether a text's label and its stars say the opposite; false where either is not known.
create or replace macro contradicts_stars(label, stars) as
coalesce((label = 'negative' and stars >= 4) or (label = 'positive' and stars <= 2), false);

-- Nearest whole star, halves up.
create or replace macro star_bucket(stars) as
floor(stars + 0.5)::integer;

-- The calendar date of a review in its entity's time zone. A date-only value is that date: it was stored as a local
-- midnight, or, where the zone was not known then, as midnight UTC.
create or replace macro local_date(at_utc, posted_precision, time_zone) as
case
    when posted_precision not in ('second', 'minute') and at_utc = date_trunc('day', at_utc) then at_utc::date
    else timezone(time_zone, at_utc)::date
end;

-- Monday of the ISO week.
create or replace macro week_monday(day) as
date_trunc('week', day::date)::date;

-- What makes two observations of a review the same version. Coarse dates ("3 weeks ago") drift between fetches and are
-- passed as null; reply and edit times, votes and addresses do not make a version.
create or replace macro state_hash(content_hash, rating_value, title, review_text, location, reply_text, posted_at) as
md5(
    to_json(
        [content_hash, rating_value::varchar, title, review_text, location, reply_text, epoch_us(posted_at)::varchar]
    )::varchar
);

-- How many readers found a review helpful, by whatever name the source gives it; null where it does not say.
create or replace macro helpful_votes(extra_json) as
greatest(
    try_cast(extra_json ->> '$.helpful_vote' as double),
    try_cast(extra_json ->> '$.helpful_votes' as double),
    try_cast(extra_json ->> '$.helpful' as double),
    try_cast(extra_json ->> '$.votes_up' as double),
    try_cast(extra_json ->> '$.thumbs' as double)
);

-- The level of escalation reasons: 1 is the highest. MONEY above the limit is of the first.
create or replace macro escalation_level(reasons, is_much_money) as
case
    when list_has_any(reasons, ['SAFETY', 'LEGAL', 'DISCRIM', 'PRIVACY']) then 1
    when list_contains(reasons, 'MONEY') and is_much_money then 1
    when list_has_any(reasons, ['MANAGER', 'REPEAT', 'MONEY', 'VULNERABLE', 'DOWNGRADE']) then 2
    else 3
end;

-- The version of the product that a review is about, by whatever name the source gives it; null where it does not say.
create or replace macro app_version(extra_json) as
coalesce(
    extra_json ->> '$.version',
    extra_json ->> '$.app_version_name',
    extra_json ->> '$.app_version'
);
