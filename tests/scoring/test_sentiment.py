"""From a distribution over stars to label, probabilities and confidence."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.scoring.sentiment import Cuts, interpolated, middle_stars, read

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


@given(shares)
def test_the_middle_has_half_of_the_mass_on_either_side(spread: list[float]) -> None:
    middle = middle_stars(spread)
    below = sum(share * min(1, max(0, middle - star + 0.5)) for star, share in enumerate(spread, start=1))
    assert 1 <= middle <= 5
    assert below == pytest.approx(0.5) or (middle == 1 and below > 0.5) or (middle == 5 and below < 0.5)


def test_the_middle_reaches_the_ends_where_expected_stars_do_not() -> None:
    spread = [0.05, 0.0, 0.05, 0.1, 0.8]
    assert read(spread, "en", CUTS).stars == pytest.approx(4.6)
    narrowed = replace(CUTS, star_temperature=0.5)
    assert read(spread, "en", narrowed).stars == pytest.approx(5.0, abs=0.02)
    assert read(spread, "en", narrowed).label == read(spread, "en", CUTS).label
