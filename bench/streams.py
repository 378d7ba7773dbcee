"""Simulated review streams: reads a folder of the review-alert benchmark, and draws others with its generator."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import duckdb
import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Streams:
    """Daily arrays (series, days): reviews, negatives, mean sentiment (NaN on days without reviews), and the truth.

    `mean_n` and `share` are the true expectation and negative share without the event; `truth` has a row a series.
    """

    n: Floats
    y: Floats
    sentiment: Floats
    mean_n: Floats
    share: Floats
    truth: pd.DataFrame

    @property
    def quiet(self) -> Bools:
        """Days after the warm-up on which an alert is false."""
        days = np.arange(self.n.shape[1])
        warm, start = (self.truth[name].to_numpy()[:, None] for name in ("warmup", "start"))
        quiet: Bools = (days >= warm) & ((self.truth["kind"] == "none").to_numpy()[:, None] | (days < start))
        return quiet

    @property
    def scored(self) -> Bools:
        """Days whose score matters: from the cool-down before the warm-up's end to two days after the event."""
        days = np.arange(self.n.shape[1])
        warm, end = (self.truth[name].to_numpy()[:, None] for name in ("warmup", "end"))
        scored: Bools = (days >= warm - 8) & ((self.truth["kind"] == "none").to_numpy()[:, None] | (days <= end + 2))
        return scored

    def take(self, every: int) -> Streams:
        """Each k-th series."""
        n, y, sentiment, mean_n, share = (
            array[::every] for array in (self.n, self.y, self.sentiment, self.mean_n, self.share)
        )
        return Streams(n, y, sentiment, mean_n, share, self.truth.iloc[::every].reset_index(drop=True))


def read(folder: Path) -> Streams:
    """The streams of a folder that the generator wrote (series.parquet, true_baseline.parquet, truth.csv)."""
    truth = pd.read_csv(folder / "truth.csv", keep_default_na=False)
    table = duckdb.read_parquet(str(folder / "series.parquet")).order("series_id, date").df()
    # Series without an order of days of its own: the generator writes both files in the same order.
    true = duckdb.sql(
        "select mu, p from (select *, row_number() over () as line from read_parquet(?)) order by series_id, line",
        params=[str(folder / "true_baseline.parquet")],
    ).df()
    truth = truth.set_index("series_id").loc[table["series_id"].unique()].reset_index()
    n, y, sentiment, mean_n, share = (
        column.to_numpy(dtype=np.float64).reshape(len(truth), -1)
        for column in (table["n_reviews"], table["n_negative"], table["mean_score"], true["mu"], true["p"])
    )
    return Streams(n, y, sentiment, mean_n, share, truth)


def generate(generator: Path, config: dict[str, object], folder: Path) -> Path:
    """The folder, filled by the generator script unless it holds streams of this very configuration."""
    folder.mkdir(parents=True, exist_ok=True)
    path, text = folder / "config.json", json.dumps(config, sort_keys=True)
    if not (path.exists() and path.read_text() == text and (folder / "truth.csv").exists()):
        specification = importlib.util.spec_from_file_location("generator", generator)
        assert specification is not None
        assert specification.loader is not None
        module = importlib.util.module_from_spec(specification)
        specification.loader.exec_module(module)
        path.write_text(text)
        # The generator wants pyarrow for this one call; DuckDB is here anyway.
        with mock.patch.object(pd.DataFrame, "to_parquet", _write_parquet):
            module.main(str(path), str(folder))
    return folder


def _write_parquet(frame: pd.DataFrame, path: str, index: bool) -> None:
    assert not index
    duckdb.from_df(frame).write_parquet(path)
