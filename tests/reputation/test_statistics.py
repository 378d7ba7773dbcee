import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pipeline.reputation import statistics
from pipeline.reputation.statistics import Cell

counts = st.integers(min_value=1, max_value=5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize(("x", "n", "low", "high"), [(9, 40, 0.1232, 0.3750), (0, 5, 0.0, 0.4345)])
def test_wilson_has_its_golden_values(x, n, low, high):
    band = statistics.wilson(x, n)
    assert (round(band.low, 4), round(band.high, 4)) == (low, high)


@given(counts)
def test_wilson_agrees_with_scipy_and_holds_the_share(count):
    x, n = count
    band = statistics.wilson(x, n)
    known = stats.binomtest(x, n).proportion_ci(method="wilson")
    assert 0 <= band.low <= band.value <= band.high <= 1
    assert band.low == pytest.approx(known.low, abs=1e-9)
    assert band.high == pytest.approx(known.high, abs=1e-9)


@pytest.mark.parametrize(("x", "n"), [(0, 0), (3, 2), (-1, 4)])
def test_wilson_refuses_impossible_counts(x, n):
    with pytest.raises(ValueError, match="a share needs"):
        statistics.wilson(x, n)


def test_newcombe_has_its_golden_values():
    band = statistics.newcombe(18, 60, 30, 240)
    assert (round(band.low, 4), round(band.high, 4)) == (0.0632, 0.3052)
    assert band.value == pytest.approx(0.175)


@given(counts, counts)
def test_newcombe_is_antisymmetric_and_holds_the_difference(now, before):
    one, other = statistics.newcombe(*now, *before), statistics.newcombe(*before, *now)
    assert -1 <= one.low <= one.value <= one.high <= 1
    assert one.low == pytest.approx(-other.high, abs=1e-12)


def test_n_minus_one_z_has_its_golden_value():
    z = statistics.two_proportion_z(18, 60, 30, 240)
    assert round(z, 4) == 3.3017
    assert round(statistics.difference_p(18, 60, 30, 240), 6) == 0.000961


@pytest.mark.parametrize("x", [0, 20])
def test_no_variation_is_no_evidence(x):
    assert statistics.two_proportion_z(x, 20, x * 4, 80) == 0
    assert statistics.difference_p(x, 20, x * 4, 80) == pytest.approx(0.5, abs=0.5)


@given(st.integers(1, 40), st.integers(1, 200), st.data())
def test_fisher_mid_p_lies_below_fisher_by_half_of_the_observed_tables(n1, n0, data):
    x1, x0 = data.draw(st.integers(0, n1)), data.draw(st.integers(0, n0))
    exact = stats.fisher_exact([[x1, n1 - x1], [x0, n0 - x0]])[1]
    assert 0 < statistics.fisher_mid_p(x1, n1, x0, n0) <= exact + 1e-9


def test_small_expected_counts_take_the_exact_test():
    assert statistics.difference_p(3, 12, 4, 96) == statistics.fisher_mid_p(3, 12, 4, 96)


def test_benjamini_hochberg_has_its_golden_values():
    p = [0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.391]
    q = [0.01, 0.04, 0.084, 0.084, 0.084, 0.1, 0.1057, 0.2356, 0.2356, 0.391]
    assert [round(value, 4) for value in statistics.benjamini_hochberg(p)] == q
    assert statistics.benjamini_hochberg([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60), st.randoms())
def test_benjamini_hochberg_keeps_order_and_never_lowers_a_p(p_values, random):
    q_values = statistics.benjamini_hochberg(p_values)
    shuffled = list(enumerate(p_values))
    random.shuffle(shuffled)
    again = statistics.benjamini_hochberg([p for _, p in shuffled])
    assert all(q >= p - 1e-12 for p, q in zip(p_values, q_values, strict=True))
    assert all(again[k] == pytest.approx(q_values[index]) for k, (index, _) in enumerate(shuffled))


def test_rating_and_net_sentiment_have_their_golden_values():
    counted = [n + 7 * q for n, q in zip([4, 2, 3, 6, 15], statistics.STAR_PRIOR, strict=True)]
    rating = statistics.dirichlet(counted, statistics.STAR_VALUES)
    net = statistics.net_sentiment(12, 6, 22)
    assert (round(rating.mean, 4), round(rating.sd, 4)) == (3.7973, 0.2311)
    assert (round(net.mean, 2), round(net.sd, 2)) == (24.10, 13.59)


def test_smallest_visible_change_has_its_golden_value():
    assert round(statistics.smallest_visible_change(60, 240, 0.125), 4) == 0.1337


def test_kitagawa_has_its_golden_values():
    parts = statistics.kitagawa([0.5, 0.3, 0.2], [0.3, 0.3, 0.4], [0.1, 0.2, 0.3], [0.12, 0.2, 0.36])
    assert [round(part.rate, 4) for part in parts] == [0.008, 0.0, 0.018]
    assert [round(part.mix, 4) for part in parts] == [0.019, 0.0, 0.025]


@given(st.lists(st.tuples(st.floats(0.01, 1), st.floats(0.01, 1), st.floats(0, 1), st.floats(0, 1)), min_size=1))
def test_kitagawa_adds_up_exactly(strata):
    mix0, mix1, share0, share1 = (list(column) for column in zip(*strata, strict=True))
    mix0, mix1 = ([m / sum(mix) for m in mix] for mix in (mix0, mix1))
    parts = statistics.kitagawa(mix0, mix1, share0, share1)
    change = sum(m * p for m, p in zip(mix1, share1, strict=True)) - sum(
        m * p for m, p in zip(mix0, share0, strict=True)
    )
    assert sum(part.rate + part.mix for part in parts) == pytest.approx(change, abs=1e-9)


STABLE = [Cell(40, x) for x in (8, 7, 9, 8, 10, 6, 8, 9, 7, 8, 9, 8)]


def test_a_shift_lies_outside_the_control_limits_and_a_stable_week_inside():
    chart = statistics.control_chart([*STABLE, Cell(40, 24)], reference=-1)
    assert chart is not None
    assert [point.signal for point in chart.points[:-1]] == [None] * len(STABLE)
    assert chart.points[-1].signal == "outside"


def test_eight_weeks_on_one_side_are_a_run():
    chart = statistics.control_chart([*STABLE, *[Cell(40, 11)] * 8], reference=len(STABLE))
    assert chart is not None
    assert [point.signal for point in chart.points[-2:]] == [None, "run"]


def test_limits_are_binomial_where_weeks_vary_by_chance_alone_and_wider_where_they_vary_more():
    calm = statistics.control_chart(STABLE)
    wild = statistics.control_chart([Cell(400, x) for x in (40, 120, 50, 140, 30, 110)])
    assert calm is not None
    assert wild is not None
    assert calm.sigma_z == 1
    assert wild.sigma_z > 2
    assert calm.points[0].high == pytest.approx(calm.center + 3 * math.sqrt(calm.center * (1 - calm.center) / 40))


def test_empty_weeks_have_no_limits_and_degenerate_series_no_chart():
    chart = statistics.control_chart([*STABLE, Cell(0, 0)])
    assert chart is not None
    assert chart.points[-1] == statistics.ControlPoint(None, None, None)
    assert statistics.control_chart([Cell(20, 20)] * 9) is None
    assert statistics.control_chart([Cell(20, 4)]) is None


def test_funnel_flags_the_planted_place_and_no_other():
    places = [Cell(60 + k, 9 + k % 3) for k in range(20)]
    found = statistics.funnel([*places, Cell(61, 30)])
    assert found is not None
    assert [point.outside for point in found.points] == [0] * 20 + [1]


def test_funnel_rarely_flags_places_that_differ_by_chance_alone():
    generator = stats.binom(60, 0.2)
    drawn = generator.rvs(size=(20, 200), random_state=11)
    flagged = 0
    for row in drawn:
        found = statistics.funnel([Cell(60, int(x)) for x in row])
        assert found is not None
        flagged += sum(point.outside != 0 for point in found.points)
    assert flagged / len(drawn) <= 1


def test_funnel_recovers_the_true_spread_within_a_point_and_a_half():
    shares = stats.norm(0.25, 0.05).rvs(size=400, random_state=5)
    drawn = stats.binom(120, shares.clip(0.01, 0.9)).rvs(random_state=6)
    found = statistics.funnel([Cell(120, int(x)) for x in drawn])
    assert found is not None
    assert found.tau == pytest.approx(0.05, abs=0.015)


def test_funnel_needs_three_places_and_survives_none_negative():
    assert statistics.funnel([Cell(10, 1), Cell(10, 2)]) is None
    found = statistics.funnel([Cell(10, 0)] * 3)
    assert found is not None
    assert all(point.outside == 0 for point in found.points)
