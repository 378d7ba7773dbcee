"""Planted single reviews: duplicate burst, clock changes, edits and removals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random

from pipeline.demo import grammar
from pipeline.demo.author import Author
from pipeline.demo.firms import BRANCHENBLICK, MEINUNGSHAFEN, MORGENROT, SHOPSTIMMEN, channels
from pipeline.demo.opinion import BERLIN, Opinion
from pipeline.demo.truth import Planted, first_monday

BURST_TEXT = (
    "Achtung vor diesem Laden! Drei Monate auf den Esstisch gewartet, am Ende kam nichts und das Geld ist weg. "
    "Kauft lieber woanders."
)
EDIT_SHARE = 0.015
REMOVAL_SHARE = 0.01


def special_reviews(
    rng: Random, author: Author, events: Sequence[Planted], anchor: date
) -> tuple[list[Opinion], list[Planted]]:
    """The reviews of the duplicate burst and of the clock changes, and the truth of the latter."""
    burst = next(event for event in events if event.kind == "duplicate_burst")
    reviews = _burst(rng, author, burst)
    clock, truth = _clock_changes(author, anchor)
    return reviews + clock, truth


def _burst(rng: Random, author: Author, event: Planted) -> list[Opinion]:
    places = [
        channel
        for channel in channels()
        if channel.firm is MORGENROT and channel.site in (MEINUNGSHAFEN, BRANCHENBLICK, SHOPSTIMMEN)
    ]
    found = []
    for copy in range(18):
        day = event.start + timedelta(days=copy % 2)
        opinion = author.written(rng.choice(places), author.moment(day), "negative", "delivery")
        # Every third copy is slightly changed: a near duplicate, not an exact one.
        text = BURST_TEXT if copy % 3 else BURST_TEXT.replace("Achtung", f"ACHTUNG{'!' * (1 + copy % 2)}")
        found.append(
            replace(opinion, stars=1, text=text, title=None, language="de", cause=event.kind, theme="delivery",
                    sentiment="negative", reply=None, reply_at=None)
        )  # fmt: skip
    return found


def _clock_changes(author: Author, anchor: date) -> tuple[list[Opinion], list[Planted]]:
    """Reviews around each change of Berlin's clocks: on both sides of the gap, and in both of the doubled hours."""
    channel = next(item for item in channels() if item.site is MEINUNGSHAFEN and item.location == "Hamburg")
    reviews, truth = [], []
    day = first_monday(anchor)
    while day < anchor:
        midnight = datetime(day.year, day.month, day.day, tzinfo=BERLIN).astimezone(UTC)
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=BERLIN).astimezone(UTC)
        if noon - midnight != timedelta(hours=12):
            # 01:00 UTC is the moment of every European change, in either direction.
            change = datetime(day.year, day.month, day.day, 1, tzinfo=UTC)
            for minutes in (-30, 30):
                reviews.append(author.written(channel, change + timedelta(minutes=minutes), "positive", "service"))
            note = "clocks go " + ("forward" if noon - midnight < timedelta(hours=12) else "back: 02:30 comes twice")
            truth.append(Planted("clock_change", MORGENROT.key, day, day, "Hamburg", MEINUNGSHAFEN.name, note=note))
        day += timedelta(days=1)
    return reviews, truth


def edits_and_removals(rng: Random, reviews: list[Opinion], anchor: date) -> tuple[list[Opinion], list[Planted]]:
    """The reviews, some now edited or removed later; the live days always have one of each. Truth beside them."""
    changed: list[Opinion] = []
    truth: list[Planted] = []
    live = {"edit": anchor - timedelta(days=2), "removal": anchor - timedelta(days=1)}
    for opinion in reviews:
        draw, kind = rng.random(), None
        recent = timedelta(days=4) < anchor - opinion.day <= timedelta(days=20)
        if (
            recent
            and live
            and opinion.source == MEINUNGSHAFEN.name
            and opinion.text
            and opinion.entity == MORGENROT.key
        ):
            kind = next(iter(live))
            moment = datetime.combine(live.pop(kind), datetime.min.time(), UTC) + timedelta(hours=12)
        elif draw < EDIT_SHARE and opinion.text:
            kind, moment = "edit", _later(rng, opinion, 20)
        elif EDIT_SHARE <= draw < EDIT_SHARE + REMOVAL_SHARE:
            kind, moment = "removal", _later(rng, opinion, 60)
        if kind is None:
            changed.append(opinion)
            continue
        changed.append(_edited(rng, opinion, moment) if kind == "edit" else replace(opinion, removed_at=moment))
        day = moment.astimezone(BERLIN).date()
        if day < anchor:
            truth.append(
                Planted(
                    kind, opinion.entity, day, day, opinion.location, opinion.source, note=f"review {opinion.number}"
                )
            )
    return changed, truth


def _later(rng: Random, opinion: Opinion, days: int) -> datetime:
    return opinion.posted_at + timedelta(days=1 + int(rng.random() * days))


def _edited(rng: Random, opinion: Opinion, moment: datetime) -> Opinion:
    """The review with a better or worse afterthought."""
    improves = opinion.stars <= 2
    polarity: grammar.Polarity = "positive" if improves else "neutral"
    stars = min(5, opinion.stars + 2) if improves else max(1, opinion.stars - 1)
    text = f"{opinion.text} {grammar.addendum(rng, opinion.language, polarity)}"
    return replace(opinion, edited_at=moment, edited_stars=stars, edited_text=text)
