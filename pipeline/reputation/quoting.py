"""Chooses the reviews that show an incident: each stands for a group of reviews that say much the same."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from pipeline.reputation.clusters import group_texts
from pipeline.reputation.stop_words import ALL_STOP_WORDS
from pipeline.review import Quote

QUOTES = 3
QUOTE_LENGTH = 240
# So near to the middle of its group a text says what the group says.
SIMILAR = 0.5
_FITS = range(25, QUOTE_LENGTH + 1)
SAME, SAME_TELLING = 0.6, 0.5
_WORD = re.compile(r"[^\W\d_]{3,}")


@dataclass(frozen=True)
class NegativeReview:
    """A negative review of the incident; `text` is masked, `themes` are its theme groups.

    One that may not be quoted (gone from its site, or with stars that gainsay its text) counts all the same.
    """

    review_key: str
    text: str
    source: str
    posted_on: date | None
    themes: tuple[str, ...] = ()
    url: str | None = None
    stars: float | None = None
    language: str | None = None
    is_quotable: bool = True


@dataclass(frozen=True)
class _Candidate:
    """A review with its nearness to the middle of its group, and which of the wanted words and themes it has."""

    review: NegativeReview
    nearness: float
    signs: frozenset[str]


def choose_quotes(reviews: Sequence[NegativeReview], words: Sequence[str], themes: Sequence[str]) -> tuple[Quote, ...]:
    """At most three different reviews, from the groups that say most about the given words and themes, as excerpts."""
    told = [review for review in reviews if review.text.strip()]
    grouping = group_texts([review.text for review in told])
    wanted = frozenset({f"w:{word.casefold()}" for word in words} | {f"t:{theme}" for theme in themes})
    groups: dict[int, list[_Candidate]] = {}
    for row, review in enumerate(told):
        # A text that says nothing telling is alone: it is quoted where there is nothing else.
        key = int(grouping.group[row]) if grouping.group[row] >= 0 else len(told) + row
        groups.setdefault(key, []).append(_Candidate(review, float(grouping.nearness[row]), _signs(review, wanted)))
    ranked = sorted(groups.items(), key=lambda item: (-_weight(item[1]), item[0]))
    chosen: list[Quote] = []
    covered: set[str] = set()
    for _, members in ranked:
        best = _spokesman(members, covered)
        if best is None:
            continue
        review, text = best.review, excerpt(best.review.text, words)
        same = next((k for k, quote in enumerate(chosen) if are_same(text, quote.text)), None)
        if same is not None:
            chosen[same] = replace(chosen[same], n_similar=chosen[same].n_similar + len(_core(members)))
        elif len(chosen) < QUOTES:
            n = len(_core(members)) - (best in _core(members))
            chosen.append(Quote(review.review_key, text, review.source, review.posted_on, review.url, review.stars, n))
            covered |= best.signs
    return tuple(chosen)


def _signs(review: NegativeReview, wanted: frozenset[str]) -> frozenset[str]:
    text = review.text.casefold()
    return frozenset(sign for sign in wanted if sign[2:] in (text if sign[0] == "w" else review.themes))


def _core(members: Sequence[_Candidate]) -> list[_Candidate]:
    return [one for one in members if one.nearness >= SIMILAR] or list(members[:1])


def _weight(members: Sequence[_Candidate]) -> int:
    """How many say what the group says; those with a sign of what the incident is about count four times."""
    return sum(4 if one.signs else 1 for one in _core(members))


def _spokesman(members: Sequence[_Candidate], covered: set[str]) -> _Candidate | None:
    """The review that speaks for a group; None where none may be quoted."""
    able = [one for one in _core(members) if one.review.is_quotable] or [m for m in members if m.review.is_quotable]
    return min(able, key=lambda one: _rank(one, covered), default=None)


def _rank(one: _Candidate, covered: set[str]) -> tuple[bool, int, float, str]:
    # A text that fits without being cut, says something new, speaks for the group; then a fixed order.
    fits = len(" ".join(one.review.text.split())) in _FITS
    return (not fits, -min(len(one.signs - covered), 2), -round(one.nearness, 2), one.review.review_key)


def are_same(one: str, other: str) -> bool:
    """Whether two texts say much the same: most words in common, or half of the telling words of the shorter."""
    if one.strip() == other.strip():
        return True
    a, b = (set(_WORD.findall(text.casefold())) for text in (one, other))
    if a and b and len(a & b) / len(a | b) >= SAME:
        return True
    c, d = a - ALL_STOP_WORDS, b - ALL_STOP_WORDS
    return bool(c and d) and len(c & d) / min(len(c), len(d)) >= SAME_TELLING


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
