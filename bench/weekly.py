"""Measures the weekly seasonal scan on review streams of less than a review a day, against the daily scan.

    python -m bench.weekly --generator gen_reviews.py --config config.json --work DIR

Draws 1,008 streams of 0.1 to 0.8 reviews a day over three years and four months with the generator of the review-alert
benchmark. An alert is an alarm after seven days without; an event (share at least doubled for three days or more) is
found if there is an alarm between its start and a week after its end. The daily scan is measured on the same events,
with the threshold that gives it as many false alerts.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from bench import alerts
from bench.streams import Streams, generate, read
from pipeline.reputation import seasonal, spike

CURVE = (1.86, 2.0, 2.3, 2.7, 3.0, 3.5)
CHANGES: dict[str, object] = {
    "seed": 77, "days": 1240, "warmup": 840, "volumes": [0.1, 0.3, 0.8], "late_volumes": [0.3],
    "reps": {"null": 120, "share": 8, "negbomb": 8, "volbomb": 6, "poscampaign": 6, "duplicates": 12},
}  # fmt: skip
Bools = npt.NDArray[np.bool_]


def main() -> None:
    """Print one JSON object: by threshold, false alerts per 1,000 series-weeks and events found, by volume class."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--generator", type=Path, required=True)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    arguments = parser.parse_args()
    config = {**json.loads(arguments.config.read_text()), **CHANGES}
    print(json.dumps(measure(read(generate(arguments.generator, config, arguments.work))), indent=1))


def measure(streams: Streams) -> dict[float, dict[str, object]]:
    """False alerts and events found by threshold, pooled and by volume class."""
    days, truth = streams.n.shape[1], streams.truth
    weeks = (days - int(truth["warmup"].max())) // 7
    ends = days - 1 - 7 * np.arange(weeks)[::-1]
    weekly = np.zeros(streams.n.shape)
    weekly[:, ends] = seasonal.scan(seasonal.to_weeks(streams.y), last_weeks=weeks).score
    daily = np.zeros(streams.n.shape)
    daily[:, -7 * weeks :] = spike.scan(streams.n, streams.y, last_days=7 * weeks).score
    quiet = streams.quiet & (np.arange(days) >= days - 7 * weeks)
    lasting = (
        np.isin(truth["kind"], alerts.TARGETS) & (truth["factor"] >= 2).to_numpy() & (truth["duration"] >= 3).to_numpy()
    )
    result: dict[float, dict[str, object]] = {}
    for threshold in CURVE:
        budget = alerts.false_alerts(weekly, threshold, quiet)
        same = alerts.threshold_for(daily, quiet, budget)
        by_volume = {}
        for volume in np.unique(truth["stratum"]):
            mine = (truth["stratum"] == volume).to_numpy()
            rows = np.flatnonzero(mine & lasting)
            by_volume[f"{volume:g}"] = {
                "false_alerts": round(alerts.false_alerts(weekly[mine], threshold, quiet[mine]), 2),
                "found": found(weekly > threshold, rows, truth),
                "found_by_daily_scan": found(daily > same, rows, truth),
            }
        result[threshold] = {"false_alerts": round(budget, 2), "by_volume": by_volume}
    return result


def found(alarms: Bools, rows: npt.NDArray[np.int64], truth: pd.DataFrame) -> float:
    """Share of the events with an alarm from their start to a week after their end."""
    spans = zip(rows, truth["start"].iloc[rows], truth["end"].iloc[rows], strict=True)
    return round(float(np.mean([alarms[row, start : end + 8].any() for row, start, end in spans])), 3)


if __name__ == "__main__":
    main()
