"""What a report says in sentences: deterministic, the same numbers in every language, no more than verdicts allow."""

from __future__ import annotations

from datetime import datetime

from pipeline.reputation import numbers
from pipeline.reputation.change import baseline_weeks, theme_verdicts
from pipeline.reputation.contribution import NO_THEME
from pipeline.reputation.numbers import Language
from pipeline.reputation.sentences import COUNTED, SENTENCES
from pipeline.reputation.statistics import Cell, ControlChart, Funnel, control_chart, funnel
from pipeline.reputation.verdict import MIN_COMPARISON, MIN_FIGURE
from pipeline.reputation.weekly import Contribution, LocationFigures, SourceFreshness, WeekReport
from pipeline.reputation.wording import KINDS, theme_name
from pipeline.review import Incident

_TRUST_COUNTS = (
    "n_star_only",
    "n_unscored_language",
    "n_set_aside",
    "n_removed",
    "n_edited",
    "n_duplicate",
    "n_contradictory",
    "n_date_only",
)
MIN_PLACES = 3
SHOWN_STALE = 2
SHOWN_WORDS = 4
MIN_CHART_WEEKS = 5


def say(key: str, language: Language, **values: object) -> str:
    """The sentence `key` of SENTENCES with its values filled in."""
    return SENTENCES[language][key].format(**values)


def counted(key: str, n: float, language: Language) -> str:
    """A number with its noun in the right form: 0 reviews, 1 review, 1,240 reviews."""
    return COUNTED[language][key][0 if numbers.is_one(n) else 1].format(n=numbers.decimal(n, language))


def point_unit(share_difference: float, language: Language, *, digits: int = 1, key: str = "point") -> str:
    """Point or points, as the number is printed; `point_dative` after a German preposition."""
    return COUNTED[language][key][0 if numbers.is_one(100 * share_difference, digits=digits) else 1]


def headline(report: WeekReport, language: Language) -> str:
    """The one sentence a manager reads first."""
    week, change = report.figures[-1], report.neg_change
    if week.n == 0:
        return say("empty", language)
    n, x = numbers.decimal(week.n, language), numbers.decimal(week.n_negative, language)
    if week.n < MIN_FIGURE or week.neg_share is None:
        return say("no_figure", language, n=n)
    if week.n < MIN_COMPARISON:
        return say("no_comparison", language, n=n, x=x)
    share = numbers.share(week.neg_share.value, week.n, language)
    band = numbers.share_band(week.neg_share, language)
    if change.verdict == "too_few":
        key = "thin_baseline" if change.n_baseline else "first"
        n0 = numbers.decimal(change.n_baseline, language)
        return say(key, language, n=n, x=x, share=share, band=band, n0=n0)
    key = change.verdict if change.verdict == "none" else f"{change.verdict}_{_way(change.diff or 0.0)}"
    return say(key, language, facts=_facts(report, language, n=n, x=x, share=share, band=band))


def _way(diff: float) -> str:
    return "up" if diff > 0 else "down"


def _facts(report: WeekReport, language: Language, **values: str) -> str:
    change = report.neg_change
    diff, low, high = change.diff or 0.0, change.low or 0.0, change.high or 0.0
    weeks = len(baseline_weeks(report.figures))
    return say(
        "facts",
        language,
        baseline=numbers.share(change.baseline or 0.0, change.n_baseline, language),
        span=say("week_before" if weeks == 1 else "weeks_before", language, k=weeks),
        diff=numbers.points(diff, language),
        unit=point_unit(diff, language),
        range=numbers.signed_range(100 * low, 100 * high, language),
        **values,
    )


def causes(report: WeekReport, language: Language) -> list[str]:
    """What explains the change: theme, then volume; empty where there is nothing to compare."""
    return [*_theme_sentences(report, language), *_volume_sentences(report, language)]


def _theme_sentences(report: WeekReport, language: Language) -> list[str]:
    change = report.neg_change
    if change.diff is None or all(part.group == NO_THEME for part in report.contributions):
        return []
    verdicts = theme_verdicts(report)
    named = [part for part in report.contributions if verdicts.get(part.group) in ("clear", "likely")]
    if change.verdict in ("clear", "likely"):
        return [_driver_sentence(report, named, change.diff, language)]
    return [
        say(
            f"theme_{_way(part.delta)}_{verdicts[part.group]}",
            language,
            theme=theme_name(part.group, language),
            share=numbers.share(part.share, change.n, language),
            baseline=numbers.share(part.share_baseline, change.n_baseline, language),
        )
        for part in named[:1]
    ]


