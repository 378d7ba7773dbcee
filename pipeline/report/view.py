"""What the templates print: every number already written out in the page's language. No wording is decided there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from pipeline.report.charts import Bar, Flag, is_outside
from pipeline.report.labels import LABELS
from pipeline.reputation import narrative, numbers
from pipeline.reputation.change import baseline_weeks, rating_reference
from pipeline.reputation.numbers import Language
from pipeline.reputation.verdict import MIN_COMPARISON, MIN_FIGURE
from pipeline.reputation.weekly import Change, Contribution, WeekFigures, WeekReport
from pipeline.reputation.wording import KINDS, VERDICTS, theme_name
from pipeline.review import Quote

SHOWN_THEMES = 5
SHOWN_PLACES = 3
SHOWN_INCIDENTS = 3
SHOWN_EVENTS = 4
SHOWN_QUOTES = 3
SHOWN_SOURCES = 8
_WEB = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)


@dataclass(frozen=True)
class Card:
    """One of the four figures; `tone` is worse, better or calm, `icon` its shape, `verdict` its words."""

    title: str
    value: str
    band: str
    before: str
    icon: str = ""
    verdict: str = ""
    direction: str = ""
    tone: str = "calm"


@dataclass(frozen=True)
class QuoteLine:
    """A quotation with where it comes from; `url` is None unless it is a web address."""

    text: str
    source: str
    url: str | None


@dataclass(frozen=True)
class SourceLine:
    """A source with its number of reviews this week."""

    name: str
    n: str
    is_stale: bool


def label(key: str, language: Language, **values: object) -> str:
    """The label `key` of the page with its values filled in."""
    return LABELS[language][key].format(**values)


def week_name(monday: date, language: Language) -> str:
    """Week 47 or KW 47."""
    return label("week", language, week=monday.isocalendar().week)


def cards(report: WeekReport, language: Language) -> list[Card]:
    """Rating, negative share, net sentiment, replies: in that order."""
    return [_rating(report, language), _negative(report, language), _net(report, language), _replies(report, language)]


def _rating(report: WeekReport, language: Language) -> Card:
    title, rating, change = label("rating", language), report.figures[-1].rating, report.rating_change
    if rating is None:
        return Card(title, "–", "", label("no_rating", language))
    band = "–".join(numbers.decimal(end, language, digits=2) for end in (rating.low, rating.high))
    before = label("no_baseline", language)
    reference = rating_reference(baseline_weeks(report.figures))
    if reference is not None and reference.rating is not None:
        k = (report.week_start - reference.week_start).days // 7
        old = numbers.decimal(reference.rating.value, language, digits=2)
        before = label("rating_before_one" if k == 1 else "rating_before_other", language, k=k, before=old)
        if change.verdict == "none" and report.neg_change.verdict in ("clear", "likely"):
            before += "; " + narrative.say("rating_lag", language)
    value = numbers.decimal(rating.value, language, digits=2)
    return _judged(Card(title, value, label("range", language, band=band), before), change, 1, language)


def _negative(report: WeekReport, language: Language) -> Card:
    title, week, change = label("negative", language), report.figures[-1], report.neg_change
    if week.neg_share is None:
        return _too_few(title, week, language)
    before = label("no_baseline", language)
    if change.baseline is not None:
        old = numbers.share(change.baseline, change.n_baseline, language)
        before = label("before", language, before=old)
        if change.diff is not None:
            diff, unit = numbers.points(change.diff, language), narrative.point_unit(change.diff, language)
            before = label("before_change", language, before=old, diff=diff, unit=unit)
    band = label("range", language, band=numbers.share_band(week.neg_share, language))
    card = Card(title, numbers.share(week.neg_share.value, week.n, language), band, before)
    return _judged(card, change, -1, language)


def _net(report: WeekReport, language: Language) -> Card:
    title, week, change = label("net", language), report.figures[-1], report.net_change
    if week.net_sentiment is None:
        return _too_few(title, week, language)
    net = week.net_sentiment
    digits = numbers.range_digits(net.low, net.high)
    band = label("range", language, band=numbers.signed_range(net.low, net.high, language))
    before = label("no_baseline", language)
    if change.baseline is not None:
        before = label("before", language, before=numbers.signed(change.baseline, language, digits=digits))
    return _judged(Card(title, numbers.signed(net.value, language, digits=digits), band, before), change, 1, language)


def _replies(report: WeekReport, language: Language) -> Card:
    title = label("replies", language)
    if report.reply_cohort_week is None:
        return Card(title, "–", "", label("no_cohort", language))
    reviews = narrative.counted("reviews", report.n_reply_cohort, language)
    cohort = label("cohort", language, reviews=reviews, week=report.reply_cohort_week.isocalendar().week)
    share = report.reply_share
    if share is None:
        n = numbers.decimal(report.n_reply_cohort, language)
        return Card(title, "–", label("too_few", language, n=n), cohort)
    band = label("range", language, band=numbers.share_band(share, language))
    return Card(title, numbers.share(share.value, report.n_reply_cohort, language), band, cohort)


def _too_few(title: str, week: WeekFigures, language: Language) -> Card:
    return Card(title, "–", label("too_few", language, n=numbers.decimal(week.n, language)), "")


def _judged(card: Card, change: Change, good_sign: int, language: Language) -> Card:
    """The card with its verdict; without any baseline there is nothing to judge, and nothing is said."""
    if change.n_baseline == 0:
        return card
    words, diff = VERDICTS[language][change.verdict], change.diff or 0.0
    if change.verdict in ("none", "too_few"):
        return Card(card.title, card.value, card.band, card.before, "–" if change.diff is None else "●", words)
    icon = {("clear", True): "▲", ("clear", False): "▼", ("likely", True): "△"}.get((change.verdict, diff > 0), "▽")
    tone = "better" if diff * good_sign > 0 else "worse"
    direction = label("up" if diff > 0 else "down", language)
    return Card(card.title, card.value, card.band, card.before, icon, words, direction, tone)


def chart_label(report: WeekReport, language: Language) -> str:
    """The control chart in words for who cannot see it: the limits, then every week's number."""
    said = [narrative.chart_sentence(report, language)]
    for week in report.figures:
        number = week.week_start.isocalendar().week
        if week.neg_share is None:
            said.append(label("gap", language, week=number))
        else:
            share, n = numbers.share(week.neg_share.value, week.n, language), numbers.decimal(week.n, language)
            said.append(label("value", language, week=number, share=share, n=n))
    return chart_title(report, language) + ": " + "; ".join(part for part in said if part)


