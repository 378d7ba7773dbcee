"""Compares the spike detector with every other method on simulated review streams, event by event.

    python -m bench.alert_peers DIR [DIR ...] [--out peers.json]
    python -m bench.alert_peers --generator gen_reviews.py --config config.json --draw '{"seed": 7}' --work DIR

A DIR is what the generator of the review-alert benchmark writes, with true_baseline.parquet. Each method's threshold is
set to five false alerts per 1,000 series-weeks on the streams at hand, all volumes pooled. Differences are ours minus
theirs over the same events; a method is flagged in a class where it is better by two standard errors. Scores of the
other methods are kept in DIR/peers, so a change of ours needs only ours anew.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from bench import alerts
from bench.peers.registry import CLAIRVOYANT, DEFAULTS, FAMILIES
from bench.streams import Streams, generate, read
from pipeline.reputation import spike

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
OURS = "Leumund"
BUDGET = 5.0
WEEKS_A_YEAR = 365.25 / 7
FLAGGED_AT = 2.0
HARMLESS = ("poscampaign", "duplicates")


def main() -> None:
    """Print a table a folder, and write the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="*")
    parser.add_argument("--generator", type=Path)
    parser.add_argument("--config", type=Path, help="configuration of the generator that a draw changes")
    parser.add_argument("--draw", type=json.loads, action="append", default=[], help="what a draw changes, as JSON")
    parser.add_argument("--work", type=Path, help="where draws are kept")
    parser.add_argument("--only", nargs="*", help=f"these methods only: {', '.join(FAMILIES)}")
    parser.add_argument("--every", type=int, default=1, help="take each k-th series only")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    folders = list(arguments.folders)
    for change in arguments.draw:
        config = {**json.loads(arguments.config.read_text()), **change}
        digest = hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()[:8]
        folders.append(generate(arguments.generator, config, arguments.work / f"seed-{config['seed']}-{digest}"))
    result = {}
    for folder in folders:
        streams = read(folder).take(arguments.every)
        kept = folder / f"peers-{arguments.every}"
        result[folder.name] = compare(streams, scores(streams, kept, arguments.only or list(FAMILIES)))
        print(table(folder.name, result[folder.name]))
    if arguments.out:
        arguments.out.write_text(json.dumps(result, indent=1))


def scores(streams: Streams, kept: Path, families: list[str]) -> dict[str, Floats]:
    """Scores (series, days) by method, ours first; what is kept is not computed again."""
    kept.mkdir(exist_ok=True)
    begun = time.process_time()
    days = int(streams.scored.any(axis=0).sum())
    ours = np.zeros(streams.n.shape)
    ours[:, -days:] = spike.scan(streams.n, streams.y, last_days=days).score
    print(f"{OURS}: {time.process_time() - begun:.1f} s CPU", file=sys.stderr, flush=True)
    found = {OURS: ours}
    for family in families:
        path = kept / f"{family.replace('/', '_')}.npz"
        if not path.exists():
            begun = time.process_time()
            computed = FAMILIES[family](streams)
            arrays: dict[str, Any] = {name: score.astype(np.float32) for name, score in computed.items()}
            np.savez_compressed(path, **arrays)
            print(f"{family}: {time.process_time() - begun:.1f} s CPU", file=sys.stderr, flush=True)
        with np.load(path) as stored:
            found |= {name: stored[name].astype(np.float64) for name in stored.files}
    return found


def compare(streams: Streams, found: dict[str, Floats]) -> dict[str, dict[str, object]]:
    """The figures of each method, and for all but ours the difference to ours."""
    classes, quiet = event_classes(streams.truth), streams.quiet
    kind = streams.truth["kind"].to_numpy()
    result: dict[str, dict[str, object]] = {}
    hits: dict[str, dict[str, Bools]] = {}
    for name, score in found.items():
        threshold = threshold_for(score, quiet)
        late = alerts.delays(score, threshold, streams.truth)
        hits[name] = {label: late[rows] < days for label, (rows, days) in classes.items()}
        default = DEFAULTS.get(name, spike.DEFAULT_THRESHOLD)
        figures: dict[str, object] = {
            "false_alerts_a_series_year_at_default": rounded(
                alerts.false_alerts(score, default, quiet) / 1000 * WEEKS_A_YEAR
            ),
            "threshold": rounded(threshold),
            **{label: rounded(hit.mean()) for label, hit in hits[name].items()},
            **{f"wrong_{k}": rounded(np.isfinite(late[kind == k]).mean()) for k in HARMLESS if k in kind},
            "worst_stratum_false_alerts": rounded(worst_stratum(score, threshold, streams)),
        }
        if name != OURS:
            figures |= differences(hits[OURS], hits[name])
        result[name] = figures
    return result


