"""Known crises of real series, where they lie beside the checkout: each is found within two days."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.real_alerts import CRISES, Series, alerts_of, delay, read_series
from pipeline.reputation.budget import threshold_for

CORPUS = Path(__file__).resolve().parents[2].parent / "shared" / "corpus"
FILES = ("appstore_rosematcher.parquet", "steam_datasci2025.parquet", "trustpilot_pet_en.parquet")

pytestmark = pytest.mark.skipif(not all((CORPUS / name).exists() for name in FILES), reason="no real reviews here")


@pytest.fixture(scope="module")
def series() -> list[Series]:
    return read_series(CORPUS)


@pytest.mark.parametrize("crisis", CRISES, ids=lambda crisis: f"{crisis.entity} {crisis.first}")
def test_a_known_crisis_is_found_within_two_days(series: list[Series], crisis) -> None:  # type: ignore[no-untyped-def]
    mine = next(one for one in series if one.entity == crisis.entity)
    # One false alert a month over all of these series together.
    late = delay(crisis, alerts_of(mine, threshold_for(1.0, len(series))))
    assert late is not None
    assert late <= 2


def test_insurers_in_quiet_years_are_seldom_alarmed(series: list[Series]) -> None:
    mine = [one for one in series if one.dataset == "trustpilot_pet_en"]
    threshold = threshold_for(1.0, len(series))
    years = sum(len(one.n) for one in mine) / 365.25
    assert sum(len(alerts_of(one, threshold)) for one in mine) / years < 1.0
