"""Slow drift: found within weeks, not raised by praise, surges or chance, and knowing only the past."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.reputation.drift import drift
from pipeline.reputation.tails import Array

WEEKS = 90
DAYS = WEEKS * 7


def shop(rate: float, share: Array | float, seed: int, series: int = 1) -> tuple[Array, Array]:
    rng = np.random.default_rng(seed)
    n = rng.poisson(rate, (series, DAYS))
    return n.astype(float), rng.binomial(n, share).astype(float)


@pytest.mark.parametrize(("rate", "within"), [(3, 16), (10, 11), (100, 10)])
def test_a_share_that_doubles_in_a_quarter_is_found(rate: float, within: int) -> None:
    creeping = 0.15 + 0.15 * np.clip((np.arange(DAYS) - 420) / 84, 0, 1)
    found = drift(*shop(rate, creeping, seed=2)).is_drifting[0]
    assert not found[:60].any()
    assert found[60 : 60 + within].any()


def test_chance_seldom_signals() -> None:
    found = drift(*shop(5, 0.2, seed=1, series=200)).is_drifting
    starts = found[:, 1:] & ~found[:, :-1]
    assert starts.sum() / (200 * WEEKS / 52.18) < 0.25


def test_more_reviews_of_the_same_kind_are_no_drift() -> None:
    n, y = shop(5, 0.2, seed=4)
    n[:, 500:] *= 6
    y[:, 500:] *= 6
    assert not drift(n, y).is_drifting[0, 71:74].any()


def test_it_says_since_when_and_against_what() -> None:
    creeping = np.where(np.arange(DAYS) < 490, 0.1, 0.25)
    found = drift(*shop(20, creeping, seed=5))
    week = int(np.flatnonzero(found.is_drifting[0])[0])
    assert 70 <= week <= 76
    assert week - found.weeks[0, week] + 1 == pytest.approx(70, abs=3)
    assert found.share_baseline[0, week] == pytest.approx(0.1, abs=0.02)
    assert found.negatives[0, week] <= found.n[0, week]


@given(cut=st.integers(20, WEEKS - 1), seed=st.integers(0, 99))
def test_a_week_does_not_depend_on_later_weeks(cut: int, seed: int) -> None:
    n, y = shop(4, 0.2, seed)
    whole, part = drift(n, y), drift(n[:, : cut * 7], y[:, : cut * 7])
    np.testing.assert_allclose(whole.statistic[:, :cut], part.statistic)


def test_no_reviews_and_short_histories_are_quiet() -> None:
    assert not drift(np.zeros((2, 400)), np.zeros((2, 400))).is_drifting.any()
    assert not drift(np.full((1, 60), 9.0), np.full((1, 60), 9.0)).is_drifting.any()
    assert drift(np.zeros((1, 3)), np.zeros((1, 3))).statistic.shape == (1, 0)
