-- What the rules find carries the version of the rules, so that new rules reach old texts without the model.
alter table core.scores add column billing struct(subtype varchar, amount decimal(18, 2), currency varchar)[];
alter table core.scores add column rules_version varchar;

insert into run.settings (setting, value, reason) values
('due_hours_p1', 4, 'hours within which a person should have looked at a P1 review'),
('due_hours_p2', 24, 'hours for a P2 review'),
('due_hours_p3', 72, 'hours for a P3 review'),
('reply_target_hours', 168, 'a negative review unanswered for longer is overdue and rises by a level'),
('reach_votes', 10, 'helpful votes from which a review is widely read and rises by a level'),
('money_limit', 500, 'disputed amount (EUR, USD, GBP, CHF, CAD or AUD) from which MONEY is P1'),
('severe_p_neg', 0.9, 'probability of negative from which one or two stars are SEVERE'),
('unsure_confidence', 0.6, 'confidence of the model below which one or two stars are UNSURE'),
('queue_days', 30, 'age at which an unanswered review leaves the queue as expired');
