import pytest

from pipeline.reputation.verdict import MIN_NET, judge


@pytest.mark.parametrize(
    ("n", "n_baseline", "diff", "q", "expected"),
    [
        pytest.param(60, 240, 0.175, 0.001, "clear", id="sure and large"),
        pytest.param(60, 240, -0.03, 0.049, "clear", id="exactly three points"),
        pytest.param(100_000, 800_000, 0.004, 1e-9, "likely", id="sure but too small to be called clear"),
        pytest.param(60, 240, 0.10, 0.05, "likely", id="q of .05 is not below it"),
        pytest.param(60, 240, 0.10, 0.199, "likely", id="just below .20"),
        pytest.param(60, 240, 0.10, 0.20, "none", id="q of .20 is not below it"),
        pytest.param(9, 240, 0.9, 0.0001, "too_few", id="nine reviews"),
        pytest.param(60, 9, 0.9, 0.0001, "too_few", id="nine reviews before"),
        pytest.param(60, 240, None, None, "too_few", id="nothing to compare"),
    ],
)
def test_verdicts_follow_the_rule_table(n, n_baseline, diff, q, expected):
    assert judge(n, n_baseline, diff, q) == expected


def test_smallest_change_is_in_the_unit_of_the_figure():
    assert judge(60, 240, 5.9, 0.001, smallest=MIN_NET) == "likely"
    assert judge(60, 240, 6.0, 0.001, smallest=MIN_NET) == "clear"