def event_classes(truth: pd.DataFrame) -> dict[str, tuple[npt.NDArray[np.int64], int]]:
    """Rows of the events of each class, and the days within which they must be found (1 is the same day)."""
    kind = truth["kind"].to_numpy()
    target = np.isin(kind, alerts.TARGETS)
    classes: dict[str, tuple[Bools, int]] = {f"target_{days - 1}d": (target, days) for days in (1, 3, 7)}
    classes["negbomb_2d"] = (kind == "negbomb", 3)
    classes["surge_2d"] = (kind == "volbomb", 3)
    doubled = target & (truth["factor"] >= 2).to_numpy() & (truth["duration"] >= 3).to_numpy()
    for stratum in sorted(truth["stratum"].unique()):
        mine = doubled & (truth["stratum"] == stratum).to_numpy()
        classes |= {f"doubled_{stratum:g}_a_day_{days - 1}d": (mine, days) for days in (1, 3, 7)}
    return {label: (np.flatnonzero(rows), days) for label, (rows, days) in classes.items() if rows.any()}


def differences(ours: dict[str, Bools], theirs: dict[str, Bools]) -> dict[str, object]:
    """Ours minus theirs by class with its standard error, and the classes in which they are better beyond chance."""
    found: dict[str, list[float]] = {}
    better: list[str] = []
    for label, mine in ours.items():
        paired = mine.astype(np.float64) - theirs[label]
        error = float(paired.std(ddof=1) / np.sqrt(len(paired))) if len(paired) > 1 else 0.0
        found[label] = [rounded(paired.mean()), rounded(error)]
        if paired.mean() < -FLAGGED_AT * error:
            better.append(label)
    return {"difference": found, "better_than_ours": better}


def threshold_for(score: Floats, quiet: Bools) -> float:
    """The lowest threshold within the budget; the scale of a score is its method's own."""
    low, high = float(np.quantile(score[quiet], 0.5)), float(score[quiet].max()) + 1e-9
    for _ in range(26):
        middle = (low + high) / 2
        low, high = (middle, high) if alerts.false_alerts(score, middle, quiet) > BUDGET else (low, middle)
    return high


def worst_stratum(score: Floats, threshold: float, streams: Streams) -> float:
    """False alerts per 1,000 series-weeks in the volume class that has most."""
    strata, quiet = streams.truth["stratum"].to_numpy(), streams.quiet
    return max(alerts.false_alerts(score[strata == s], threshold, quiet[strata == s]) for s in np.unique(strata))


def rounded(value: float) -> float:
    return round(float(value), 3)


def table(title: str, result: dict[str, dict[str, object]]) -> str:
    """The main figures as Markdown, methods in their order; a star marks what is better than ours beyond chance."""
    columns = ("target_0d", "target_2d", "target_6d", "negbomb_2d", "surge_2d", "wrong_poscampaign", "wrong_duplicates")
    head = ("method", "FA a series-year", *columns, "ours - theirs, target_2d (se)")
    lines = [f"## {title}", "| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    for name, figures in result.items():
        better, difference = figures.get("better_than_ours", []), figures.get("difference")
        assert isinstance(better, list)
        cells = [f"{figures[c]:.3f}{'*' if c in better else ''}" if c in figures else "" for c in columns]
        paired = "" if not isinstance(difference, dict) else "{:+.3f} ({:.3f})".format(*difference["target_2d"])
        fa = figures["false_alerts_a_series_year_at_default"]
        lines.append(f"| {name} | {fa:.2f} | " + " | ".join(cells) + f" | {paired} |")
    flagged = {n: f["better_than_ours"] for n, f in result.items() if f.get("better_than_ours") and n != CLAIRVOYANT}
    lines.append(f"Better than ours by {FLAGGED_AT:g} standard errors: {flagged or 'none'}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
