"""What was seen of a series on a day: the evidence of the scan, and signs that other rules gave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Literal

from pipeline.reputation.spike import Scan, window_start
from pipeline.review import Kind, Severity

Level = Literal["entity", "location", "source", "theme", "language", "version"]
# -log10 of the limits of PRODUCT 4.2: count .001 with share .01 make a P1.
P1_COUNT, P1_SHARE = 3.0, 2.0
# An entity has some ten parts, each of them tested every day: alone, a part must be ten times rarer than its entity.
PART_MARGIN = 1.0
KIND_SCORE = 2.0
RANK: Mapping[Severity | None, int] = {None: -1, "P3": 0, "P2": 1, "P1": 2}


@dataclass(frozen=True, order=True)
class SeriesKey:
    """A watched series: an entity as a whole (`name` empty), or one location, source, theme ... of it."""

    entity: str
    level: Level = "entity"
    name: str = ""

    @property
    def scope(self) -> str:
        """`entity`, or the level and name such as `location:Berlin`."""
        return "entity" if self.level == "entity" else f"{self.level}:{self.name}"

    @property
    def key(self) -> str:
        """A stable text for it, such as `shop` or `shop/location=Leipzig`."""
        return self.entity if self.level == "entity" else f"{self.entity}/{self.level}={self.name}"


@dataclass(frozen=True)
class Evaluation:
    """The evidence on one series on one day; counts are those of the strongest window, which starts on `start_day`.

    `volume_score` is the evidence that there are more reviews of any kind, None where it was not measured. `is_history`
    is true where the excess came by an import or a backfill; `is_urgent` where a safety or legal text is among it.
    `margin` is what a noisy series must add to the threshold of all.
    """

    series: SeriesKey
    day: date
    start_day: date
    score: float
    share_score: float
    count_score: float
    observed: int
    expected: float
    low: int
    high: int
    n: int
    share_baseline: float
    is_usable: bool
    volume_score: float | None = None
    is_history: bool = False
    is_urgent: bool = False
    margin: float = 0.0

    @property
    def excess(self) -> float:
        """Observed minus expected negatives."""
        return self.observed - self.expected

    @property
    def kind(self) -> Kind:
        """Worse reviews, more of them, or both.

        Where the share doubles the number of negatives doubles with it, so only the number of all reviews tells
        whether there are more of them.
        """
        if self.share_score < KIND_SCORE:
            return "more"
        volume = self.count_score if self.volume_score is None else self.volume_score
        return "more_and_worse" if volume >= KIND_SCORE else "worse"

    @property
    def severity(self) -> Severity:
        """P1 with both kinds of evidence or a safety or legal text; an alarm with one kind of evidence is a P2."""
        is_grave = self.count_score >= P1_COUNT and self.share_score >= P1_SHARE
        return "P1" if is_grave or self.is_urgent else "P2"


@dataclass(frozen=True)
class Sign:
    """What another rule than the scan noticed: drift, suspected manipulation, a positive surge.

    `observed` and `expected` count what the kind is about; `n_negative` of them are negative. `reasons` are codes.
    """

    kind: Kind
    series: SeriesKey
    day: date
    start_day: date
    score: float
    observed: int
    expected: float
    low: int
    high: int
    n: int
    share_baseline: float | None = None
    n_negative: int = 0
    reasons: tuple[str, ...] = ()
    is_history: bool = False

    @property
    def severity(self) -> Severity:
        """A manipulation is told; drift and praise wait for the next report."""
        return "P2" if self.kind == "manipulation" else "P3"


def evaluations(keys: Sequence[SeriesKey], last_day: date, scan: Scan) -> list[Evaluation]:
    """The scan as records; the last column of the scan is `last_day`."""
    days = scan.score.shape[1]
    found = []
    for row, key in enumerate(keys):
        for column in range(days):
            day = last_day - timedelta(days=days - 1 - column)
            cell = (row, column)
            found.append(
                Evaluation(
                    key, day, window_start(day, int(scan.window[cell])), float(scan.score[cell]),
                    float(scan.share_score[cell]), float(scan.count_score[cell]), int(scan.observed[cell]),
                    float(scan.expected[cell]), int(scan.low[cell]), int(scan.high[cell]), int(scan.n[cell]),
                    float(scan.share_baseline[cell]), bool(scan.is_usable[cell]),
                    float(scan.volume_score[cell]),
                )
            )  # fmt: skip
    return found


@dataclass(frozen=True)
class Limits:
    """What a score must exceed: the threshold of all series, and the margins of those whose class is too noisy."""

    threshold: float
    margins: Mapping[SeriesKey, float] = field(default_factory=dict)

    def applied(self, found: Sequence[Evaluation]) -> list[Evaluation]:
        """The evaluations with their margins."""
        if not self.margins:
            return list(found)
        return [replace(each, margin=self.margins.get(each.series, 0.0)) for each in found]


def has_fired(one: Evaluation, threshold: float) -> bool:
    """Whether an evaluation is an alarm."""
    part = 0.0 if one.series.level == "entity" else PART_MARGIN
    return one.is_usable and one.score > threshold + one.margin + part


def worse_of(one: Severity | None, other: Severity | None) -> Severity | None:
    """The graver of two severities; None is none."""
    return max(one, other, key=RANK.__getitem__)
