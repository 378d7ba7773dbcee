"""Words and phrases over-represented in a set of reviews against a reference (Monroe et al. 2008, M19).

A term is one to three words. A review counts it once however often it says it. The log-odds rank the terms; their
prior is worth ten reviews that use the term at its pooled rate, so a rare term needs more evidence than a common one.
Which terms are shown at all is held to a false-finding rate over all terms that enough reviews use, by an exact test.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.reputation.statistics import benjamini_hochberg, excess_p
from pipeline.reputation.stop_words import ALL_STOP_WORDS, NEGATIONS, STOP_WORDS
from pipeline.reputation.weekly import WordSign

PRIOR_REVIEWS = 10.0
MIN_PRIOR = 0.5
MAX_Q = 0.10
MIN_SUPPORT = 5
MIN_SUPPORT_FEW = 3
FEW_REVIEWS = 20
# A longer phrase stands for a shorter one if at least so many of the reviews with the shorter one say it.
ECHO = 0.7

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
# Masking leaves marks such as [email] or <phone>; they are ours, not the author's. Addresses are no words either.
_NOT_WORDS = re.compile(r"\[[^\]\s]{1,30}\]|[<‹⟨][^>›⟩\s]{1,30}[>›⟩]|https?://\S+|www\.\S+")


# "l'article" and "it's" are `article` and `it`; "don't" stays whole, for it negates what follows.
_ELISION = re.compile(r"^(?:[cdjlmnst]|qu|un|all|dall|dell|nell|sull)'|'(?:s|m|d|ve|re|ll)$")


@dataclass(frozen=True)
class _Counts:
    reviews: int
    terms: Counter[str]
    spellings: dict[str, Counter[str]]


def log_odds(
    now: Sequence[str], reference: Sequence[str], *, language: str | None = None, top: int = 8
) -> list[WordSign]:
    """At most `top` terms (one to three words) that `now` uses more than `reference`, strongest first.

    Texts are masked. A term needs five reviews in `now`, three where `now` has fewer than twenty, and q <= 0.10.
    `language` (ISO 639-1) picks the stop words; None, or one without a list, takes those of all languages.
    """
    if not now or not reference:
        return []
    stop = STOP_WORDS.get(language or "", ALL_STOP_WORDS)
    fresh, old = _count(now, stop), _count(reference, stop)
    support = MIN_SUPPORT_FEW if fresh.reviews < FEW_REVIEWS else MIN_SUPPORT
    # The family of tests is chosen by the total, not by the count now: that would pick the lucky ones.
    family = [term for term, count in (fresh.terms + old.terms).items() if count >= support]
    signs = [_sign(term, fresh, old) for term in family]
    chance = excess_p([s.n_now for s in signs], fresh.reviews, [s.n_reference for s in signs], old.reviews)
    kept = [s for s, q in zip(signs, benjamini_hochberg(chance), strict=True) if q <= MAX_Q and s.n_now >= support]
    strong = sorted(kept, key=lambda sign: (-sign.z, sign.term))
    return [_spelled(sign, fresh.spellings) for sign in _without_echoes(strong)[:top]]


def _count(texts: Iterable[str], stop: frozenset[str]) -> _Counts:
    terms: Counter[str] = Counter()
    spellings: dict[str, Counter[str]] = defaultdict(Counter)
    reviews = 0
    for text in texts:
        found = _terms(text, stop)
        reviews += 1
        terms.update(found.keys())
        for term, spelling in found.items():
            spellings[term][spelling] += 1
    return _Counts(reviews, terms, spellings)


def _terms(text: str, stop: frozenset[str]) -> dict[str, str]:
    """Case-folded terms of one review, each with a spelling in which it occurs."""
    found: dict[str, str] = {}
    plain = unicodedata.normalize("NFC", _NOT_WORDS.sub(" . ", text)).replace("’", "'")
    # A phrase does not reach over a full stop or a comma.
    for clause in re.split(r"[.,;:!?()\"„“”\n]+", plain):
        words = [_ELISION.sub("", word) for word in _WORD.findall(clause)]
        folded = [word.casefold() for word in words]
        for index, word in enumerate(folded):
            alone = len(word) >= 3 and word not in stop and word not in NEGATIONS
            if alone:
                found.setdefault(word, words[index])
            if index and _is_phrase(folded[index - 1], word, stop):
                found.setdefault(f"{folded[index - 1]} {word}", f"{words[index - 1]} {words[index]}")
            if index > 1 and _is_phrase(folded[index - 2], word, stop) and "'" not in folded[index - 1]:
                # In the middle any word will do: `waste of money`, `never came back`.
                found.setdefault(" ".join(folded[index - 2 : index + 1]), " ".join(words[index - 2 : index + 1]))
    return found


def _is_phrase(first: str, second: str, stop: frozenset[str]) -> bool:
    """A phrase is two telling words, or a negation and one; `app doesn't` says less than `doesn't work`."""
    if "'" in second:
        return False
    told = [word for word in (first, second) if word not in NEGATIONS]
    return bool(told) and all(len(word) >= 3 and word not in stop for word in told)


def _sign(term: str, now: _Counts, reference: _Counts) -> WordSign:
    y1, y0 = now.terms[term], reference.terms[term]
    # The floor keeps a term that is new against a large reference from drowning in its own uncertainty.
    prior = max(MIN_PRIOR, PRIOR_REVIEWS * (y1 + y0) / (now.reviews + reference.reviews))
    delta = _log_odd(y1, now.reviews, prior) - _log_odd(y0, reference.reviews, prior)
    return WordSign(term, y1, y0, delta / math.sqrt(1 / (y1 + prior) + 1 / (y0 + prior)))


def _log_odd(count: int, reviews: int, prior: float) -> float:
    # Half a review keeps the odds finite for a term that every review contains.
    return math.log((count + prior) / max(reviews + PRIOR_REVIEWS - count - prior, 0.5))


def _without_echoes(signs: Sequence[WordSign]) -> list[WordSign]:
    """One term a finding: `charged twice` stands for `charged` and `twice` if most reviews with these say it so."""
    kept: list[WordSign] = []
    phrases = [sign for sign in signs if " " in sign.term]
    for sign in signs:
        if any(_covers(phrase, sign) for phrase in phrases):
            continue
        if not any(_repeats(sign.term, other.term) for other in kept):
            kept.append(sign)
    return kept


def _covers(phrase: WordSign, sign: WordSign) -> bool:
    is_within = phrase.term != sign.term and f" {sign.term} " in f" {phrase.term} "
    return is_within and phrase.n_now >= ECHO * sign.n_now


def _repeats(term: str, other: str) -> bool:
    mine, theirs = (
        [word for word in found.split() if word not in ALL_STOP_WORDS and word not in NEGATIONS]
        for found in (term, other)
    )
    return any(are_alike(word, told) for word in mine for told in theirs)


def are_alike(one: str, other: str) -> bool:
    """Whether two case-folded words are forms of one, as far as their beginnings tell: `charge` and `charged`."""
    if one == other:
        return True
    shared = next((k for k, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return shared >= 4 and shared >= 0.75 * max(len(one), len(other))


def count_naming(texts: Iterable[str], words: Sequence[str]) -> int:
    """How many of the texts use one of these words, or a form of it."""
    wanted = [word.casefold() for word in words]
    known: dict[str, bool] = {}

    def is_wanted(word: str) -> bool:
        if word not in known:
            known[word] = any(are_alike(word, want) for want in wanted)
        return known[word]

    return sum(any(is_wanted(word) for word in told_words(text)) for text in texts)


def told_words(text: str) -> set[str]:
    """The case-folded words of a text, without addresses and without the marks of masking."""
    plain = unicodedata.normalize("NFC", _NOT_WORDS.sub(" ", text)).replace("’", "'")
    return {_ELISION.sub("", word).casefold() for word in _WORD.findall(plain)}


def _spelled(sign: WordSign, spellings: dict[str, Counter[str]]) -> WordSign:
    """The term as most reviews write it (German nouns keep their capital)."""
    spelling = min(spellings[sign.term].items(), key=lambda item: (-item[1], item[0].isupper(), item[0].swapcase()))[0]
    return WordSign(spelling, sign.n_now, sign.n_reference, sign.z)
