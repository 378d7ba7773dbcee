import dataclasses
import re
from datetime import UTC, date, datetime

import pytest

from pipeline.reputation import narrative, numbers
from pipeline.reputation.sentences import COUNTED, SENTENCES
from pipeline.reputation.week import compose
from pipeline.reputation.weekly import Interval, LocationFigures, SourceFreshness, ThemeCount
from pipeline.reputation.wording import KINDS, THEMES, VERDICTS
from tests.report import samples

NNBSP = "\u202f\xa0"


def plain(text):
    return re.sub(f"[{NNBSP}]", " ", text).replace("\N{NON-BREAKING HYPHEN}", "-")


def said(report, language):
    lines = [
        *narrative.notices(report, language),
        narrative.headline(report, language),
        *narrative.causes(report, language),
        narrative.chart_sentence(report, language),
        *narrative.places(report, language),
        *narrative.trust(report, language),
        *(narrative.incident_line(incident, language) for incident in report.incidents),
    ]
    return plain(" ".join(line for line in lines if line))


def numbers_of(text, language):
    """The multiset of numbers, separators made alike."""
    group, point = (",", ".") if language == "en" else (".", ",")
    found = re.findall(r"\d+(?:[.,]\d+)*", text)
    return sorted(re.sub(r"[.,]$", "", number).replace(group, "").replace(point, ".") for number in found)


@pytest.mark.parametrize("sample", samples.ALL)
def test_both_languages_say_the_same_numbers(sample):
    report = sample()
    assert numbers_of(said(report, "en"), "en") == numbers_of(said(report, "de"), "de")


@pytest.mark.parametrize("sample", samples.ALL)
@pytest.mark.parametrize("language", ["en", "de"])
def test_no_sentence_says_significant_or_leaves_a_gap(sample, language):
    text = said(sample(), language)
    assert not re.search(r"signifi[ck]an|\{|\}|None|\bnan\b|--|  ", text)
    assert "−0 " not in text


def test_the_bad_week_reads_as_agreed():
    report = samples.bad()
    assert plain(narrative.headline(report, "en")) == (
        "Negative reviews rose clearly: 18 of 60 (30%, 95% range 20–43%) after 12.5% in the 8 weeks before "
        "(change +17.5 points, range +6 to +31)."
    )
    assert plain(narrative.headline(report, "de")) == (
        "Der Anteil negativer Bewertungen ist deutlich gestiegen: 18 von 60 (30 %, 95-%-Bereich 20–43 %) nach 12,5 % "
        "in den 8 Wochen davor (Veränderung +17,5 Prozentpunkte, Bereich +6 bis +31)."
    )
    assert narrative.causes(report, "en") == [
        "Billing accounts for 12.1 of the 17.5 points.",
        "Volume: 60 reviews against 30 in a usual week; of 14 extra negative ones about 4 through more reviews, about "
        "10 through worse ones.",
    ]
    assert "With 60 reviews a change of less than 13 points can easily go unseen." in narrative.trust(report, "en")


@pytest.mark.parametrize(
    ("sample", "en", "de"),
    [
        (samples.calm, "No reliable change in negative reviews", "keine belastbare Veränderung"),
        (samples.better, "Negative reviews fell clearly", "deutlich gesunken"),
        (samples.few, "Too few reviews for a figure (n = 4).", "Zu wenige Bewertungen für eine Kennzahl (n = 4)."),
        (samples.thin, "Too few reviews for a comparison (n = 7): 1 of 7 negative.", "(n = 7): 1 von 7 negativ."),
        (samples.none, "No reviews came in this week.", "In dieser Woche gingen keine Bewertungen ein."),
        (samples.nothing_ever, "No reviews came in this week.", "In dieser Woche gingen keine Bewertungen ein."),
        (samples.first, "no earlier week to compare with yet", "fehlt noch eine frühere Woche"),
    ],
)
def test_the_headline_says_no_more_than_the_week_allows(sample, en, de):
    assert en in plain(narrative.headline(sample(), "en"))
    assert de in plain(narrative.headline(sample(), "de"))


def test_too_thin_a_baseline_is_named_with_its_number():
    pieces = dataclasses.replace(samples.bad_pieces(), weeks=[samples.week(1, 6, 1), samples.week(0, 40, 9)], themes=())
    assert "(n = 6)" in narrative.headline(compose(pieces), "en")


def test_an_unfinished_week_says_until_when_the_data_reach():
    report = samples.unfinished()
    assert narrative.notices(report, "en") == ["The week is not over yet: data until 19 Nov 2026, 08:00."]
    assert plain(narrative.notices(report, "de")[0]).endswith("Daten bis 19. Nov. 2026, 08:00 Uhr.")


def test_stale_sources_are_named_two_at_most_and_the_rest_counted():
    old = datetime(2026, 10, 1, tzinfo=UTC)
    sources = [SourceFreshness(f"portal_{k}", old, old, "failed", 0, 9.0, True) for k in range(5)]
    report = compose(dataclasses.replace(samples.bad_pieces(), sources=sources))
    found = narrative.notices(report, "en")
    assert len(found) == 3
    assert "portal 0" in found[0]
    assert found[2] == "Further stale sources: 3."


