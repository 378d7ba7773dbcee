"""Confidence: a curve finds how often labels of a probability are right, and a language bends it where it differs."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@pytest.fixture
def calibrate() -> ModuleType:
    import calibrate  # type: ignore[import-not-found]

    return calibrate  # type: ignore[no-any-return]


def too_sure(count: int, share: float, seed: int) -> tuple[Floats, NDArray[np.bool_]]:
    """Probabilities, and labels of which only `share` of what they promise above a half is kept."""
    random = np.random.default_rng(seed)
    own = random.uniform(0.4, 0.99, count)
    return own, random.random(count) < 0.5 + (own - 0.5) * share


def error(calibrate: ModuleType, given: Floats, is_right: NDArray[np.bool_]) -> float:
    return float(calibrate.calibration_error(given, is_right))


def test_a_curve_mends_what_is_too_sure(calibrate: ModuleType) -> None:
    curve = calibrate.fit_curve(*too_sure(3_000, 0.6, 1))
    own, is_right = too_sure(6_000, 0.6, 2)
    assert error(calibrate, own, is_right) > 0.08
    assert error(calibrate, curve(own), is_right) < 0.025


def test_a_language_bends_the_curve_as_far_as_its_texts_go(calibrate: ModuleType) -> None:
    curve = calibrate.fit_curve(*too_sure(3_000, 1.0, 3))
    own, is_right = too_sure(6_000, 0.4, 4)
    few = calibrate.bend(curve, *too_sure(6, 0.4, 5))
    many = calibrate.bend(curve, *too_sure(600, 0.4, 6))
    at = np.array([0.9])
    # What is true there is .66; the curve of the others says .9.
    assert many(at)[0] == pytest.approx(0.66, abs=0.05)
    assert many(at)[0] < few(at)[0] <= 0.95
    assert error(calibrate, many(own), is_right) < 0.3 * error(calibrate, curve(own), is_right)


def test_without_texts_a_curve_is_the_diagonal_and_no_language_bends_it(calibrate: ModuleType) -> None:
    none: tuple[Floats, NDArray[np.bool_]] = (np.zeros(0), np.zeros(0, dtype=bool))
    at = np.array([0.35, 0.6, 0.95])
    assert calibrate.fit_curve(*none)(at) == pytest.approx(at, abs=1e-6)
    curve = calibrate.fit_curve(*too_sure(500, 0.6, 7))
    assert calibrate.bend(curve, *none)(at) == pytest.approx(curve(at), abs=1e-6)


def test_points_rise_and_stay_shares(calibrate: ModuleType) -> None:
    points = calibrate.points_of(calibrate.fit_curve(*too_sure(400, -0.5, 8)))  # surer, and more often wrong
    places, shares = (np.array(column) for column in zip(*points, strict=True))
    assert (np.diff(places) > 0).all()
    assert (np.diff(shares) >= 0).all()
    assert ((shares >= 0) & (shares <= 1)).all()


def test_each_language_reads_its_own_confidence_and_few_texts_that_of_all(calibrate: ModuleType) -> None:
    random = np.random.default_rng(9)
    languages = np.repeat(["de", "fr", "it"], [4_000, 1_200, 40])
    surest = random.uniform(0.5, 0.95, len(languages))  # on one star; the rest on five
    shares = np.zeros((len(languages), 5))
    shares[:, 0], shares[:, 4] = surest, 1 - surest
    # Of French labels a third are right however sure the model is: no temperature mends that.
    is_right = random.random(len(languages)) < np.where(languages == "fr", 0.33, surest)
    halves = np.arange(len(languages)) % 2 == 0
    sample = calibrate.Sample(shares, np.where(is_right, 0, 2), languages, halves)
    cuts = calibrate.fit(sample)
    assert set(cuts.confidence) == {"", "de", "fr"}
    swapped = calibrate.Sample(shares, sample.labels, languages, ~halves)
    crossed = (cuts, calibrate.fit(swapped))
    for language in ("de", "fr"):
        found, _ = calibrate.crossed_error(sample, crossed, language)
        assert found < 0.06, language
