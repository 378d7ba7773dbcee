view_name = 'v_reputation_weekly' and column_name in ('neg_share', 'week_start')