def test_only_locations_outside_the_limits_are_named():
    lines = narrative.places(samples.bad(), "en")
    assert plain(lines[0]).startswith("Leipzig: 22 of 61 negative in nine weeks (36%; limit for this number 31%)")
    assert len(lines) == 2
    assert "Berlin" not in " ".join(lines)


def test_nothing_is_said_of_themes_where_none_are_known():
    report = compose(dataclasses.replace(samples.bad_pieces(), themes=()))
    assert [line for line in narrative.causes(report, "en") if "theme" in line] == []


def test_one_theme_that_moves_alone_is_named_though_the_whole_does_not_move():
    themes = [ThemeCount("billing", 24.0, 2.0), ThemeCount("service", 1.0, 27.0)]
    weeks = [*samples.calm_history(), samples.week(0, 200, 26)]
    report = compose(dataclasses.replace(samples.bad_pieces(), weeks=weeks, themes=themes))
    assert narrative.causes(report, "en")[0].startswith(
        "Complaints about Billing rose clearly: 12% of all reviews after"
    )
    assert plain(narrative.causes(report, "de")[0]).startswith("Klagen zum Thema Rechnung haben deutlich zugenommen")


def test_an_incident_is_told_in_one_line():
    assert plain(narrative.incident_line(samples.incident(), "de")) == (
        "Mehr und schlechtere Bewertungen seit Di., 17. Nov.: 18 negativ von 60, 3,8 erwartet (üblich 0–8); vor allem "
        "Rechnung, Service; Wörter: doppelt abgebucht, Erstattung."
    )
    surge = dataclasses.replace(samples.incident(), kind="positive_surge", drivers=(), words=())
    assert narrative.incident_line(surge, "en") == "Unusually many positive reviews since Tue 17 Nov: 60 reviews."


def test_few_locations_are_not_compared_and_none_not_mentioned():
    pieces = dataclasses.replace(samples.bad_pieces(), locations=[LocationFigures("Kiel", 50, 40)])
    assert narrative.places(compose(pieces), "en") == ["A comparison of locations needs at least 3 with reviews."]
    assert narrative.places(samples.first(), "en") == []


@pytest.mark.parametrize(
    ("key", "n", "language", "expected"),
    [
        ("reviews", 0, "en", "0 reviews"),
        ("reviews", 1, "en", "1 review"),
        ("reviews", 1240, "en", "1,240 reviews"),
        ("reviews", 0, "de", "0 Bewertungen"),
        ("reviews", 1, "de", "1 Bewertung"),
        ("reviews", 1240, "de", "1.240 Bewertungen"),
        ("sources", 1, "de", "1 Quelle"),
        ("tests", 1, "en", "1 comparison"),
    ],
)
def test_nouns_follow_their_number(key, n, language, expected):
    assert narrative.counted(key, n, language) == expected


def test_german_points_take_the_dative_after_a_preposition():
    assert "Veränderungen unter 13 Prozentpunkten bleiben" in plain(" ".join(narrative.trust(samples.bad(), "de")))
    assert narrative.point_unit(0.01, "de", key="point_dative") == "Prozentpunkt"


@pytest.mark.parametrize(("diff", "en", "de"), [(0.01, "point", "Prozentpunkt"), (0.011, "points", "Prozentpunkte")])
def test_points_follow_the_number_as_printed(diff, en, de):
    assert narrative.point_unit(diff, "en") == en
    assert narrative.point_unit(diff, "de") == de


def test_numbers_are_written_as_each_language_writes_them():
    assert numbers.decimal(-1240.5, "de", digits=1) == "−1.240,5"
    assert numbers.decimal(1240.5, "en", digits=1) == "1,240.5"
    assert numbers.signed(-0.04, "en", digits=1) == "0.0"
    assert numbers.points(0.175, "de") == "+17,5"
    assert plain(numbers.share(0.125, 240, "de")) == "12,5 %"
    assert numbers.share(0.125, 48, "en") in ("12%", "13%")
    assert numbers.share_band(Interval(0.13, 0.1279, 0.1321), "en") == "12.8–13.2%"


def test_week_names_cross_months_and_years():
    assert plain(numbers.week_days(date(2026, 12, 28), "en")).replace("\u2009", " ") == "28 Dec 2026 – 3 Jan 2027"
    assert numbers.week_days(date(2026, 11, 16), "de") == "16.–22. Nov. 2026"


def test_languages_have_the_same_sentences_with_the_same_values():
    for catalogue in (SENTENCES, THEMES, KINDS, VERDICTS, COUNTED):
        assert catalogue["en"].keys() == catalogue["de"].keys()
    for key, sentence in SENTENCES["en"].items():
        assert set(re.findall(r"\{(\w+)\}", sentence)) == set(re.findall(r"\{(\w+)\}", SENTENCES["de"][key])), key
