"""The demo world: two invented firms, 104 weeks of reviews of them on five sites, and what was planted there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from math import exp
from pathlib import Path
from random import Random

from pipeline.demo import truth as truth_table
from pipeline.demo.author import Author
from pipeline.demo.firms import BRANCHENBLICK, FIRMS, MEINUNGSHAFEN, MORGENROT, TIME_ZONE, Channel, channels
from pipeline.demo.history import history_csv, history_rows
from pipeline.demo.incidental import edits_and_removals, special_reviews
from pipeline.demo.opinion import Opinion
from pipeline.demo.truth import Planted
from pipeline.demo.truth import write_truth as _write_rows

__all__ = ["ENTITIES", "Entity", "World", "build", "events", "history_csv", "history_rows", "write_truth"]

# Monday to Sunday: weekends bring more reviews, and slightly worse ones.
_WEEKDAY_VOLUME = (0.9, 0.85, 0.85, 0.9, 1.0, 1.25, 1.25)
_WEEKDAY_NEGATIVE = (0.0, 0.0, -0.01, 0.0, 0.0, 0.03, 0.03)
_MIX_AFTER_SHIFT = {BRANCHENBLICK.name: 2.2, MEINUNGSHAFEN.name: 0.5}


@dataclass(frozen=True)
class Entity:
    """A firm as the settings name it."""

    name: str
    title: str
    time_zone: str


ENTITIES = tuple(Entity(firm.key, firm.title, TIME_ZONE) for firm in FIRMS)


@dataclass(frozen=True)
class World:
    """All reviews in order of posting, and the table of what was planted. The last day is `anchor` less one."""

    anchor: date
    seed: int
    reviews: tuple[Opinion, ...]
    truth: tuple[Planted, ...]

    @property
    def first_day(self) -> date:
        """The Monday of week 1."""
        return truth_table.first_monday(self.anchor)

    def week_start(self, number: int) -> date:
        """The Monday of week 1..104."""
        return self.first_day + timedelta(weeks=number - 1)

    def shown(self, source: str, entity: str, location: str | None, moment: datetime) -> list[Opinion]:
        """What a channel shows at `moment`, newest first; `location` None takes all branches together."""
        found = (opinion.as_of(moment) for opinion in self._by_source.get((source, entity), ()))
        return [opinion for opinion in found if opinion and location in (None, opinion.location)]

    def write_truth(self, path: Path) -> None:
        """Writes the truth table, CSV or by its suffix JSON."""
        _write_rows(self.truth, path)

    @property
    def live_event_text(self) -> str:
        """The event planted in the last days, for people."""
        event = next(event for event in self.truth if event.kind == "live_shock")
        return f"{event.note} ({event.theme}) from {event.start:%a %d %b %Y}, all branches of {MORGENROT.title}"

    @cached_property
    def _by_source(self) -> dict[tuple[str, str], list[Opinion]]:
        groups: dict[tuple[str, str], list[Opinion]] = {}
        for opinion in reversed(self.reviews):
            groups.setdefault((opinion.source, opinion.entity), []).append(opinion)
        return groups


def build(anchor: date, seed: int = 20260) -> World:
    """The world whose today is `anchor`; the same arguments give the same world, to the letter."""
    rng = Random(seed)
    events = truth_table.planned(anchor)
    author = Author(rng)
    reviews: list[Opinion] = []
    day = truth_table.first_monday(anchor)
    shift = next(event.start for event in events if event.kind == "mix_shift")
    while day < anchor:
        # Days differ by more than chance: one factor for all channels of a day.
        mood = rng.gammavariate(20, 1 / 20)
        for channel in channels():
            reviews += _day(rng, author, channel, day, events, mood, day >= shift)
        day += timedelta(days=1)
    special, more_truth = special_reviews(rng, author, events, anchor)
    reviews = sorted(reviews + special, key=lambda opinion: (opinion.posted_at, opinion.number))
    reviews, changes = edits_and_removals(rng, reviews, anchor)
    table = sorted([*events, *more_truth, *changes], key=lambda planted: (planted.start, planted.kind))
    return World(anchor, seed, tuple(reviews), tuple(table))


def write_truth(world: World, path: Path) -> None:
    """Writes the world's truth table, CSV or by its suffix JSON."""
    world.write_truth(path)


def events(world: World) -> list[dict[str, object]]:
    """What the firm itself knows of: `[[event]]` tables for the settings."""
    titles = {
        "policy_without_effect": ("policy", "New returns policy"),
        "campaign": ("campaign", "Autumn sale"),
        "recall": ("recall", "Recall of the cot Wolke"),
        "policy": ("policy", "Fixed contact persons"),
    }
    known = ((titles[event.kind], event) for event in world.truth if event.kind in titles)
    return [
        {"entity": event.entity, "kind": kind, "title": title, "start": event.start, "end": event.end}
        for (kind, title), event in known
    ]


def _day(
    rng: Random, author: Author, channel: Channel, day: date, events: Sequence[Planted], mood: float, shifted: bool
) -> list[Opinion]:
    firm, site = channel.firm, channel.site
    active = [event for event in events if event.covers(day, firm.key, channel.location, site.name)]
    rate = channel.weekly / 7 * _WEEKDAY_VOLUME[day.weekday()] * mood
    if shifted and firm is MORGENROT:
        rate *= _MIX_AFTER_SHIFT.get(site.name, 1.0)
    negative = site.negative + _WEEKDAY_NEGATIVE[day.weekday()]
    for event in active:
        strength = event.strength(day)
        rate *= 1 + (event.volume - 1) * strength
        negative += event.negative * strength
    negative = min(0.95, max(0.04, negative))
    return [author.opinion(channel, day, negative, active) for _ in range(_poisson(rng, rate))]


def _poisson(rng: Random, rate: float) -> int:
    """A Poisson draw (Knuth); rates here are a few a day."""
    floor, product, count = exp(-rate), rng.random(), 0
    while product > floor:
        product *= rng.random()
        count += 1
    return count
