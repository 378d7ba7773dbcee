"""Why an incident: what carries the excess, in which words, which reviews show it, and whether the data can be trusted.

Pure and without a language model: the same findings give the same explanation. What the data do not tell stays empty.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from pipeline.reputation.cells import Cell, days_between, drivers, exposure
from pipeline.reputation.quoting import NegativeReview, choose_quotes
from pipeline.reputation.weekly import WordSign
from pipeline.reputation.words import count_naming, log_odds
from pipeline.review import DataCheck, Explanation, Incident, Kind, KnownEvent, Phrase, Topic

WORDS = 8
NEGATIVE_KINDS: tuple[Kind, ...] = ("worse", "more_and_worse", "more", "drift")
# Fewer texts to compare with say little about what is usual.
MIN_REFERENCE = 20
TOPIC_SHARE = 0.2
TOPIC_REVIEWS = 3

ComparedWith = Literal["negatives_before", "other_reviews", "nothing"]


@dataclass(frozen=True)
class Findings:
    """What the warehouse knows about the days of an incident, `first` to `last`, and the normal days before.

    `baseline` holds each normal day with its number of reviews. `reference` are (language, text) of negative reviews
    before the incident, `others` of reviews that are not negative, before it and in it. Texts are masked.
    """

    first: date
    last: date
    cells: Sequence[Cell] = ()
    n_reviews: int = 0
    n_negative: int = 0
    n_negative_baseline: int = 0
    baseline: Sequence[tuple[date, float]] = ()
    n_texts: int = 0
    reviews: Sequence[NegativeReview] = ()
    reference: Sequence[tuple[str | None, str]] = ()
    others: Sequence[tuple[str | None, str]] = ()
    events: Sequence[KnownEvent] = ()
    checks: Sequence[DataCheck] = ()


def explain(incident: Incident, findings: Findings, *, model_version: str | None = None) -> Incident:
    """The incident with drivers, phrases, quotes and its explanation."""
    usual = exposure(days_between(findings.first, findings.last), findings.baseline)
    found = drivers(_telling(findings.cells), days=usual.days, baseline_days=usual.baseline_days) or incident.drivers
    compared, signs = _phrases(findings)
    words = tuple(sign.term for sign in signs)
    themes = [driver.name for driver in found if driver.dimension == "theme" and driver.name != "none"]
    ratio = usual.days / usual.baseline_days if usual.baseline_days else 0.0
    more, worse, usual_reviews = _split(incident)
    explanation = Explanation(
        n_reviews=findings.n_reviews,
        n_negative=findings.n_negative,
        n_texts=findings.n_texts,
        expected=findings.n_negative_baseline * ratio,
        baseline_days=len(findings.baseline),
        n_baseline=round(sum(n for _, n in findings.baseline)),
        from_more=more,
        from_worse=worse,
        usual_reviews=usual_reviews,
        phrases=tuple(Phrase(sign.term, sign.n_now, sign.n_reference, sign.z) for sign in signs),
        compared_with=compared,
        topic=_topic(findings.reviews, signs),
        events=tuple(findings.events),
        checks=tuple(findings.checks),
    )
    quotes = choose_quotes(findings.reviews, words, themes)
    return replace(
        incident, drivers=found, words=words, quotes=quotes, model_version=model_version, explanation=explanation
    )


def _telling(cells: Sequence[Cell]) -> list[Cell]:
    """Without dimensions of one value: that all reviews come from the only source explains nothing."""
    names: dict[str, set[str]] = defaultdict(set)
    for cell in cells:
        names[cell.dimension].add(cell.name)
    return [cell for cell in cells if cell.dimension == "theme" or len(names[cell.dimension]) > 1]


def _split(incident: Incident) -> tuple[float | None, float | None, float | None]:
    """The excess that more reviews make, that worse ones make, and the usual number of reviews.

    With p the usual share: y - expected = (n p - expected) + (y - n p).
    """
    share = incident.share_baseline
    if incident.kind not in NEGATIVE_KINDS or not share or incident.n_reviews == 0:
        return None, None, None
    at_usual_share = incident.n_reviews * share
    return at_usual_share - incident.expected, incident.observed - at_usual_share, incident.expected / share


def _phrases(findings: Findings) -> tuple[ComparedWith, list[WordSign]]:
    """What stands out, by language, against earlier negatives, or where they are too few, all other reviews."""
    compared: ComparedWith = "negatives_before"
    against = list(findings.reference)
    if len(against) < MIN_REFERENCE:
        compared = "other_reviews"
        against += findings.others
    if len(against) < MIN_REFERENCE:
        return "nothing", []
    now: dict[str | None, list[str]] = defaultdict(list)
    before: dict[str | None, list[str]] = defaultdict(list)
    for review in findings.reviews:
        now[review.language].append(review.text)
    for language, text in against:
        before[language].append(text)
    signs = [
        sign
        for language, texts in sorted(now.items(), key=lambda item: item[0] or "")
        for sign in log_odds(texts, before[language], language=language, top=WORDS)
    ]
    return compared, sorted(signs, key=lambda sign: (-sign.z, sign.term))[:WORDS]


def _topic(reviews: Sequence[NegativeReview], signs: Sequence[WordSign]) -> Topic | None:
    """The most telling term that a fifth of the texts name; None where they have no subject in common."""
    texts = [review.text for review in reviews if review.text.strip()]
    for sign in signs:
        n = sign.n_now if " " in sign.term else count_naming(texts, [sign.term])
        if n >= max(TOPIC_REVIEWS, TOPIC_SHARE * len(texts)):
            return Topic(sign.term, n, len(texts))
    return None
