"""The detector: exact tails, causality, the four scenarios, and real incidents where the corpus is at hand."""

from __future__ import annotations

import time
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pipeline.reputation import spike
from pipeline.reputation.tails import Array, beta_binomial, negative_binomial

CORPUS = Path(__file__).resolve().parents[2].parent / "shared" / "corpus"


def one(value: float) -> Array:
    return np.array([value])


@pytest.mark.parametrize(("n", "p", "m"), [(5, 0.2, 50), (40, 0.1, 300), (2000, 0.2, 200), (28000, 0.3, 400)])
@pytest.mark.parametrize("z", [0.3, 1.0, 2.0, 4.0, 8.0])
def test_beta_binomial_tail_is_the_sum_of_its_probabilities(n: int, p: float, m: int, z: float) -> None:
    y = int(min(n, np.ceil(n * p + z * np.sqrt(n * p * (1 - p) * (n + m) / (m + 1)))))
    law = stats.betabinom(n, p * m, (1 - p) * m)
    exact = np.exp(law.logpmf(np.arange(y + 1, n + 1))).sum() + law.pmf(y) / 2
    assert beta_binomial(one(y), one(n), one(p * m), one((1 - p) * m))[0] == pytest.approx(exact, rel=0.005)


@pytest.mark.parametrize(("mean", "size"), [(0.5, 5), (3, 9), (30, 20), (500, 8), (8000, 9)])
@pytest.mark.parametrize("z", [0.3, 1.0, 2.0, 4.0, 7.0])
def test_negative_binomial_tail_is_the_sum_of_its_probabilities(mean: float, size: float, z: float) -> None:
    variance = mean + mean**2 / size
    y = float(np.ceil(mean + z * np.sqrt(variance)))
    law = stats.nbinom(size, size / (size + mean))
    assert negative_binomial(one(y), one(mean), one(variance))[0] == pytest.approx(law.sf(y) + law.pmf(y) / 2, rel=5e-3)


def test_golden_tails_of_the_metrics() -> None:
    # 3 of 3 negative after 40 of 200: P = .00867; mid-p halves the only outcome as extreme.
    assert 2 * beta_binomial(one(3), one(3), one(40.5), one(160.5))[0] == pytest.approx(0.00867, abs=2e-5)
    # 28 negatives in 56 days, then a day: P(Y >= 4) = .00217 and P(Y >= 5) = .00024, so mid-p lies half-way.
    mean = 28.5 / 56
    tail = negative_binomial(one(4), one(mean), one(mean + mean**2 / 28.5))[0]
    assert tail == pytest.approx((0.00217 + 0.00024) / 2, abs=1e-5)


def quiet(days: int, rate: float, share: float, seed: int) -> tuple[Array, Array]:
    rng = np.random.default_rng(seed)
    n = rng.poisson(rate, days)
    return n.astype(float), rng.binomial(n, share).astype(float)


@given(seed=st.integers(0, 10_000), cut=st.integers(30, 119))
def test_a_day_does_not_depend_on_later_days(seed: int, cut: int) -> None:
    n, y = quiet(120, 4, 0.2, seed)
    y[60:64] = n[60:64]
    table = pd.DataFrame({"date": pd.date_range("2025-01-01", periods=120), "n_reviews": n, "n_negative": y})
    whole, part = spike.detect(table), spike.detect(table.iloc[:cut])
    np.testing.assert_allclose(whole["score"][:cut], part["score"], atol=1e-9)


def test_scan_and_detect_agree_and_series_do_not_touch() -> None:
    pairs = [quiet(250, rate, 0.2, seed) for seed, rate in enumerate((0.5, 5, 80))]
    n, y = (np.stack(column) for column in zip(*pairs, strict=True))
    together = spike.scan(n, y, last_days=5).score
    for row in range(3):
        np.testing.assert_allclose(together[row], spike.scan(n[row : row + 1], y[row : row + 1], last_days=5).score[0])


def test_too_little_history_is_no_judgement() -> None:
    n = np.full((1, 10), 5.0)
    result = spike.scan(n, n, last_days=10)
    assert not result.is_usable.any()
    assert not result.score.any()


def test_wrong_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="negatives"):
        spike.scan(np.ones((1, 5)), np.full((1, 5), 2.0))


def week_after(n: Array, y: Array) -> spike.Scan:
    return spike.scan(n[None], y[None], last_days=7)


def usual_shop() -> tuple[Array, Array]:
    n, y = np.full(70, 4.0), np.zeros(70)
    y[::5] = 1
    y[2::9] = 1
    return n, y


def fires(result: spike.Scan) -> bool:
    return bool((result.score > spike.DEFAULT_THRESHOLD).any())


def test_half_the_reviews_turn_negative_at_the_same_volume() -> None:
    n, y = usual_shop()
    assert not fires(week_after(n[:63], y[:63]))
    y[63:] = 2
    result = week_after(n, y)
    assert fires(result)
    assert result.share_score.max() > result.count_score.max()


def test_thirty_one_stars_without_text() -> None:
    n, y = usual_shop()
    n[66] += 30
    y[66] += 30
    result = week_after(n, y)
    assert result.score[0, 3] > 20
    assert result.window[0, 3] == 1


def test_tiny_shop_with_four_one_stars() -> None:
    n, y = np.zeros(70), np.zeros(70)
    n[::7] = 1
    y[::28] = 1
    assert not fires(week_after(n, y))
    n[65] = y[65] = 4
    assert fires(week_after(n, y))


def test_praise_is_never_a_negative_alert() -> None:
    n, y = usual_shop()
    n[63:] = 12
    assert not fires(week_after(n, y))


def test_ten_thousand_series_in_seconds() -> None:
    rng = np.random.default_rng(1)
    n = rng.poisson(5, (10_000, 200)).astype(float)
    y = rng.binomial(n.astype(int), 0.2).astype(float)
    start = time.process_time()
    spike.scan(n, y)
    # Measured 2 to 3 s; the bound only catches a fall back to loops.
    assert time.process_time() - start < 20


def real(name: str, entity: str) -> tuple[pd.Series, spike.Scan]:
    path = CORPUS / f"{name}.parquet"
    if not path.exists():
        pytest.skip("the corpus is not at hand")
    duckdb = pytest.importorskip("duckdb")
    rows = duckdb.sql(
        """select left(date, 10)::date, count(*), count(*) filter (where coalesce(stars <= 2, label = 'neg'))
        from read_parquet(?) where entity = ? and date is not null group by 1 order by 1""",
        params=[str(path), entity],
    ).fetchall()
    first, last = rows[0][0], rows[-1][0]
    counts = {day: (n, y) for day, n, y in rows}
    days = [first + timedelta(days=i) for i in range((last - first).days + 1)]
    n, y = np.array([counts.get(day, (0, 0)) for day in days], dtype=float).T
    return pd.Series(days), spike.scan(n[None], y[None], last_days=len(days))


@pytest.mark.parametrize(
    ("name", "entity", "start"),
    [
        ("appstore_rosematcher", "Gmail", date(2019, 4, 4)),
        ("appstore_rosematcher", "Gmail", date(2021, 4, 29)),
        ("steam_datasci2025", "Towns", date(2014, 5, 7)),
        ("steam_datasci2025", "Kinetic Void", date(2014, 11, 23)),
    ],
)
def test_real_incidents_are_found_within_two_days(name: str, entity: str, start: date) -> None:
    days, result = real(name, entity)
    fired = days[result.score[0] > spike.DEFAULT_THRESHOLD]
    assert any(start <= day <= start + timedelta(days=2) for day in fired)
    assert not any(start - timedelta(days=7) <= day < start for day in fired)