def _driver_sentence(report: WeekReport, named: list[Contribution], diff: float, language: Language) -> str:
    unnamed = next((part for part in report.contributions if part.group == NO_THEME), None)
    driver = next((part for part in named if part.delta * diff > 0), None)
    if driver is None and unnamed is not None and abs(diff) / 2 <= unnamed.delta * (1 if diff > 0 else -1) <= abs(diff):
        key, driver = "theme_unnamed", unnamed
    elif driver is None:
        return say("theme_nobody", language)
    else:
        key = "theme_part" if abs(driver.delta) <= abs(diff) else "theme_alone"
    if key == "theme_alone":
        part, rest = numbers.points(driver.delta, language), numbers.points(diff - driver.delta, language)
        unit = point_unit(driver.delta, language)
        return say(key, language, theme=theme_name(driver.group, language), part=part, rest=rest, unit=unit)
    part, total = (numbers.points(abs(value), language).lstrip("+") for value in (driver.delta, diff))
    unit = point_unit(diff, language, key="point_dative")
    return say(key, language, theme=theme_name(driver.group, language), part=part, total=total, unit=unit)


def _volume_sentences(report: WeekReport, language: Language) -> list[str]:
    """Said only where the number of reviews is at least half as many again, or at most two thirds, of the usual."""
    change, weeks = report.neg_change, len(baseline_weeks(report.figures))
    if change.diff is None or change.baseline is None or weeks == 0:
        return []
    usual = change.n_baseline / weeks
    if 2 / 3 < change.n / usual < 3 / 2:
        return []
    n, usual_text = numbers.decimal(change.n, language), numbers.decimal(usual, language)
    extra = round(report.figures[-1].n_negative - change.baseline * usual)
    more = round(change.baseline * (change.n - usual))
    if more < 1 or extra - more < 1:
        return [say("volume", language, n=n, usual=usual_text)]
    parts = {"extra": extra, "more": more, "worse": extra - more}
    texts = {name: numbers.decimal(value, language) for name, value in parts.items()}
    return [say("volume_split", language, n=n, usual=usual_text, **texts)]


def location_funnel(report: WeekReport) -> tuple[list[LocationFigures], Funnel | None]:
    """The locations with enough reviews for a figure, and their funnel."""
    places = [place for place in report.locations if place.n >= MIN_FIGURE]
    return places, funnel([Cell(place.n, place.n_negative) for place in places])


def places(report: WeekReport, language: Language) -> list[str]:
    """The locations outside the 99.8 % limits, alphabetically, then one sentence on the rest; no ranking."""
    if not report.locations:
        return []
    shown, limits = location_funnel(report)
    if limits is None or len(shown) < MIN_PLACES:
        return [say("places_few", language)]
    sentences = []
    for place, point in sorted(zip(shown, limits.points, strict=True), key=lambda pair: pair[0].location):
        if point.outside:
            limit = point.high if point.outside > 0 else point.low
            sentences.append(
                say(
                    "place_worse" if point.outside > 0 else "place_better",
                    language,
                    place=place.location,
                    x=numbers.decimal(place.n_negative, language),
                    n=numbers.decimal(place.n, language),
                    share=numbers.share(place.n_negative / place.n, place.n, language),
                    limit=numbers.share(limit, place.n, language),
                )
            )
    tau = numbers.decimal(100 * limits.tau, language)
    unit = point_unit(limits.tau, language, digits=0)
    rest = ("places_rest" if sentences else "places_all") + ("" if limits.tau >= 0.005 else "_even")
    return [*sentences, say(rest, language, k=len(shown), tau=tau, unit=unit)]


def report_chart(report: WeekReport) -> ControlChart | None:
    """The control chart of the report's weeks, judged by those before the reported one; None below five of them."""
    if sum(week.n > 0 for week in report.figures[:-1]) < MIN_CHART_WEEKS:
        return None
    return control_chart([Cell(week.n, week.n_negative) for week in report.figures], reference=-1)


def chart_sentence(report: WeekReport, language: Language) -> str:
    """What the control chart says of the reported week; empty where it says nothing."""
    chart, week = report_chart(report), report.figures[-1]
    if chart is None or week.n < MIN_COMPARISON:
        return ""
    point = chart.points[-1]
    low, high = point.low or 0.0, point.high or 0.0
    digits = numbers.range_digits(100 * low, 100 * high)
    return say(
        f"signal_{point.signal or 'none'}",
        language,
        low=numbers.percent(low, language, digits=digits),
        high=numbers.percent(high, language, digits=digits),
        center=numbers.percent(chart.center, language, digits=1),
    )


