"""Which themes, places, sources, languages and versions carry an excess of negative reviews.

Each cell is measured by its own past: what it usually gives on so many days. A cell that is new has no past, so all of
its negatives are excess.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from pipeline.review import Driver

COVERED = 0.8
# So many reviews of an average weekday hold each weekday's factor near 1.
_STEADY_REVIEWS = 10.0


@dataclass(frozen=True)
class Cell:
    """Negatives of one value of a dimension, in the incident and on the days before that count as normal.

    The two weights are the same counts, where a review of k themes counts 1/k in each; None where they are no other.
    """

    dimension: str
    name: str
    n_negative: float
    n_negative_baseline: float
    weight: float | None = None
    weight_baseline: float | None = None


@dataclass(frozen=True)
class Exposure:
    """How many usual days a span of days amounts to, by its weekdays, and how many the normal days amount to."""

    days: float
    baseline_days: float


def exposure(window: Iterable[date], baseline_reviews: Sequence[tuple[date, float]]) -> Exposure:
    """The exposure of the days of an incident and of its normal days, given with their numbers of reviews.

    A Saturday of a shop that is reviewed on Saturdays is more than a seventh of a week.
    """
    counted: Counter[int] = Counter()
    reviews: Counter[int] = Counter()
    for day, n in baseline_reviews:
        counted[day.weekday()] += 1
        reviews[day.weekday()] += n  # type: ignore[assignment]
    mean = sum(reviews.values()) / max(len(baseline_reviews), 1)
    factor = {
        weekday: (reviews[weekday] + _STEADY_REVIEWS) / (mean * counted[weekday] + _STEADY_REVIEWS)
        for weekday in range(7)
    }
    return Exposure(
        sum(factor[day.weekday()] for day in window), sum(factor[day.weekday()] for day, _ in baseline_reviews)
    )


def days_between(first: date, last: date) -> list[date]:
    """The days from `first` to `last`, both with."""
    return [first + timedelta(days=k) for k in range((last - first).days + 1)]


def drivers(cells: Sequence[Cell], *, days: float, baseline_days: float) -> tuple[Driver, ...]:
    """Of each dimension, the cells that together make 80 % of its excess negatives, largest excess first.

    `days` is the length of the incident, `baseline_days` that of the normal days (by weekdays, if they are weighted);
    without normal days every negative is excess.

    Raises:
        ValueError: `days` is not positive, or `baseline_days` is negative.
    """
    if days <= 0 or baseline_days < 0:
        raise ValueError(f"drivers need positive numbers of days, got {days} and {baseline_days}")
    ratio = days / baseline_days if baseline_days else 0.0
    found: list[Driver] = []
    for dimension in dict.fromkeys(cell.dimension for cell in cells):
        mine = [_driver(cell, ratio) for cell in cells if cell.dimension == dimension]
        rising = [driver for driver in mine if driver.excess > 0 and _part(driver) > 0]
        found.extend(_covering(sorted(rising, key=lambda driver: (-_part(driver), driver.name))))
    return tuple(found)


def _driver(cell: Cell, ratio: float) -> Driver:
    now = cell.n_negative if cell.weight is None else cell.weight
    before = cell.n_negative_baseline if cell.weight_baseline is None else cell.weight_baseline
    expected = cell.n_negative_baseline * ratio
    return Driver(cell.dimension, cell.name, round(cell.n_negative), expected, now - before * ratio)


def _part(driver: Driver) -> float:
    return driver.excess if driver.part is None else driver.part


def _covering(ranked: Sequence[Driver]) -> list[Driver]:
    total, covered, kept = sum(_part(driver) for driver in ranked), 0.0, []
    for driver in ranked:
        if covered >= COVERED * total:
            break
        kept.append(driver)
        covered += _part(driver)
    return kept
