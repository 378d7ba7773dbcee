import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import WarehouseError
from pipeline.reputation.contribution import contributions
from pipeline.reputation.weekly import ThemeCount

GROUPS = ("service", "billing", "delivery", "product", "price", "digital", "site")
reviews = st.lists(st.sets(st.sampled_from(GROUPS), max_size=3), max_size=80)


def _count(negatives, group):
    return sum(1 / len(groups) for groups in negatives if group in groups)


@given(reviews, reviews, st.integers(1, 500), st.integers(1, 500))
def test_parts_add_up_to_the_change_exactly(now, before, others_now, others_before):
    n, n0 = len(now) + others_now, len(before) + others_before
    themes = [ThemeCount(group, _count(now, group), _count(before, group)) for group in GROUPS]
    parts = contributions(themes, n=n, n_negative=len(now), n_baseline=n0, n_negative_baseline=len(before))
    change = len(now) / n - len(before) / n0
    assert sum(part.delta for part in parts) == pytest.approx(change, abs=1e-9)
    assert sum(part.share for part in parts) == pytest.approx(len(now) / n, abs=1e-9)


def test_planted_driver_ranks_first():
    themes = [ThemeCount("service", 5.0, 12.0), ThemeCount("billing", 9.0, 7.0), ThemeCount("delivery", 2.0, 6.0)]
    parts = contributions(themes, n=60, n_negative=18, n_baseline=240, n_negative_baseline=30)
    assert parts[0].group == "billing"
    assert round(100 * parts[0].delta, 1) == 12.1


def test_negatives_without_a_theme_are_their_own_group():
    parts = contributions([ThemeCount("service", 2.0, 1.0)], n=10, n_negative=5, n_baseline=10, n_negative_baseline=1)
    assert {part.group: round(part.delta, 9) for part in parts} == {"none": 0.3, "service": 0.1}


@pytest.mark.parametrize(("n", "n0"), [(0, 10), (10, 0)])
def test_a_side_without_reviews_has_no_parts(n, n0):
    assert contributions([], n=n, n_negative=0, n_baseline=n0, n_negative_baseline=0) == ()


def test_more_themes_than_negatives_is_an_error_in_one_line():
    with pytest.raises(WarehouseError, match=r"themes count 4\.0 negative reviews of 3"):
        contributions([ThemeCount("service", 4.0, 0.0)], n=9, n_negative=3, n_baseline=9, n_negative_baseline=1)
