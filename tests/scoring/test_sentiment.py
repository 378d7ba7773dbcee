"""From a distribution over stars to label, probabilities and confidence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.scoring.sentiment import Cuts, interpolated, read

POINTS = ((0.4, 0.5), (0.7, 0.6), (0.9, 0.95))
CUTS = Cuts(2.5, 3.5, {"": 2.5, "de": 3.0}, {"": 1.0, "fr": 0.5}, {"de": POINTS})
shares = st.lists(st.floats(0.01, 1), min_size=5, max_size=5).map(lambda given: [x / sum(given) for x in given])


@given(shares, st.sampled_from(["de", "en", "fr", None]))
def test_probabilities_are_probabilities(stars: list[float], language: str | None) -> None:
    found = read(stars, language, CUTS)
    assert found.p_neg + found.p_neu + found.p_pos == pytest.approx(1)
    assert 1 <= found.stars <= 5
    assert 0 <= found.confidence <= 1
    assert found.polarity == pytest.approx(found.p_pos - found.p_neg)


def test_the_alarm_cut_is_the_language_s() -> None:
    stars = [0.1, 0.2, 0.45, 0.2, 0.05]  # 2.9 expected
    assert read(stars, "de", CUTS).is_negative
    assert not read(stars, "en", CUTS).is_negative
    assert read(stars, "de", CUTS).label == "neutral"


def test_confidence_is_what_such_labels_were_worth() -> None:
    stars = [0.8, 0.0, 0.2, 0.0, 0.0]
    assert read(stars, "en", CUTS).confidence == pytest.approx(0.8)
    assert read(stars, "de", CUTS).confidence == pytest.approx(0.775)


@given(st.floats(0, 1), st.floats(0, 1))
def test_interpolation_rises_and_stays_within_its_points(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert interpolated(low, POINTS) <= interpolated(high, POINTS) + 1e-12
    assert 0.5 <= interpolated(one, POINTS) <= 0.95
    assert interpolated(one, ()) == one
    for x, y in POINTS:
        assert interpolated(x, POINTS) == pytest.approx(y)
