"""Replays the spike alerts on real dated reviews whose crises are known, each day knowing only its past.

    python bench/real_alerts.py --data DIR [--per-month B] [--series NAME ...] [--json]

DIR holds Parquet files of labelled reviews (dataset, entity, date, stars, label). A review counts as negative by its
label, else by two stars or fewer: no model takes part, so that days and counts can be checked by hand. Prints, for each
series, the alerts a year and the days of all alerts, and for each known crisis how many days late its alert came.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy as np

from pipeline.reputation.budget import threshold_for
from pipeline.reputation.incident import SeriesKey
from pipeline.reputation.replay import History, ReplayedAlert, evidence, replay

MIN_REVIEWS = 150
# Series dated by "a year ago" pile up on few days, those dated by month on its first; the pipeline does not watch them.
MIN_DAYS_WITH_REVIEWS = 60
MAX_SHARE_OF_FIRSTS = 0.5
_DAYS = """
select
    dataset,
    entity,
    date[:10]::date as day,
    count(*) as n,
    count_if(label = 'neg' or (label is null and stars <= 2)) as y
from read_parquet($files, union_by_name => true)
where date is not null and len(date) >= 10 and entity is not null and (label is not null or stars is not null)
group by all
order by all
"""


@dataclass(frozen=True)
class Crisis:
    """A known crisis: the series, and the first and last day on which it may be said to have begun."""

    entity: str
    first: date
    last: date


CRISES = (
    Crisis("Gmail", date(2019, 4, 4), date(2019, 4, 4)),
    Crisis("Gmail", date(2021, 4, 29), date(2021, 4, 30)),
    Crisis("Towns", date(2014, 5, 7), date(2014, 5, 7)),
    Crisis("Kinetic Void", date(2014, 11, 23), date(2014, 11, 23)),
)


@dataclass(frozen=True)
class Series:
    """Daily counts of one entity from its first to its last review."""

    dataset: str
    entity: str
    first_day: date
    n: np.ndarray[tuple[int], np.dtype[np.float64]]
    y: np.ndarray[tuple[int], np.dtype[np.float64]]

    @property
    def last_day(self) -> date:
        """The day of the last review."""
        return self.first_day + timedelta(days=len(self.n) - 1)


def read_series(folder: Path) -> list[Series]:
    """The dated series of a folder that are long enough, by data set and entity."""
    files = sorted(str(path) for path in folder.glob("*.parquet"))
    rows = duckdb.connect().execute(_DAYS, {"files": files}).fetchall()
    by_name: dict[tuple[str, str], list[tuple[date, int, int]]] = {}
    for dataset, entity, day, n, y in rows:
        by_name.setdefault((dataset, entity), []).append((day, n, y))
    return [_dense(dataset, entity, days) for (dataset, entity), days in by_name.items() if _is_watchable(days)]


def _is_watchable(days: Sequence[tuple[date, int, int]]) -> bool:
    total = sum(n for _, n, _ in days)
    firsts = sum(n for day, n, _ in days if day.day == 1)
    return total >= MIN_REVIEWS and len(days) >= MIN_DAYS_WITH_REVIEWS and firsts <= MAX_SHARE_OF_FIRSTS * total


def _dense(dataset: str, entity: str, days: Sequence[tuple[date, int, int]]) -> Series:
    first = days[0][0]
    n, y = np.zeros((days[-1][0] - first).days + 1), np.zeros((days[-1][0] - first).days + 1)
    for day, reviews, negatives in days:
        n[(day - first).days], y[(day - first).days] = reviews, negatives
    return Series(dataset, entity, first, n, y)


def alerts_of(series: Series, threshold: float) -> list[ReplayedAlert]:
    """What would have been sent over the whole history of a series."""
    share = (series.y.sum() + 8 * 0.2) / (series.n.sum() + 8)
    past = History((SeriesKey(series.entity),), series.n[None, :], series.y[None, :], series.last_day, [share])
    return replay(evidence(past, series.first_day, series.last_day), threshold)


def delay(crisis: Crisis, alerts: Sequence[ReplayedAlert]) -> int | None:
    """Days from the start of a crisis to its alert; None where none came within six days.

    An alert of the day before its start is another one.
    """
    late = [(alert.alert_day - crisis.last).days for alert in alerts if alert.alert_day >= crisis.first]
    return next((max(days, 0) for days in late if days <= 6), None)


def main() -> None:
    """Print the table, or one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--per-month", type=float, default=1.0, help="false alerts a month over all these series")
    parser.add_argument("--series", nargs="*", help="these entities only; the budget is still that of all")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    found = read_series(arguments.data)
    threshold = threshold_for(arguments.per_month, len(found))
    began = time.process_time()
    by_series = {s: alerts_of(found[s], threshold) for s in range(len(found)) if _is_asked(found[s], arguments.series)}
    seconds = time.process_time() - began
    result = {
        "threshold": round(threshold, 2),
        "cpu_s": round(seconds, 1),
        "crises": [
            {"entity": c.entity, "start": c.first, "delay_days": delay(c, alerts)}
            for c in CRISES
            for s, alerts in by_series.items()
            if found[s].entity == c.entity
        ],
        "series": [_summary(found[s], alerts) for s, alerts in by_series.items()],
    }
    print(json.dumps(result, indent=1, default=str) if arguments.json else _table(result))


def _is_asked(series: Series, names: Sequence[str] | None) -> bool:
    return not names or series.entity in names


def _summary(series: Series, alerts: Sequence[ReplayedAlert]) -> dict[str, object]:
    years = len(series.n) / 365.25
    return {
        "dataset": series.dataset,
        "entity": series.entity,
        "reviews": int(series.n.sum()),
        "negative": int(series.y.sum()),
        "years": round(years, 1),
        "alerts": len(alerts),
        "alerts_a_year": round(len(alerts) / years, 2),
        "days": [{k: v for k, v in asdict(alert).items() if k not in ("entity", "scope")} for alert in alerts],
    }


def _table(result: dict[str, object]) -> str:
    lines = [f"threshold {result['threshold']}, {result['cpu_s']} s CPU", ""]
    for crisis in result["crises"]:  # type: ignore[attr-defined]
        lines.append(f"{crisis['entity']:<16} {crisis['start']}  found after {crisis['delay_days']} days")
    for one in result["series"]:  # type: ignore[attr-defined]
        rate = f"{one['alerts']} alerts in {one['years']} years ({one['alerts_a_year']} a year)"
        lines.append(
            f"\n{one['dataset']}: {one['entity']}, {one['reviews']} reviews, {one['negative']} negative; {rate}"
        )
        lines += [
            f"  {a['alert_day']} since {a['start_day']} {a['severity']} {a['kind']:<14}"
            f" {a['observed']} negative, {a['expected']:.1f} expected"
            for a in one["days"]
        ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
