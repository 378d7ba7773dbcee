-- The false-alert rates of this fleet, fitted to its own quiet days: what turns a budget into thresholds.

-- grain: one row per rule version and time of calibration; only added to
create table run.calibrations (
    rule_version varchar not null,
    calibrated_at timestamptz not null,
    factor double not null,
    slope double not null,
    by_class double[] not null,
    series_weeks double not null,
    alerts bigint not null
);
