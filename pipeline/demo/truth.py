"""What is planted in the demo world, and when: the table its detectors are judged by."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, timedelta
from pathlib import Path

from pipeline.demo.firms import BRANCHENBLICK, MORGENROT, SHOPSTIMMEN

WEEKS = 104


@dataclass(frozen=True)
class Planted:
    """One planted thing. `end` is its last day, None if it lasts.

    `negative` is added to the share of negatives (in [-1, 1]) at the start and `volume` multiplies the number of
    reviews; both halve every `half_life_weeks`, if given. `phrases` names the phrases its texts are made of.
    """

    kind: str
    entity: str
    start: date
    end: date | None
    location: str | None = None
    source: str | None = None
    theme: str | None = None
    negative: float = 0.0
    volume: float = 1.0
    half_life_weeks: float | None = None
    phrases: str | None = None
    note: str = ""

    def covers(self, day: date, entity: str, location: str | None, source: str) -> bool:
        """Whether the event touches that day and place."""
        return (
            self.start <= day
            and (self.end is None or day <= self.end)
            and self.entity == entity
            and self.location in (None, location)
            and self.source in (None, source)
        )

    def strength(self, day: date) -> float:
        """What is left of the effect on a day, in [0, 1]."""
        if self.half_life_weeks is None:
            return 1.0
        return float(0.5 ** ((day - self.start).days / 7 / self.half_life_weeks))


def first_monday(anchor: date) -> date:
    """The Monday of week 1 of 104; week 104 holds the day before `anchor`."""
    last = anchor - timedelta(days=1)
    return last - timedelta(days=last.weekday()) - timedelta(weeks=WEEKS - 1)


def planned(anchor: date) -> list[Planted]:
    """The events that shape numbers and texts, in order of their start."""
    monday = first_monday(anchor)
    firm = MORGENROT.key

    def week(number: int) -> date:
        return monday + timedelta(weeks=number - 1)

    def last(number: int) -> date:
        return week(number) + timedelta(days=6)

    return [
        Planted(
            "mix_shift", firm, week(40), None, source=BRANCHENBLICK.name, note="a harsher site grows: no real change"
        ),
        Planted("bad_run", firm, week(47), last(49), negative=0.09, note="chance: three bad weeks without a cause"),
        Planted("policy_without_effect", firm, week(50), None, note="announced after the bad run; changes nothing"),
        Planted("persistent_drop", firm, week(55), None, "Lille", None, "service", 0.25, note="new team, stays worse"),
        Planted(
            "shock", firm, week(60), last(68), "Leipzig", None, "billing", 0.55, 1.6, 3.0, "billing_shock", "new tills"
        ),
        Planted("campaign", firm, week(70), last(70), volume=2.0, phrases="campaign", note="more, not worse"),
        Planted(
            "stale_source", firm, week(75), last(77), source=SHOPSTIMMEN.name, volume=0.0, note="feed stands still"
        ),
        Planted("recall", firm, week(80), last(82), None, None, "product", 0.3, 1.5, 1.0, "recall", "cot Wolke"),
        Planted("policy", firm, week(85), None, negative=-0.10, note="a real improvement of 10 points"),
        Planted(
            "duplicate_burst", firm, week(90), week(90) + timedelta(days=1), note="one text, many authors and sites"
        ),
        Planted(
            "new_topic", firm, week(95), None, None, None, "service", 0.035, phrases="chatbot", note="chatbot Momo"
        ),
        Planted(
            "live_shock",
            firm,
            anchor - timedelta(days=3),
            anchor - timedelta(days=1),
            theme="billing",
            negative=0.47,
            volume=2.0,
            phrases="double_charge",
            note="cards charged twice",
        ),
    ]


def write_truth(truth: Sequence[Planted], path: Path) -> None:
    """Writes the table as CSV, or as JSON where `path` ends in .json; columns are the fields of `Planted`."""
    rows = [asdict(planted) for planted in truth]
    if path.suffix == ".json":
        path.write_text(json.dumps(rows, default=str, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Planted)])
        writer.writeheader()
        writer.writerows(rows)
