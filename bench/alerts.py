"""Measures the spike detector on simulated review streams: detection at equal false-alert budgets, curve, speed.

    python bench/alerts.py --data DIR [--every 1]

DIR holds `series.parquet` and `truth.csv` of the review-alert benchmark; its generator writes both. The definitions are
its scorer's: an alert is an alarm after 7 quiet days, a detection an alert from the start of an event within W days and
at most two days after its end.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline.reputation import spike

COOL_DOWN_DAYS = 7
BUDGETS = (1.0, 5.0, 20.0)
CURVE = (3.0, 3.3, 3.7, 4.0, 4.2, 4.5, 5.0, 5.5, 6.0, 7.0)
TARGETS = ("share", "negbomb")
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


def onsets(alarms: Bools) -> Bools:
    """Alarms with no alarm in the seven days before."""
    days = np.arange(alarms.shape[1])
    last = np.maximum.accumulate(np.where(alarms, days, -(10**6)), axis=1)
    before = np.concatenate([np.full((len(alarms), 1), -(10**6)), last[:, :-1]], axis=1)
    first: Bools = alarms & (days - before > COOL_DOWN_DAYS)
    return first


def false_alerts(scores: Floats, threshold: float, quiet: Bools) -> float:
    """False alerts per 1,000 series-weeks."""
    return float(7000 * (onsets(scores > threshold) & quiet).sum() / quiet.sum())


def threshold_for(scores: Floats, quiet: Bools, budget: float) -> float:
    """The lowest threshold within a budget of false alerts per 1,000 series-weeks."""
    low, high = 0.5, float(scores[quiet].max())
    for _ in range(26):
        middle = (low + high) / 2
        low, high = (middle, high) if false_alerts(scores, middle, quiet) > budget else (low, middle)
    return high


def delays(scores: Floats, threshold: float, truth: pd.DataFrame) -> Floats:
    """Days from the start of each event to its alert; infinite where there is none in time."""
    found = onsets(scores > threshold)
    result = np.full(len(truth), np.inf)
    for row, (start, end) in enumerate(zip(truth["start"], truth["end"], strict=True)):
        hits = np.flatnonzero(found[row, start : end + 3]) if start >= 0 else np.zeros(0)
        if len(hits):
            result[row] = hits[0]
    return result


def summary(scores: Floats, threshold: float, truth: pd.DataFrame, quiet: Bools) -> dict[str, float]:
    """Shares found on the same day, within two and within six days, for the classes of events."""
    late = delays(scores, threshold, truth)
    kind = truth["kind"].to_numpy()
    result = {"threshold": threshold, "false_alerts": false_alerts(scores, threshold, quiet)}
    for name, mask in (
        ("target", np.isin(kind, TARGETS)),
        ("negbomb", kind == "negbomb"),
        ("surge", kind == "volbomb"),
    ):
        for days in (1, 3, 7):
            result[f"{name}_within_{days - 1}d"] = float((late[mask] < days).mean())
    for name in ("poscampaign", "duplicates"):
        result[f"wrong_{name}"] = float(np.isfinite(late[kind == name]).mean())
    for stratum in sorted(truth["stratum"].unique()):
        mine = (truth["stratum"] == stratum).to_numpy()
        result[f"false_alerts_at_{stratum:g}_a_day"] = false_alerts(scores[mine], threshold, quiet[mine])
    return {key: round(value, 3) for key, value in result.items()}


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--every", type=int, default=1, help="take each k-th series only")
    arguments = parser.parse_args()
    truth = pd.read_csv(arguments.data / "truth.csv", keep_default_na=False).iloc[:: arguments.every]
    table = duckdb.read_parquet(str(arguments.data / "series.parquet")).order("series_id, date").df()
    table = table[table["series_id"].isin(truth["series_id"])]
    truth = truth.set_index("series_id").loc[table["series_id"].unique()].reset_index()
    n, y = (table[name].to_numpy(dtype=np.float64).reshape(len(truth), -1) for name in ("n_reviews", "n_negative"))
    begun = time.process_time()
    scores = spike.scan(n, y, last_days=n.shape[1]).score
    seconds = time.process_time() - begun
    days = np.arange(n.shape[1])
    warm, start = truth["warmup"].to_numpy()[:, None], truth["start"].to_numpy()[:, None]
    quiet = (days >= warm) & ((truth["kind"] == "none").to_numpy()[:, None] | (days < start))
    result = {
        "series": len(truth),
        "cpu_s": round(seconds, 1),
        "default": summary(scores, spike.DEFAULT_THRESHOLD, truth, quiet),
        "matched": {b: summary(scores, threshold_for(scores, quiet, b), truth, quiet) for b in BUDGETS},
        "curve": {t: round(false_alerts(scores, t, quiet), 2) for t in CURVE},
    }
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
