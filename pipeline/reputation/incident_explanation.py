"""Why an incident: which themes, places, sources and words carry the excess, and which reviews show it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from pipeline.reputation.words import log_odds
from pipeline.review import Driver, Incident, Quote

COVERED = 0.8
QUOTES = 3
QUOTE_LENGTH = 240
WORDS = 8
_SAME = 0.6
_WORD = re.compile(r"[^\W\d_]{3,}")


@dataclass(frozen=True)
class Cell:
    """Counts of one value of a dimension; the baseline is the days before the incident that count as normal."""

    dimension: str
    name: str
    n_negative: float
    n_negative_baseline: float


@dataclass(frozen=True)
class NegativeReview:
    """A negative review of the incident; `text` is masked, `themes` are its theme groups."""

    review_key: str
    text: str
    source: str
    posted_on: date | None
    themes: tuple[str, ...] = ()
    url: str | None = None
    stars: float | None = None


def drivers(cells: Sequence[Cell], *, days: int, baseline_days: float) -> tuple[Driver, ...]:
    """Of each dimension, the cells that together make 80 % of its excess negatives, largest excess first.

    `days` is the length of the incident, `baseline_days` that of the normal days (weighted, if they are).

    Raises:
        ValueError: a number of days is not positive.
    """
    if days <= 0 or baseline_days <= 0:
        raise ValueError(f"drivers need positive numbers of days, got {days} and {baseline_days}")
    found: list[Driver] = []
    for dimension in dict.fromkeys(cell.dimension for cell in cells):
        mine = [
            Driver(dimension, cell.name, round(cell.n_negative), cell.n_negative_baseline * days / baseline_days)
            for cell in cells
            if cell.dimension == dimension
        ]
        found.extend(_covering(sorted((d for d in mine if d.excess > 0), key=lambda d: (-d.excess, d.name))))
    return tuple(found)


def _covering(ranked: Sequence[Driver]) -> list[Driver]:
    total, covered, kept = sum(driver.excess for driver in ranked), 0.0, []
    for driver in ranked:
        if covered >= COVERED * total:
            break
        kept.append(driver)
        covered += driver.excess
    return kept


def choose_quotes(reviews: Sequence[NegativeReview], words: Sequence[str], themes: Sequence[str]) -> tuple[Quote, ...]:
    """At most three different reviews that cover the most of the given words and themes, as masked excerpts."""
    wanted = {f"w:{word.casefold()}" for word in words} | {f"t:{theme}" for theme in themes}
    left = {review.review_key: review for review in reviews if review.text.strip()}
    chosen: list[NegativeReview] = []
    covered: set[str] = set()
    while left and len(chosen) < QUOTES:
        best = min(left.values(), key=lambda r: _rank(r, wanted, covered))
        del left[best.review_key]
        if any(_alike(best.text, other.text) for other in chosen):
            continue
        chosen.append(best)
        covered |= _signs(best, wanted)
    return tuple(Quote(r.review_key, excerpt(r.text, words), r.source, r.posted_on, r.url, r.stars) for r in chosen)


def _signs(review: NegativeReview, wanted: set[str]) -> set[str]:
    text = review.text.casefold()
    return {sign for sign in wanted if sign[2:] in (text if sign[0] == "w" else review.themes)}


def _rank(review: NegativeReview, wanted: set[str], covered: set[str]) -> tuple[int, int, int, str]:
    signs = _signs(review, wanted)
    # Among equals, a text that fits without being cut, then a fixed order.
    return (-len(signs - covered), -len(signs), abs(len(review.text) - QUOTE_LENGTH // 2), review.review_key)


def _alike(one: str, other: str) -> bool:
    a, b = (set(_WORD.findall(text.casefold())) for text in (one, other))
    return one.strip() == other.strip() or (bool(a and b) and len(a & b) / len(a | b) >= _SAME)


def excerpt(text: str, words: Sequence[str] = ()) -> str:
    """At most 240 characters of a text, cut between words, around the first of the given words."""
    flat = " ".join(text.split())
    if len(flat) <= QUOTE_LENGTH:
        return flat
    places = [place for word in words if (place := flat.casefold().find(word.casefold())) >= 0]
    start = max(0, min(min(places, default=0) - 60, len(flat) - QUOTE_LENGTH + 2))
    if start:
        start = flat.find(" ", start) + 1
    ends_cut = start + QUOTE_LENGTH - 2 < len(flat)
    piece = flat[start : start + QUOTE_LENGTH - 2]
    if ends_cut and " " in piece:
        piece = piece[: piece.rindex(" ")]
    return ("…" if start else "") + piece + ("…" if ends_cut else "")


def explain(
    incident: Incident,
    cells: Sequence[Cell],
    reviews: Sequence[NegativeReview],
    reference: Sequence[str],
    *,
    baseline_days: float,
    language: str | None = None,
    model_version: str | None = None,
) -> Incident:
    """The incident with drivers, words and quotes; `reference` are masked negative texts from before it.

    `cells` count the days from `start_day` to `last_day`. Whatever the data do not tell stays empty.
    """
    days = (incident.last_day - incident.start_day).days + 1
    found = drivers(cells, days=days, baseline_days=baseline_days) or incident.drivers
    signs = log_odds([r.text for r in reviews if r.text], reference, language=language, top=WORDS)
    words = tuple(sign.term for sign in signs)
    themes = [d.name for d in found if d.dimension == "theme" and d.name != "none"]
    quotes = choose_quotes(reviews, words, themes)
    return replace(incident, drivers=found, words=words, quotes=quotes, model_version=model_version)
