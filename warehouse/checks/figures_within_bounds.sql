-- severity: error
select entity || ' ' || week_start as example
from mart.v_reputation_weekly
where
    n_neg + n_neu + n_pos <> n_judged
    or n_judged > n
    or not coalesce(neg_lo <= neg_share + 1e-9 and neg_share <= neg_hi + 1e-9 and neg_lo >= 0 and neg_hi <= 1, true)
    or not coalesce(net between -100 and 100 and net_lo <= net and net <= net_hi, true)
    or not coalesce(rating_bayes between 1 and 5 and rating_lo <= rating_bayes and rating_bayes <= rating_hi, true)
    or not coalesce(neg_diff_lo <= neg_diff + 1e-9 and neg_diff <= neg_diff_hi + 1e-9, true)
