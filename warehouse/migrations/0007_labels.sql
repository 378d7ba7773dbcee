-- What people say of a text, to measure the model by; the text itself stays where it was.

-- grain: one row per text and labeller; a second thought replaces the first
create table core.labels (
    text_hash varchar not null,
    labeller varchar not null,
    label varchar not null,
    drawn varchar not null,
    labelled_at timestamptz not null
);

insert into run.settings (setting, value, reason) values
('quality_min_texts', 30, 'texts of a kind below which a rate of the model is not shown'),
('quality_min_gap', 0.3, 'true less false positive rate below which shares are not corrected for the model''s errors'),
('drift_min_texts', 50, 'texts of a language and week below which no drift is called'),
('drift_psi', 0.25, 'population stability index from which the scores of a week have moved'),
('drift_abstained', 0.1, 'rise of the abstained share, in shares, from which a week is called'),
('drift_agreement', 0.05, 'fall of the agreement of text and stars, in shares, from which a week is called');