def chart_title(report: WeekReport, language: Language) -> str:
    """The chart's heading with its true number of weeks."""
    count = len(report.figures)
    weeks = label("week_one" if count == 1 else "week_other", language, n=count)
    return label("chart", language, weeks=weeks)


def chart_legend(report: WeekReport, language: Language) -> str:
    """What the marks mean that this chart really shows."""
    chart, weeks = narrative.report_chart(report), report.figures
    shown = {
        "legend_limits": chart is not None,
        "legend_outside": chart is not None and any(is_outside(week, chart, k) for k, week in enumerate(weeks)),
        "legend_hollow": any(MIN_FIGURE <= week.n < MIN_COMPARISON for week in weeks),
        "legend_gap": any(week.n < MIN_FIGURE for week in weeks),
    }
    return " ".join(label(key, language) for key, is_shown in shown.items() if is_shown)


def bars(report: WeekReport, language: Language) -> list[Bar]:
    """The waterfall from the usual share to this week's; small themes are summed, so that it still adds up."""
    change = report.neg_change
    if change.diff is None or change.baseline is None or change.value is None or not report.contributions:
        return []
    start, reliable = 100 * change.baseline, change.verdict in ("clear", "likely")
    usual = numbers.share(change.baseline, change.n_baseline, language)
    rows = [Bar(label("usual", language), usual, 0, start, is_total=True)]
    for name, delta in _steps(report.contributions, language):
        rows.append(Bar(name, numbers.points(delta, language), start, start + 100 * delta, is_reliable=reliable))
        start += 100 * delta
    text = numbers.share(change.value, change.n, language)
    total = f"{text} ({numbers.points(change.diff, language)})"
    return [*rows, Bar(label("this_week", language), total, 0, 100 * change.value, is_total=True)]


