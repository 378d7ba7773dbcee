"""Scores the weekly seasonal scan on the 42 scenarios of Noufaily et al. 2013: false-positive rate and power.

    python -m bench.noufaily [--data noufaily.csv.gz] [--draws 4] [--seed 101]

DATA has the columns scen, rep, k2, start, t, y, outb; without it only own draws (12 series a scenario each) are scored.
The last 49 weeks are evaluated. An outbreak owns ten weeks from its start. False-positive rate: alarms in weeks that no
outbreak owns; power: outbreaks with an alarm in a week that received cases, of those that have any. With these
definitions EARS C2 (7 weeks, guard 2, the .999 quantile) has the 5.23 % and 60.8 % that others measured on the open
set. `strict_fpr` counts every week without outbreak cases, so an alarm one week late is false, too.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view

from bench import noufaily_scenarios as scenarios
from pipeline.reputation import seasonal

Floats = npt.NDArray[np.float64]
EVALUATED = scenarios.EVALUATED
CURVE = (1.5, 1.7, 1.86, 2.0, 2.3, 2.7, 3.0, 3.5, 4.0)
STRONG = 5
_EARS_WEEKS, _EARS_GUARD, _EARS_QUANTILE = 7, 2, 3.0902


def main() -> None:
    """Print one JSON object: the open set, then each own draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--draws", type=int, default=4)
    parser.add_argument("--seed", type=int, default=101)
    parser.add_argument("--replicates", type=int, default=12, help="series a scenario in each own draw")
    arguments = parser.parse_args()
    result: dict[str, object] = {"threshold": seasonal.DEFAULT_THRESHOLD}
    if arguments.data:
        result["data"] = compared(read(arguments.data))
    for seed in range(arguments.seed, arguments.seed + arguments.draws):
        result[f"draw {seed}"] = compared(scenarios.draw(arguments.replicates, seed))
    print(json.dumps(result, indent=1))


def read(path: Path) -> scenarios.Draw:
    """The series of a file of the open set, in its order."""
    table = pd.read_csv(path)
    first = table.groupby(["scen", "rep"], sort=False).first().reset_index()
    shape = (len(first), -1)
    return scenarios.Draw(
        table["y"].to_numpy(dtype=np.float64).reshape(shape),
        table["outb"].to_numpy(dtype=np.bool_).reshape(shape),
        first["start"].to_numpy(dtype=np.int64) - 1,
        first["scen"].to_numpy(dtype=np.int64),
        first["k2"].to_numpy(dtype=np.int64),
    )


def compared(draw: scenarios.Draw) -> dict[str, object]:
    """The seasonal scan at its default, its false alarms by threshold, and EARS C2 for the check of definitions."""
    begun = time.process_time()
    found = seasonal.scan(draw.counts, last_weeks=EVALUATED, weeks_a_year=scenarios.WEEKS_A_YEAR)
    seconds = time.process_time() - begun
    return {
        "series": len(draw.counts),
        "cpu_s": round(seconds, 1),
        "seasonal": rates(found.score, seasonal.DEFAULT_THRESHOLD, draw),
        "curve": {t: rates(found.score, t, draw)["fpr"] for t in CURVE},
        "ears_c2": rates(ears_c2(draw.counts), _EARS_QUANTILE, draw),
    }


def rates(scores: Floats, threshold: float, draw: scenarios.Draw) -> dict[str, float]:
    """Percentages at a threshold; `scores` are (series, 49)."""
    alarms: npt.NDArray[np.bool_] = scores > threshold
    cases = draw.outbreak[:, -EVALUATED:]
    since = np.arange(scenarios.WEEKS - EVALUATED, scenarios.WEEKS) - draw.start[:, None]
    owned: npt.NDArray[np.bool_] = (since >= 0) & (since < scenarios.OUTBREAK_WEEKS)
    family = (draw.scenario - 1) // 6
    has_outbreak, strong = np.any(cases, axis=1), draw.strength >= STRONG
    hit = np.any(alarms & cases, axis=1)
    by_family = [alarms[family == f][~owned[family == f]].mean() for f in range(len(scenarios.FAMILIES))]
    result = {
        "fpr": alarms[~owned].mean(),
        "strict_fpr": alarms[~cases].mean(),
        "worst_family_fpr": max(by_family),
        "power": hit[has_outbreak].mean(),
        "power_k5_or_more": hit[has_outbreak & strong].mean(),
        "first_week": (alarms & (since == 0)).any(axis=1)[has_outbreak].mean(),
    }
    return {name: round(100 * float(value), 2) for name, value in result.items()}


def ears_c2(counts: Floats) -> Floats:
    """Standard deviations above the seven weeks that end three weeks before, for the evaluated weeks."""
    past = sliding_window_view(counts, _EARS_WEEKS, axis=1)
    first = counts.shape[1] - EVALUATED - _EARS_GUARD - _EARS_WEEKS
    past = past[:, first : first + EVALUATED]
    excess = counts[:, -EVALUATED:] - past.mean(axis=2)
    z: Floats = excess / np.maximum(past.std(axis=2, ddof=1), 1e-9)
    return z


if __name__ == "__main__":
    main()
