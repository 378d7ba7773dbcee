"""The comparison of alert methods: no method sees the future, and differences are paired and signed as they say."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench import alert_peers
from bench.peers import registry
from bench.streams import Streams

DAYS, CUT = 230, 215


def some_streams(seed: int = 1) -> Streams:
    """Ten series: five quiet, five whose share doubles or triples for a week."""
    rng = np.random.default_rng(seed)
    rates, events = np.array([0.3, 2.0, 10.0, 60.0, 400.0] * 2), np.arange(10) >= 5
    mean_n = np.repeat(rates[:, None], DAYS, axis=1)
    share = np.full(mean_n.shape, 0.2)
    true = share.copy()
    true[events, 200:207] = 0.6
    n = rng.poisson(mean_n).astype(float)
    y = rng.binomial(n.astype(int), true).astype(float)
    sentiment = np.where(n > 0, 1 - 2 * y / np.maximum(n, 1), np.nan)
    truth = pd.DataFrame({
        "stratum": rates, "kind": np.where(events, "share", "none"), "factor": np.where(events, 3.0, 1.0),
        "duration": 7, "start": np.where(events, 200, -1), "end": np.where(events, 206, -1), "warmup": 120,
        "k": 1e6, "rho": 1e-4,
    })  # fmt: skip
    return Streams(n, y, sentiment, mean_n, share, truth)


@pytest.mark.parametrize("family", registry.FAMILIES)
def test_no_method_sees_the_future(family: str) -> None:
    whole = some_streams()
    cut = dataclasses.replace(
        whole, **{name: getattr(whole, name)[:, :CUT] for name in ("n", "y", "sentiment", "mean_n", "share")}
    )
    seen = cut.scored
    for name, score in registry.FAMILIES[family](whole).items():
        assert np.isfinite(score).all()
        part = registry.FAMILIES[family](cut)[name]
        np.testing.assert_allclose(score[:, :CUT][seen], part[seen], rtol=1e-6, atol=1e-6)


def test_every_method_has_its_usual_threshold(tmp_path: Path) -> None:
    found = alert_peers.scores(some_streams(), tmp_path, list(registry.FAMILIES))
    assert set(found) == {alert_peers.OURS, *registry.DEFAULTS}
    again = alert_peers.scores(some_streams(), tmp_path, ["EARS C2"])
    np.testing.assert_allclose(again["EARS C2"], found["EARS C2"])


def test_a_better_method_is_flagged_and_a_worse_one_is_not() -> None:
    rng = np.random.default_rng(3)
    ours = {"surge_2d": rng.random(200) < 0.5}
    worse = {"surge_2d": ours["surge_2d"] & (rng.random(200) < 0.8)}
    better = {"surge_2d": ours["surge_2d"] | (rng.random(200) < 0.2)}
    assert alert_peers.differences(ours, better)["better_than_ours"] == ["surge_2d"]
    assert alert_peers.differences(ours, worse)["better_than_ours"] == []
    assert alert_peers.differences(ours, ours)["difference"] == {"surge_2d": [0.0, 0.0]}


def test_the_oracle_finds_all_events_and_the_blind_none() -> None:
    streams = some_streams()
    event = np.zeros(streams.n.shape)
    event[5:, 200:207] = 1.0
    result = alert_peers.compare(streams, {alert_peers.OURS: event, "blind": np.zeros(event.shape)})
    assert result[alert_peers.OURS]["target_0d"] == 1
    assert result["blind"]["target_6d"] == 0
    assert "blind" in alert_peers.table("here", result)
