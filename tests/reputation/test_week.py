import dataclasses
from datetime import date, timedelta
from itertools import pairwise

import pytest

from pipeline.reputation.change import theme_verdicts
from pipeline.reputation.week import QuoteCandidate, choose_quotes, compose
from pipeline.reputation.weekly import LocationFigures, ThemeCount
from pipeline.review import Quote
from tests.report import samples


def test_the_bad_week_has_the_known_figures():
    report = samples.bad()
    change = report.neg_change
    assert (change.n, change.n_baseline) == (60, 240)
    assert change.diff == pytest.approx(0.175)
    assert (round(change.low, 4), round(change.high, 4)) == (0.0632, 0.3052)
    assert round(change.p_value, 6) == 0.000961
    assert change.verdict == report.net_change.verdict == "clear"


def test_q_values_are_held_over_figures_and_themes_together():
    report = samples.bad()
    assert report.trust.n_tests == 3 + 4
    assert report.neg_change.q_value > report.neg_change.p_value
    assert theme_verdicts(report)["billing"] == "clear"
    assert theme_verdicts(report)["price"] == "none"


def test_missing_weeks_are_filled_as_empty_and_at_most_26_are_shown():
    report = samples.bad()
    assert len(report.figures) == 26
    mondays = [week.week_start for week in report.figures]
    assert all(b - a == timedelta(days=7) for a, b in pairwise(mondays))
    assert sum(week.n == 0 for week in report.figures) == 1
    assert report.figures[-1].week_start == report.week_start


def test_weeks_after_the_reported_one_are_unknown_to_it():
    pieces = samples.bad_pieces()
    later = dataclasses.replace(samples.week(0, 500, 400), week_start=samples.MONDAY + timedelta(days=7))
    assert compose(dataclasses.replace(pieces, weeks=[later, *pieces.weeks])) == compose(pieces)


def test_the_order_of_the_pieces_does_not_matter():
    pieces = samples.bad_pieces()
    turned = dataclasses.replace(
        pieces, weeks=pieces.weeks[::-1], themes=pieces.themes[::-1], quotes=pieces.quotes[::-1]
    )
    assert compose(turned) == compose(pieces)


def test_below_five_reviews_no_figure_below_ten_no_comparison():
    few, thin = samples.few(), samples.thin()
    assert few.figures[-1].neg_share is None
    assert few.neg_change.verdict == "too_few"
    assert thin.figures[-1].neg_share is not None
    assert thin.figures[-1].net_sentiment is None
    assert (thin.neg_change.verdict, thin.neg_change.diff, thin.trust.n_tests) == ("too_few", None, 0)


def test_the_first_week_ever_has_figures_and_no_baseline():
    report = samples.first()
    assert len(report.figures) == 1
    assert report.neg_change.n_baseline == 0
    assert report.neg_change.verdict == "too_few"
    assert report.contributions == ()


def test_nothing_ever_gives_an_empty_week():
    report = samples.nothing_ever()
    assert [week.n for week in report.figures] == [0]
    assert report.figures[0].is_complete


def test_an_empty_week_still_running_is_incomplete():
    pieces = dataclasses.replace(samples.bad_pieces(), weeks=[], week_start=date(2026, 11, 23))
    assert not compose(pieces).figures[-1].is_complete


def test_bands_of_the_mart_are_taken_as_they_are():
    row = dataclasses.replace(samples.week(0, 40, 9), neg_lo=0.11, neg_hi=0.38, net=20.0, net_lo=1.0, net_hi=30.0)
    report = compose(dataclasses.replace(samples.bad_pieces(), weeks=[row], themes=()))
    assert (report.figures[-1].neg_share.low, report.figures[-1].net_sentiment.high) == (0.11, 30.0)


@pytest.mark.parametrize("sample", samples.ALL)
def test_contributions_add_up_to_the_change(sample):
    report = sample()
    if report.neg_change.diff is not None:
        total = sum(part.delta for part in report.contributions)
        assert total == pytest.approx(report.neg_change.diff, abs=1e-9)


def test_replies_need_five_reviews_in_the_cohort():
    pieces = samples.bad_pieces()
    assert pieces.replies is not None
    small = dataclasses.replace(pieces.replies, n=4, n_replied_7d=2)
    report = compose(dataclasses.replace(pieces, replies=small))
    assert report.reply_share is None
    assert report.n_reply_cohort == 4


def test_quotes_take_the_risen_themes_in_turn_and_no_text_twice():
    def made(key, text, p, group):
        return QuoteCandidate(Quote(key, text, "portal_a", None), p, (group,))

    long = "Ein Satz, der lang genug ist, um gelesen zu werden"
    candidates = [
        made("1", f"{long}: A.", 0.99, "service"),
        made("2", f"{long}: B.", 0.98, "service"),
        made("3", f"{long}: C.", 0.60, "billing"),
        made("4", f"{long}: A.", 0.97, "service"),
        made("5", "Kurz.", 1.0, "billing"),
        made("6", "  ", 1.0, "billing"),
    ]
    chosen = choose_quotes(candidates, ["billing", "service"], 3)
    assert [quote.review_key for quote in chosen] == ["3", "1", "2"]
    assert len(choose_quotes(candidates, [], 9)) == 4


def test_locations_without_reviews_are_left_out():
    pieces = dataclasses.replace(samples.bad_pieces(), locations=[LocationFigures("Kiel", 0, 0)])
    assert compose(pieces).locations == ()


def test_words_of_each_language_are_compared_with_their_own_reference():
    pieces = dataclasses.replace(
        samples.bad_pieces(),
        texts_now={"de": ["doppelt abgebucht"] * 8, "en": ["late delivery"] * 8},
        texts_reference={"de": ["Ware kaputt"] * 40, "en": ["late delivery"] * 40},
    )
    assert [sign.term for sign in compose(pieces).words] == ["doppelt abgebucht"]


def test_a_week_where_only_one_theme_moved_says_so_by_its_verdict():
    pieces = samples.bad_pieces()
    report = compose(
        dataclasses.replace(
            pieces,
            weeks=[*samples.calm_history(), samples.week(0, 200, 26)],
            themes=[ThemeCount("billing", 24.0, 2.0), ThemeCount("service", 1.0, 27.0)],
        )
    )
    assert report.neg_change.verdict == "none"
    assert theme_verdicts(report)["billing"] == "clear"