def _steps(parts: Sequence[Contribution], language: Language) -> list[tuple[str, float]]:
    large = [part for part in parts if abs(part.delta) >= 0.0005][:SHOWN_THEMES]
    rest = sum(part.delta for part in parts) - sum(part.delta for part in large)
    steps = [(theme_name(part.group, language), part.delta) for part in large]
    return [*steps, (label("other", language), rest)] if abs(rest) >= 0.0005 else steps


def bars_label(rows: Sequence[Bar]) -> str:
    """The waterfall in words."""
    return "; ".join(f"{row.label}: {row.text}" for row in rows)


def words(report: WeekReport, language: Language) -> list[str]:
    """Words with their counts now and before, strongest first."""
    return [
        label(
            "word",
            language,
            term=sign.term,
            now=numbers.decimal(sign.n_now, language),
            reference=numbers.decimal(sign.n_reference, language),
        )
        for sign in report.words
    ]


def places(report: WeekReport, language: Language) -> list[str]:
    """At most three locations outside the limits, how many more, the sentence on the rest; empty if none is known."""
    sentences = narrative.places(report, language)
    if not sentences:
        return []
    *outside, rest = sentences
    more = len(outside) - SHOWN_PLACES
    hidden = [label("more_places", language, n=numbers.decimal(more, language))] if more > 0 else []
    return [*outside[:SHOWN_PLACES], *hidden, rest]


def quote_lines(quotes: Sequence[Quote], language: Language) -> list[QuoteLine]:
    """Quotations with stars, source and date; only web addresses become links."""
    return [_quote_line(quote, language) for quote in quotes[:SHOWN_QUOTES]]


def _quote_line(quote: Quote, language: Language) -> QuoteLine:
    stars = None
    if quote.stars is not None:
        digits = 0 if float(quote.stars).is_integer() else 1
        stars = f"★ {numbers.decimal(quote.stars, language, digits=digits)}/5"
    day = numbers.day(quote.posted_on, language) if quote.posted_on else None
    parts = [stars, narrative.source_name(quote.source), day]
    url = quote.url if quote.url and _WEB.fullmatch(quote.url) else None
    return QuoteLine(quote.text, " · ".join(part for part in parts if part), url)


def flags(report: WeekReport, language: Language) -> tuple[list[Flag], list[str]]:
    """The flags of the chart and their legend: incidents first, then events, those within the weeks shown."""
    mondays = [week.week_start for week in report.figures]
    dated: list[tuple[date, str, bool]] = []
    for incident in report.incidents:
        dated.append(
            (incident.start_day, f"{incident.severity} {KINDS[language].get(incident.kind, incident.kind)}", True)
        )
    for event in report.events:
        match = re.match(r"(\d{4}-\d{2}-\d{2})\s+(.+)", event, re.DOTALL)
        if match:
            dated.append((date.fromisoformat(match.group(1)), match.group(2), False))
    shown = [entry for entry in dated if mondays[0] <= entry[0] < mondays[-1] + timedelta(days=7)][:SHOWN_EVENTS]
    weeks: dict[int, tuple[str, bool]] = {}
    legend = []
    for letter, (day, title, is_incident) in zip("ABCD", sorted(shown), strict=False):
        week = (day - mondays[0]).days // 7
        letters, has_incident = weeks.get(week, ("", False))
        weeks[week] = (f"{letters} {letter}".strip(), has_incident or is_incident)
        text = numbers.day(day, language, skeleton="MMMd")
        legend.append(label("event", language, letter=letter, title=title, day=text))
    return [Flag(week, *flag) for week, flag in weeks.items()], legend


def incidents(report: WeekReport, language: Language) -> list[tuple[str, str]]:
    """At most three open incidents as severity and sentence, worst first."""
    ranked = sorted(report.incidents, key=lambda incident: (incident.severity, incident.start_day))
    return [(i.severity, narrative.incident_line(i, language)) for i in ranked[:SHOWN_INCIDENTS]]


def sources(report: WeekReport, language: Language) -> list[SourceLine]:
    """The sources with most reviews this week, stale ones first."""
    shown = sorted(report.trust.sources, key=lambda source: (not source.is_stale, -source.n_week, source.source))
    return [
        SourceLine(narrative.source_name(source.source), numbers.decimal(source.n_week, language), source.is_stale)
        for source in shown[:SHOWN_SOURCES]
    ]
