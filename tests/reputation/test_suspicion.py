"""Copies, newcomers and praise: signs where they stand out, silence where they are usual."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from pipeline.reputation.evaluation import SeriesKey
from pipeline.reputation.suspicion import SourceCounts, manipulations, positive_surges
from pipeline.reputation.tails import Array

LAST = date(2026, 11, 17)
DAYS = 200
PORTAL = SeriesKey("shop", "source", "portal")


def counts(newcomers: float, seed: int = 3) -> SourceCounts:
    """Six reviews a day of named authors, of whom that part is new; no copies."""
    rng = np.random.default_rng(seed)
    n = rng.poisson(6, (1, DAYS)).astype(float)
    new = rng.binomial(n.astype(int), newcomers).astype(float)
    nothing = np.zeros((1, DAYS))
    return SourceCounts(
        (PORTAL,), LAST, n, nothing.copy(), n.copy(), new, nothing.copy(), nothing.copy(), nothing.copy()
    )


def add(arrays: tuple[Array, ...], count: int, back: int = 1) -> None:
    for array in arrays:
        array[0, -1 - back] += count


def test_a_burst_of_copies_is_seen_with_its_negatives() -> None:
    c = counts(0.5)
    add((c.n, c.copies, c.negative_copies), 18)
    found = manipulations(c, 4.25, 7)
    assert {sign.reasons for sign in found} == {("copies",)}
    first = min(found, key=lambda sign: sign.day)
    assert (first.day, first.kind, first.observed, first.n_negative) == (
        LAST - timedelta(days=1),
        "manipulation",
        18,
        18,
    )
    assert not first.is_history


def test_a_burst_of_newcomers_stands_out_from_regulars_only() -> None:
    regulars, strangers = counts(0.3), counts(0.97)
    for c in (regulars, strangers):
        add((c.n, c.authored, c.newcomers, c.negative_newcomers), 25)
    assert {sign.reasons for sign in manipulations(regulars, 4.25, 7)} == {("new_authors",)}
    assert manipulations(strangers, 4.25, 7) == []


def test_a_burst_that_was_imported_is_history() -> None:
    c = counts(0.5)
    add((c.n, c.copies, c.history), 18)
    assert all(sign.is_history for sign in manipulations(c, 4.25, 7))


@pytest.mark.parametrize("seed", range(4))
def test_ordinary_weeks_are_not_suspicious(seed: int) -> None:
    assert manipulations(counts(0.4, seed), 4.25, 60) == []


def test_no_source_no_sign() -> None:
    empty = np.zeros((0, DAYS))
    assert manipulations(SourceCounts((), LAST, *[empty] * 7), 4.25, 7) == []
    assert positive_surges([], empty, empty, LAST, 4.25, 7) == []


def test_praise_that_multiplies_is_a_positive_surge_and_complaints_are_none() -> None:
    c = counts(0.5)
    rng = np.random.default_rng(1)
    positive = rng.binomial(c.n.astype(int), 0.8).astype(float)
    surge_n, surge = c.n.copy(), positive.copy()
    surge_n[0, -3:] += 30
    surge[0, -3:] += 30
    shop = [SeriesKey("shop")]
    assert {sign.kind for sign in positive_surges(shop, surge_n, surge, LAST, 4.25, 3)} == {"positive_surge"}
    assert positive_surges(shop, surge_n, positive, LAST, 4.25, 3) == []
    assert positive_surges(shop, c.n, positive, LAST, 4.25, 60) == []
