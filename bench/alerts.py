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

from pipeline.reputation import budget, calibration, drift, spike
from pipeline.reputation.calibration import first_alarms

BUDGETS = (1.0, 5.0, 20.0)
CALIBRATED_BUDGET = 5.0
TARGETS = ("share", "negbomb")
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


def false_alerts(scores: Floats, threshold: float, quiet: Bools) -> float:
    """False alerts per 1,000 series-weeks."""
    return float(7000 * (first_alarms(scores > threshold) & quiet).sum() / quiet.sum())


def threshold_for(scores: Floats, quiet: Bools, budget: float) -> float:
    """The lowest threshold within a budget of false alerts per 1,000 series-weeks."""
    low, high = 0.5, float(scores[quiet].max())
    for _ in range(26):
        middle = (low + high) / 2
        low, high = (middle, high) if false_alerts(scores, middle, quiet) > budget else (low, middle)
    return high


def delays(scores: Floats, threshold: float, truth: pd.DataFrame) -> Floats:
    """Days from the start of each event to its alert; infinite where there is none in time."""
    found = first_alarms(scores > threshold)
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


def curves(scores: Floats, quiet: Bools, truth: pd.DataFrame) -> list[list[float]]:
    """False alerts per 1,000 series-weeks above each score of the budget's table, by volume class."""
    of = budget.volume_class(truth["stratum"].to_numpy())
    present = [c for c in range(len(budget.RATES)) if (of == c).any()]
    return [[round(false_alerts(scores[of == c], s, quiet[of == c]), 3) for s in budget.SCORES] for c in present]


def calibrated(scores: Floats, n: Floats, truth: pd.DataFrame, quiet: Bools) -> dict[str, object]:
    """What a budget of five per 1,000 series-weeks gives after calibration on all days, events and all."""
    judged = np.arange(n.shape[1]) >= truth["warmup"].to_numpy()[:, None]
    found = calibration.calibrate(scores, n.mean(axis=1), judged)
    per_month = CALIBRATED_BUDGET / 1000 * len(n) * budget.WEEKS_A_MONTH
    thresholds = found.thresholds_for(per_month, n.mean(axis=1))
    above = scores - thresholds[:, None]
    return {"factor": round(found.factor, 3), "slope": round(found.slope, 3), **summary(above, 0.0, truth, quiet)}


def drifts(n: Floats, y: Floats, truth: pd.DataFrame) -> dict[str, float]:
    """Drift signals a year of a series in which nothing was planted; its share wanders all the same."""
    nothing = (truth["kind"] == "none").to_numpy()
    found = drift.drift(n[nothing], y[nothing]).is_drifting[:, truth["warmup"].iloc[0] // 7 :]
    starts = (found[:, 1:] & ~found[:, :-1]).sum()
    return {"signals_a_series_year": round(float(starts / nothing.sum() / found.shape[1] * 52.18), 2)}


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
        "calibrated": calibrated(scores, n, truth, quiet),
        "rates": curves(scores, quiet, truth),
        "drift": drifts(n, y, truth),
    }
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
