"""Invented weeks of an invented firm: a bad week, a calm one, little, none, much, and everything too long."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, timedelta

from pipeline.reputation.statistics import STAR_PRIOR, STAR_VALUES, dirichlet
from pipeline.reputation.week import (
    Event,
    QuoteCandidate,
    ReplyCohort,
    TrustCounts,
    WeekCounts,
    WeekPieces,
    compose,
)
from pipeline.reputation.weekly import Escalation, LocationFigures, SourceFreshness, ThemeCount, WeekReport
from pipeline.review import Driver, Incident, Quote, Severity

MONDAY = date(2026, 11, 16)
AS_OF = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


def week(back: int, n: int, n_negative: int, *, rating: float | None = 4.13) -> WeekCounts:
    """The counts of the week `back` weeks before the sample week."""
    neutral = min(n - n_negative, n // 10)
    band = dirichlet([7 * q + 30 * q for q in STAR_PRIOR], STAR_VALUES).sd
    return WeekCounts(
        week_start=MONDAY - timedelta(weeks=back),
        n=n,
        n_negative=n_negative,
        n_neutral=neutral,
        n_positive=n - n_negative - neutral,
        n_text=n,
        n_scored=n,
        rating_mean=rating,
        rating_bayes=rating,
        rating_lo=rating - band / 3 if rating else None,
        rating_hi=rating + band / 3 if rating else None,
    )


def calm_history(count: int = 25, n: int = 30) -> list[WeekCounts]:
    """Weeks with about 12.5 % negative."""
    wave = (4, 3, 5, 4, 3, 4, 2, 5)
    return [week(back, n, wave[back % 8] * n // 30) for back in range(count, 0, -1)]


def quote(
    key: str, text: str, *, stars: float = 1.0, day: int = 18, p: float = 0.9, group: str = "billing"
) -> QuoteCandidate:
    url = f"https://reviews.example/r/{key}"
    return QuoteCandidate(Quote(key, text, "portal_a", date(2026, 11, day), url, stars), p, (group,), "de")


def incident(key: str = "i1", severity: str = "P1") -> Incident:
    return Incident(
        incident_id=key,
        dedup_key=key,
        state="new",
        kind="more_and_worse",
        severity=severity,  # type: ignore[arg-type]
        entity="brandt",
        scope="all",
        start_day=date(2026, 11, 17),
        alert_day=date(2026, 11, 18),
        last_day=date(2026, 11, 22),
        observed=18,
        expected=3.8,
        expected_low=0,
        expected_high=8,
        n_reviews=60,
        share=0.3,
        share_baseline=0.125,
        score=9.0,
        drivers=(Driver("theme", "billing", 10, 1.5), Driver("theme", "service", 5, 1.1)),
        words=("doppelt abgebucht", "Erstattung"),
    )


def escalation(key: str, text: str, priority: Severity, *reasons: str, hours: int = 4) -> Escalation:
    due = AS_OF + timedelta(hours=hours)
    return Escalation(key, priority, reasons, due, hours < 0, text, "portal_a", f"https://reviews.example/r/{key}")


def bad_pieces() -> WeekPieces:
    """18 of 60 negative after 30 of 240, mainly billing; Leipzig stands out; one portal has gone quiet."""
    moment = datetime(2026, 11, 22, 20, 40, tzinfo=UTC)
    history = [row for row in calm_history() if row.week_start != MONDAY - timedelta(weeks=14)]
    thin = MONDAY - timedelta(weeks=20)
    history = [week(20, 7, 2) if row.week_start == thin else row for row in history]
    return WeekPieces(
        entity="brandt",
        entity_name="Haus & Garten Brandt",
        week_start=MONDAY,
        time_zone="Europe/Berlin",
        as_of=AS_OF,
        weeks=[*history, week(0, 60, 18, rating=4.05)],
        themes=[
            ThemeCount("billing", 9.0, 7.0),
            ThemeCount("service", 5.0, 12.0),
            ThemeCount("delivery", 2.0, 6.0),
            ThemeCount("price", 0.5, 3.0),
        ],
        locations=[
            LocationFigures("Leipzig", 61, 22),
            *(
                LocationFigures(name, n, x)
                for name, n, x in (
                    ("Berlin", 52, 7),
                    ("Bremen", 41, 5),
                    ("Dresden", 38, 6),
                    ("Halle", 33, 3),
                    ("Kassel", 29, 4),
                    ("Potsdam", 24, 3),
                    ("Erfurt", 36, 4),
                    ("Gera", 21, 3),
                    ("Jena", 44, 5),
                    ("Rostock", 31, 4),
                    ("Weimar", 27, 3),
                    ("Hannover", 58, 8),
                    ("Hamburg", 66, 8),
                    ("Kiel", 35, 5),
                )
            ),
        ],
        quotes=[
            quote("a", "Zweimal abgebucht, und am Telefon geht niemand ran. So etwas ist mir noch nie passiert."),
            quote(
                "b", "The refund was promised for Monday. It is Friday, and nobody answers.", group="service", p=0.88
            ),
            quote("c", "Lieferung kam acht Tage zu spät, die Hälfte fehlte.", group="delivery", stars=2.0, p=0.8),
            quote("d", "Schlecht.", p=0.99),
        ],
        praise=[quote("p", "Die Beratung im Markt war freundlich und kannte sich aus.", stars=5.0, p=0.01)],
        texts_now={"de": ["doppelt abgebucht, keine Erstattung"] * 6 + ["Hotline nie erreichbar"] * 5},
        texts_reference={"de": ["Lieferung zu spät", "Ware kaputt", "Hotline nie erreichbar", "unfreundlich"] * 6},
        replies=ReplyCohort(MONDAY - timedelta(weeks=1), 28, 20),
        sources=[
            SourceFreshness("portal_a", moment, AS_OF, "ok", 41, 20.0, False),
            SourceFreshness("portal_b", moment - timedelta(hours=5), AS_OF, "ok", 12, 9.0, False),
            SourceFreshness("feed", moment - timedelta(days=1), AS_OF, "ok", 5, 4.0, False),
            SourceFreshness("steam", moment - timedelta(days=2), AS_OF, "ok", 2, 1.0, False),
        ],
        trust=TrustCounts(n_star_only=6, n_removed=2, n_edited=1, n_unscored_language=3, model_version="leumund-1"),
        incidents=[incident()],
        escalations=[
            escalation("e1", "Zweimal abgebucht, jetzt geht die Sache zum Anwalt.", "P1", "LEGAL", "MONEY", hours=-3),
            escalation("e2", "My daughter cut her hand on the shelf.", "P1", "SAFETY", "SEVERE"),
            escalation("e3", "Dritte Mail, keine Antwort. Ich möchte den Filialleiter sprechen.", "P2", "MANAGER"),
        ],
        n_escalations=3,
        events=[Event(date(2026, 11, 16), "Kampagne „Herbst“"), Event(date(2026, 8, 3), "Neue Rückgabefrist")],
    )


def _single(weeks: list[WeekCounts], **changes: object) -> WeekReport:
    bare = WeekPieces("brandt", "Haus & Garten Brandt", MONDAY, "Europe/Berlin", AS_OF, weeks)
    return compose(dataclasses.replace(bare, **changes))  # type: ignore[arg-type]


def bad() -> WeekReport:
    return compose(bad_pieces())


def calm() -> WeekReport:
    pieces = bad_pieces()
    quiet = dataclasses.replace(
        pieces,
        weeks=[*calm_history(), week(0, 31, 4)],
        themes=[ThemeCount("billing", 1.0, 7.0), ThemeCount("service", 2.0, 12.0)],
        locations=pieces.locations[1:],
        incidents=(),
        events=(),
        texts_now={},
    )
    return compose(quiet)


def better() -> WeekReport:
    pieces = bad_pieces()
    themes = [ThemeCount("billing", 1.0, 40.0), ThemeCount("service", 1.0, 30.0)]
    weeks = [*[week(back, 30, 12) for back in range(25, 0, -1)], week(0, 60, 3, rating=4.4)]
    return compose(dataclasses.replace(pieces, weeks=weeks, themes=themes, incidents=(), texts_now={}))


def few() -> WeekReport:
    """Four reviews: no figure."""
    return _single([*calm_history(6, 30), week(0, 4, 1)])


def thin() -> WeekReport:
    """Seven reviews: a figure, no comparison."""
    return _single([*calm_history(6, 30), week(0, 7, 1)])


def single() -> WeekReport:
    """One review, the first ever, from one source."""
    source = SourceFreshness("feed", datetime(2026, 11, 17, 9, 0, tzinfo=UTC), AS_OF, "ok", 1, None, False)
    trust = TrustCounts(n_star_only=1, n_removed=1, n_edited=1, n_duplicate=1)
    return _single([week(0, 1, 1, rating=None)], sources=[source], trust=trust)


def none() -> WeekReport:
    """No review this week, though a source used to give some."""
    newest = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
    return _single(calm_history(8), sources=[SourceFreshness("portal_a", newest, AS_OF, "failed", 0, 30.0, True)])


def nothing_ever() -> WeekReport:
    return _single([])


def first() -> WeekReport:
    return _single([week(0, 40, 9)])


def unfinished() -> WeekReport:
    now = dataclasses.replace(week(0, 14, 3), is_complete=False)
    return _single([*calm_history(), now], as_of=datetime(2026, 11, 19, 7, 0, tzinfo=UTC))


def all_negative() -> WeekReport:
    return _single([*[week(back, 20, 20, rating=1.1) for back in range(12, 0, -1)], week(0, 20, 20, rating=1.1)])


def no_negative() -> WeekReport:
    return _single([*[week(back, 20, 0, rating=4.9) for back in range(12, 0, -1)], week(0, 20, 0, rating=4.9)])


def huge() -> WeekReport:
    weeks = [
        *[week(back, 98_000 + 100 * back, 12_400 + 37 * back) for back in range(25, 0, -1)],
        week(0, 100_000, 13_211),
    ]
    themes = [ThemeCount("billing", 5_000.5, 30_000.0), ThemeCount("digital", 6_000.25, 44_000.0)]
    return _single(weeks, themes=themes)


def hostile() -> WeekReport:
    """Everything as long and as ill-meant as it may be."""
    pieces = bad_pieces()
    long_text = "<script>alert('x')</script> & <img src=x onerror=alert(1)> " + "Donaudampfschifffahrt " * 12
    evil = Quote("q1", long_text[:240], "portal_a", None, "javascript:alert(1)", None)
    quotes = [QuoteCandidate(evil, 0.99, ("billing",), "de")]
    quotes += [quote(f"q{k}", (f"{k} " + "sehr langer Text ohne Ende " * 12)[:240], p=0.9) for k in range(2, 5)]
    stale = datetime(2026, 10, 1, tzinfo=UTC)
    sources = [SourceFreshness(f"quelle_{k}", stale, AS_OF, "ok", 3, 9.0, k < 2) for k in range(12)]
    named = ("billing", "service", "delivery", "product", "price", "digital", "site", "unknown_group")
    return compose(
        dataclasses.replace(
            pieces,
            entity_name="Vereinigte Haus- & Gartenbedarfshandelsgesellschaft <b>Brandt</b> " * 3,
            themes=[ThemeCount(group, 2.0, 2.0 + k / 4) for k, group in enumerate(named)],
            locations=[
                LocationFigures(f"Standort mit langem Namen {k} <i>", 80, 60 if k % 16 == 0 else 10 + k % 5)
                for k in range(40)
            ],
            quotes=quotes,
            praise=[QuoteCandidate(evil, 0.01, (), "de")],
            sources=sources,
            incidents=[incident(f"i{k}", f"P{k % 3 + 1}") for k in range(6)],
            escalations=[
                dataclasses.replace(
                    escalation(f"e{k}", long_text, "P1", "SAFETY", "LEGAL", "DISCRIM", "OVERDUE"),
                    url="javascript:alert(1)",
                )
                for k in range(5)
            ],
            n_escalations=1_204,
            events=[
                Event(MONDAY - timedelta(weeks=k), "Kampagne mit sehr langem Titel & <u>mehr</u> " * 3)
                for k in range(6)
            ],
            trust=TrustCounts(6, 5, 4, 3, 2, 11, 8, 12, "leumund-1"),
        )
    )


ALL = (
    bad,
    calm,
    better,
    few,
    thin,
    single,
    none,
    nothing_ever,
    first,
    unfinished,
    all_negative,
    no_negative,
    huge,
    hostile,
)
