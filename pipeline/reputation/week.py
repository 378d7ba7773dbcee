"""Composes the weekly report from what the warehouse gives: bands, changes, verdicts, drivers, quotes.

Pure: the same pieces give the same report. The eight weeks before the reported one are its baseline.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from pipeline.reputation import change, statistics, verdict, words
from pipeline.reputation.contribution import contributions
from pipeline.reputation.weekly import (
    Escalation,
    Interval,
    LocationFigures,
    SourceFreshness,
    ThemeCount,
    Trust,
    WeekFigures,
    WeekReport,
    WordSign,
)
from pipeline.review import Incident, Quote

SHOWN_WEEKS = 26
WORDS_SHOWN = 8
QUOTES_SHOWN = 3
PRAISE_SHOWN = 2
_WEEK = timedelta(days=7)


@dataclass(frozen=True)
class WeekCounts:
    """One row of the weekly mart for a whole entity. `rating_*` are the decayed Bayesian rating at the week's end.

    Bands the mart does not give are worked out here by the same formulas.
    """

    week_start: date
    n: int
    n_negative: int
    n_neutral: int
    n_positive: int
    n_text: int
    n_scored: int
    stars_1: int = 0
    stars_2: int = 0
    stars_3: int = 0
    stars_4: int = 0
    stars_5: int = 0
    neg_lo: float | None = None
    neg_hi: float | None = None
    net: float | None = None
    net_lo: float | None = None
    net_hi: float | None = None
    rating_mean: float | None = None
    rating_bayes: float | None = None
    rating_lo: float | None = None
    rating_hi: float | None = None
    is_complete: bool = True


@dataclass(frozen=True)
class Event:
    """A dated entry of the calendar: campaign, recall, policy."""

    start: date
    title: str


@dataclass(frozen=True)
class QuoteCandidate:
    """A masked review of the week that may be quoted; `groups` are the themes of its complaints."""

    quote: Quote
    p_neg: float
    groups: tuple[str, ...] = ()
    language: str | None = None


@dataclass(frozen=True)
class ReplyCohort:
    """Reviews of the newest week that is at least seven days old, on sources that show replies."""

    week_start: date
    n: int
    n_replied_7d: int


@dataclass(frozen=True)
class TrustCounts:
    """Counts of the reported week for the trust line."""

    n_star_only: int = 0
    n_unscored_language: int = 0
    n_set_aside: int = 0
    n_removed: int = 0
    n_edited: int = 0
    n_duplicate: int = 0
    n_contradictory: int = 0
    n_date_only: int = 0
    model_version: str | None = None


@dataclass(frozen=True)
class WeekPieces:
    """All that `compose` needs. `weeks` in any order, gaps allowed; themes, texts and quotes are of the week.

    `texts_now` and `texts_reference` are masked texts of negative reviews by language: of the week, and of the eight
    weeks before. `praise` holds candidates among the positive reviews. `escalations` are the first of `n_escalations`
    that wait for a person, in their order.
    """

    entity: str
    entity_name: str
    week_start: date
    time_zone: str
    as_of: datetime
    weeks: Sequence[WeekCounts]
    themes: Sequence[ThemeCount] = ()
    locations: Sequence[LocationFigures] = ()
    quotes: Sequence[QuoteCandidate] = ()
    praise: Sequence[QuoteCandidate] = ()
    texts_now: Mapping[str, Sequence[str]] = field(default_factory=dict)
    texts_reference: Mapping[str, Sequence[str]] = field(default_factory=dict)
    replies: ReplyCohort | None = None
    sources: Sequence[SourceFreshness] = ()
    trust: TrustCounts = TrustCounts()
    incidents: Sequence[Incident] = ()
    events: Sequence[Event] = ()
    escalations: Sequence[Escalation] = ()
    n_escalations: int = 0


def compose(pieces: WeekPieces) -> WeekReport:
    """The report of `pieces.week_start`; its figures are the last 26 weeks, with empty weeks filled in."""
    figures = tuple(_figures(row) for row in _weeks(pieces))
    week, before = figures[-1], change.baseline_weeks(figures)
    n0, x0 = sum(past.n for past in before), sum(past.n_negative for past in before)
    parts = contributions(pieces.themes, n=week.n, n_negative=week.n_negative, n_baseline=n0, n_negative_baseline=x0)
    changes = change.changes(figures, parts)
    cohort = pieces.replies
    return WeekReport(
        entity=pieces.entity,
        entity_name=pieces.entity_name,
        week_start=pieces.week_start,
        time_zone=pieces.time_zone,
        as_of=pieces.as_of,
        figures=figures,
        neg_change=changes.negative,
        net_change=changes.net,
        rating_change=changes.rating,
        reply_share=statistics.wilson(cohort.n_replied_7d, cohort.n) if cohort and cohort.n >= 5 else None,
        n_reply_cohort=cohort.n if cohort else 0,
        reply_cohort_week=cohort.week_start if cohort else None,
        contributions=parts,
        words=_words(pieces),
        locations=tuple(place for place in pieces.locations if place.n > 0),
        quotes=choose_quotes(pieces.quotes, [part.group for part in parts if part.delta > 0], QUOTES_SHOWN),
        praise=choose_quotes(pieces.praise, [], PRAISE_SHOWN),
        incidents=tuple(pieces.incidents),
        events=tuple(f"{event.start.isoformat()} {event.title}" for event in pieces.events),
        trust=_trust(pieces, week.n, n0, x0, changes.n_tests),
        escalations=tuple(pieces.escalations),
        n_escalations=max(pieces.n_escalations, len(pieces.escalations)),
    )


def _weeks(pieces: WeekPieces) -> list[WeekCounts]:
    """Up to 26 weeks ending with the reported one; weeks without a row since the first are there with n = 0."""
    rows = {row.week_start: row for row in pieces.weeks if row.week_start <= pieces.week_start}
    oldest = min([*rows, pieces.week_start])
    monday = max(oldest, pieces.week_start - (SHOWN_WEEKS - 1) * _WEEK)
    weeks: list[WeekCounts] = []
    while monday <= pieces.week_start:
        weeks.append(rows.get(monday) or _empty_week(monday, pieces))
        monday += _WEEK
    return weeks


def _empty_week(monday: date, pieces: WeekPieces) -> WeekCounts:
    today = pieces.as_of.astimezone(ZoneInfo(pieces.time_zone)).date()
    return WeekCounts(monday, 0, 0, 0, 0, 0, 0, is_complete=monday + _WEEK <= today)


def _figures(row: WeekCounts) -> WeekFigures:
    return WeekFigures(
        week_start=row.week_start,
        n=row.n,
        n_negative=row.n_negative,
        n_neutral=row.n_neutral,
        n_positive=row.n_positive,
        n_text=row.n_text,
        n_scored=row.n_scored,
        neg_share=_negative_share(row) if row.n >= verdict.MIN_FIGURE else None,
        # The normal band of net sentiment holds from ten reviews on.
        net_sentiment=_net(row) if row.n >= verdict.MIN_COMPARISON else None,
        rating=_interval(row.rating_bayes, row.rating_lo, row.rating_hi),
        rating_mean=_star_mean(row) if row.n >= verdict.MIN_FIGURE else None,
        is_complete=row.is_complete,
    )


def _interval(value: float | None, low: float | None, high: float | None) -> Interval | None:
    return None if value is None or low is None or high is None else Interval(value, low, high)


def _star_mean(row: WeekCounts) -> float | None:
    if row.rating_mean is not None:
        return row.rating_mean
    stars = (row.stars_1, row.stars_2, row.stars_3, row.stars_4, row.stars_5)
    return sum(k * count for k, count in enumerate(stars, start=1)) / sum(stars) if sum(stars) else None


def _negative_share(row: WeekCounts) -> Interval:
    return _interval(row.n_negative / row.n, row.neg_lo, row.neg_hi) or statistics.wilson(row.n_negative, row.n)


def _net(row: WeekCounts) -> Interval:
    band = statistics.net_sentiment(row.n_negative, row.n_neutral, row.n_positive).band
    inside = Interval(band.value, max(-100.0, band.low), min(100.0, band.high))
    return _interval(row.net, row.net_lo, row.net_hi) or inside


def _words(pieces: WeekPieces) -> tuple[WordSign, ...]:
    signs = [
        sign
        for language, texts in sorted(pieces.texts_now.items())
        for sign in words.log_odds(texts, pieces.texts_reference.get(language, ()), language=language)
    ]
    return tuple(sorted(signs, key=lambda sign: (-sign.z, sign.term))[:WORDS_SHOWN])


def choose_quotes(candidates: Sequence[QuoteCandidate], groups: Sequence[str], count: int) -> tuple[Quote, ...]:
    """Up to `count` different texts: one for each of `groups` in turn, then the strongest of the rest.

    Strongest is the highest `p_neg`; texts of a sentence or more come before shorter ones.
    """
    ranked = sorted(candidates, key=lambda c: (len(c.quote.text) < 30, -c.p_neg, c.quote.review_key))
    first = [next((c for c in ranked if group in c.groups), None) for group in groups]
    chosen: dict[str, Quote] = {}
    for candidate in [c for c in first if c is not None] + ranked:
        if len(chosen) < count and candidate.quote.text.strip():
            chosen.setdefault(candidate.quote.text.casefold().strip(), candidate.quote)
    return tuple(chosen.values())


def _trust(pieces: WeekPieces, n: int, n0: int, x0: int, n_tests: int) -> Trust:
    enough = n >= verdict.MIN_COMPARISON and n0 >= verdict.MIN_COMPARISON and 0 < x0 < n0
    counts = pieces.trust
    return Trust(
        n=n,
        n_star_only=counts.n_star_only,
        n_unscored_language=counts.n_unscored_language,
        n_set_aside=counts.n_set_aside,
        n_removed=counts.n_removed,
        n_edited=counts.n_edited,
        n_duplicate=counts.n_duplicate,
        n_contradictory=counts.n_contradictory,
        n_date_only=counts.n_date_only,
        sources=tuple(pieces.sources),
        n_tests=n_tests,
        smallest_visible_change=statistics.smallest_visible_change(n, n0, x0 / n0) if enough else None,
        model_version=counts.model_version,
    )