def notices(report: WeekReport, language: Language) -> list[str]:
    """What a reader must know before any figure: an unfinished week, stale sources."""
    found = []
    if not report.figures[-1].is_complete:
        until = numbers.moment(report.as_of, report.time_zone, language)
        found.append(say("unfinished", language, moment=until))
    stale = [source for source in report.trust.sources if source.is_stale]
    found += [_stale(source, report.time_zone, language) for source in stale[:SHOWN_STALE]]
    if len(stale) > SHOWN_STALE:
        found.append(say("stale_more", language, n=len(stale) - SHOWN_STALE))
    return found


def _stale(source: SourceFreshness, time_zone: str, language: Language) -> str:
    newest = numbers.moment(source.newest_posted_at, time_zone, language) if source.newest_posted_at else None
    expected = source.expected_week
    usual = say("stale_usual", language, expected=numbers.decimal(expected, language)) if expected is not None else ""
    return say(
        "stale",
        language,
        source=source_name(source.source),
        newest=newest or say("never", language),
        n=numbers.decimal(source.n_week, language),
        usual=usual,
    )


def source_name(source: str) -> str:
    """A source's name as people read it: web_page becomes web page."""
    return source.replace("_", " ")


def trust(report: WeekReport, language: Language) -> list[str]:
    """The sentences of the trust line: what the figures rest on, and what they cannot show."""
    basis = report.trust
    newest = max((s.newest_posted_at for s in basis.sources if s.newest_posted_at is not None), default=None)
    sentences = [_basis(report, newest, language)]
    counts = [(key, getattr(basis, key)) for key in _TRUST_COUNTS]
    remarks = [counted(key, n, language) for key, n in counts if n]
    if remarks:
        sentences.append("; ".join(remarks) + ".")
    if basis.n_tests:
        sentences.append(say("tests", language, tests=counted("tests", basis.n_tests, language)))
    visible = basis.smallest_visible_change
    if visible is not None:
        digits = 0 if visible >= 0.02 else 1
        text = numbers.decimal(100 * visible, language, digits=digits, fixed=False)
        unit = point_unit(visible, language, digits=digits, key="point_dative")
        sentences.append(say("visible", language, n=numbers.decimal(basis.n, language), points=text, unit=unit))
    if basis.model_version:
        sentences.append(say("model", language, model=basis.model_version))
    return sentences


def _basis(report: WeekReport, newest: datetime | None, language: Language) -> str:
    reviews = counted("reviews", report.trust.n, language)
    if not report.trust.sources:
        return say("basis_unknown", language, reviews=reviews)
    sources = counted("sources", len(report.trust.sources), language)
    if newest is None:
        return say("basis_bare", language, reviews=reviews, sources=sources)
    moment = numbers.moment(newest, report.time_zone, language)
    return say("basis", language, reviews=reviews, sources=sources, newest=moment)


def incident_line(incident: Incident, language: Language) -> str:
    """One incident in one line: what, since when, how many against how many expected, mainly what, in which words."""
    values: dict[str, object] = {
        "kind": KINDS[language].get(incident.kind, incident.kind),
        "day": numbers.day(incident.start_day, language, skeleton="MMMEd"),
        "x": numbers.decimal(incident.observed, language),
        "n": numbers.decimal(incident.n_reviews, language),
        "expected": numbers.decimal(incident.expected, language, digits=1),
        "low": numbers.decimal(incident.expected_low, language),
        "high": numbers.decimal(incident.expected_high, language),
    }
    counts_negatives = incident.kind in ("worse", "more_and_worse", "more", "drift")
    line = say("incident" if counts_negatives else "incident_count", language, **values)
    themes = [d for d in incident.drivers if d.dimension == "theme" and d.name != NO_THEME and d.excess > 0]
    named = sorted(themes, key=lambda driver: (-driver.excess, driver.name))[:2]
    if named:
        drivers = ", ".join(theme_name(driver.name, language) for driver in named)
        line += "; " + say("mainly", language, drivers=drivers)
    if incident.words:
        line += "; " + say("words", language, words=", ".join(incident.words[:SHOWN_WORDS]))
    return line + "."
