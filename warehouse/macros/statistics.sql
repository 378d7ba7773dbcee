-- Formulas of the marts; each is checked against golden values in tests/warehouse/test_macros.py.

-- Wilson 95 % band of a share of x in n; null without trials.
create or replace macro wilson_lo(x, n, z := 1.959964) as
case
    when n > 0
        then greatest(
            0.0,
            (
                x::double / n + z * z / (2 * n)
                - z * sqrt((x::double / n) * (1 - x::double / n) / n + z * z / (4.0 * n * n))
            )
            / (1 + z * z / n)
        )
end;

create or replace macro wilson_hi(x, n, z := 1.959964) as
case
    when n > 0
        then least(
            1.0,
            (
                x::double / n + z * z / (2 * n)
                + z * sqrt((x::double / n) * (1 - x::double / n) / n + z * z / (4.0 * n * n))
            )
            / (1 + z * z / n)
        )
end;

-- Newcombe's method 10: 95 % band of the difference of two shares, x1/n1 - x0/n0.
create or replace macro newcombe_lo(x1, n1, x0, n0) as
case
    when n1 > 0 and n0 > 0
        then
            (x1::double / n1 - x0::double / n0)
            - sqrt(pow(x1::double / n1 - wilson_lo(x1, n1), 2) + pow(wilson_hi(x0, n0) - x0::double / n0, 2))
end;

create or replace macro newcombe_hi(x1, n1, x0, n0) as
case
    when n1 > 0 and n0 > 0
        then
            (x1::double / n1 - x0::double / n0)
            + sqrt(pow(wilson_hi(x1, n1) - x1::double / n1, 2) + pow(x0::double / n0 - wilson_lo(x0, n0), 2))
end;

-- N-1 two-proportion z (Campbell 2007); 0 where both shares are 0 or both are 1, null without trials.
create or replace macro two_prop_z(x1, n1, x0, n0) as
case
    when not (n1 > 0 and n0 > 0) then null
    when (x1 + x0) > 0 and (x1 + x0) < (n1 + n0)
        then
            (x1::double / n1 - x0::double / n0)
            / sqrt(((x1 + x0)::double / (n1 + n0)) * (1 - (x1 + x0)::double / (n1 + n0)) * (1.0 / n1 + 1.0 / n0))
            * sqrt((n1 + n0 - 1.0) / (n1 + n0))
    else 0.0
end;

-- Mean and standard deviation of sum_k v_k theta_k under Dirichlet(a); `v2` holds the squares of `v`.
create or replace macro dir_mean(a, v) as
list_dot_product(a::double[], v::double[]) / list_sum(a::double[]);

create or replace macro dir_sd(a, v, v2) as
sqrt(greatest(0.0, dir_mean(a, v2) - pow(dir_mean(a, v), 2)) / (list_sum(a::double[]) + 1));

-- Weight of a review of that age in days, for a half-life in days.
create or replace macro decay_w(age_days, half_life_days) as
pow(2.0, -greatest(age_days, 0) / half_life_days::double);

-- M3 with a Jeffreys-like prior of 1/2: net sentiment in [-100, 100] and its standard deviation.
create or replace macro net_mean(neg, neu, pos) as
100 * dir_mean([neg + 0.5, neu + 0.5, pos + 0.5], [-1, 0, 1]);

create or replace macro net_sd(neg, neu, pos) as
100 * dir_sd([neg + 0.5, neu + 0.5, pos + 0.5], [-1, 0, 1], [1, 0, 1]);
