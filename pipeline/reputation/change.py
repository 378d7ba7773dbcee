"""The week's figures against the eight weeks before: differences, bands, p- and q-values, verdicts (M5, M6)."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.reputation import statistics, verdict
from pipeline.reputation.contribution import NO_THEME
from pipeline.reputation.weekly import Change, Contribution, Verdict, WeekFigures, WeekReport

BASELINE_WEEKS = 8


@dataclass(frozen=True)
class Changes:
    """The three changes of a report, judged at one false-finding rate over all its `n_tests` tests."""

    negative: Change
    net: Change
    rating: Change
    n_tests: int


def baseline_weeks(figures: Sequence[WeekFigures]) -> Sequence[WeekFigures]:
    """The up to eight weeks before the last one of `figures`."""
    return figures[:-1][-BASELINE_WEEKS:]


def changes(figures: Sequence[WeekFigures], parts: Sequence[Contribution]) -> Changes:
    """The changes of the last of `figures`; the tests of the theme groups in `parts` belong to the same family."""
    week, before = figures[-1], baseline_weeks(figures)
    n0, x0 = sum(past.n for past in before), sum(past.n_negative for past in before)
    found = (_share_change(week, n0, x0), _net_change(week, before), _rating_change(week, before))
    tests = [change.p_value for change in found if change.p_value is not None]
    themes = _theme_p_values(parts, week.n, n0)
    q_values = iter(statistics.benjamini_hochberg([*tests, *themes.values()]))
    smallest = (verdict.MIN_SHARE, verdict.MIN_NET, verdict.MIN_RATING)
    q_of = [next(q_values) if change.p_value is not None else None for change in found]
    negative, net, rating = (_judged(c, q, size) for c, q, size in zip(found, q_of, smallest, strict=True))
    return Changes(negative, net, rating, len(tests) + len(themes))


def rating_reference(before: Sequence[WeekFigures]) -> WeekFigures | None:
    """The week whose rating this week's is compared with: the first of the weeks before that has one."""
    return next((past for past in before if past.rating is not None), None)


def theme_verdicts(report: WeekReport) -> dict[str, Verdict]:
    """The verdict on each theme's share of negative reviews, by group; held to the report's one false-finding rate."""
    change = report.neg_change
    tests = _theme_p_values(report.contributions, change.n, change.n_baseline)
    figures = (report.neg_change, report.net_change, report.rating_change)
    family = [c.p_value for c in figures if c.p_value is not None]
    q_values = statistics.benjamini_hochberg([*family, *tests.values()])[len(family) :]
    deltas = {part.group: part.delta for part in report.contributions}
    return {
        group: verdict.judge(change.n, change.n_baseline, deltas[group], q)
        for group, q in zip(tests, q_values, strict=True)
    }


def _judged(change: Change, q_value: float | None, smallest: float) -> Change:
    word = verdict.judge(change.n, change.n_baseline, change.diff, q_value, smallest=smallest)
    return dataclasses.replace(change, q_value=q_value, verdict=word)


def _share_change(week: WeekFigures, n0: int, x0: int) -> Change:
    baseline = x0 / n0 if n0 >= verdict.MIN_FIGURE else None
    value = week.neg_share.value if week.neg_share else None
    if week.n < verdict.MIN_COMPARISON or n0 < verdict.MIN_COMPARISON:
        return _no_change(week.n, n0, value, baseline)
    band = statistics.newcombe(week.n_negative, week.n, x0, n0)
    p = statistics.difference_p(week.n_negative, week.n, x0, n0)
    return Change(week.n, n0, value, baseline, band.value, band.low, band.high, p, None, "none")


def _net_change(week: WeekFigures, before: Sequence[WeekFigures]) -> Change:
    n0 = sum(past.n for past in before)
    old = statistics.net_sentiment(
        sum(past.n_negative for past in before),
        sum(past.n_neutral for past in before),
        sum(past.n_positive for past in before),
    )
    if week.net_sentiment is None or n0 < verdict.MIN_COMPARISON:
        baseline = old.mean if n0 >= verdict.MIN_COMPARISON else None
        return _no_change(week.n, n0, week.net_sentiment.value if week.net_sentiment else None, baseline)
    new = statistics.net_sentiment(week.n_negative, week.n_neutral, week.n_positive)
    spread = math.hypot(new.sd, old.sd)
    return _normal_change(week.n, n0, week.net_sentiment.value, old.mean, spread)


def _rating_change(week: WeekFigures, before: Sequence[WeekFigures]) -> Change:
    n0 = sum(past.n for past in before)
    reference = rating_reference(before)
    old, new = reference.rating if reference else None, week.rating
    if new is None or old is None or week.n < verdict.MIN_COMPARISON or n0 < verdict.MIN_COMPARISON:
        return _no_change(week.n, n0, new.value if new else None, old.value if old else None)
    # The rating is a stock, so the two share reviews; treating them as independent errs to the careful side.
    spread = math.hypot(new.high - new.low, old.high - old.low) / (2 * statistics.Z_95)
    return _normal_change(week.n, n0, new.value, old.value, spread)


def _no_change(n: int, n0: int, value: float | None, baseline: float | None) -> Change:
    return Change(n, n0, value, baseline, None, None, None, None, None, "too_few")


def _normal_change(n: int, n0: int, value: float, baseline: float, sd: float) -> Change:
    diff = value - baseline
    half = statistics.Z_95 * sd
    return Change(n, n0, value, baseline, diff, diff - half, diff + half, statistics.z_p(diff, sd), None, "none")


def _theme_p_values(parts: Sequence[Contribution], n: int, n0: int) -> dict[str, float]:
    if n < verdict.MIN_COMPARISON or n0 < verdict.MIN_COMPARISON:
        return {}
    return {
        part.group: statistics.difference_p(part.share * n, n, part.share_baseline * n0, n0)
        for part in parts
        if part.group != NO_THEME and part.share + part.share_baseline > 0
    }
