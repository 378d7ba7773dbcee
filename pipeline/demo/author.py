"""Draws invented reviews: who writes, when, in which language, what about, and how many stars."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from pipeline.demo import grammar
from pipeline.demo.firms import WIDE_LANGUAGES, Channel
from pipeline.demo.grammar import THEMES, UNSUPPORTED, Brief, Polarity
from pipeline.demo.opinion import BERLIN, Opinion
from pipeline.demo.truth import Planted

_FIRST = (
    "Anneke", "Bartel", "Celina", "Dorit", "Eskil", "Fenja", "Gero", "Hedda", "Ilja", "Jorinde", "Kaspar", "Levke",
    "Maelle", "Nuria", "Odile", "Pascual", "Quirin", "Ronja", "Sixten", "Tilda", "Ulf", "Veva", "Wanja", "Ximena",
    "Yannick", "Zoltan", "Amparo", "Briar", "Corentin", "Delia", "Edmund", "Fleur",
)  # fmt: skip
_HANDLES = ("moebelfan", "couchpotato", "nestbauer", "dielenkind", "bricoleuse", "casera", "nightowl", "sofaheld")
_THEME_WEIGHTS = {
    "meinungshafen": (5, 2, 4, 4, 2, 1, 2),
    "branchenblick": (5, 2, 3, 3, 3, 1, 3),
    "shopstimmen": (3, 2, 5, 5, 2, 3, 0.3),
    "filialbox": (5, 1, 1, 3, 3, 0.5, 5),
    "playdeck": (0, 0, 0, 0, 0, 1, 0),
}
_HOTEL_THEMES = ("service", "site", "price")
NEUTRAL_SHARE = 0.12
CONFLICT_SHARE = 0.06
UNSUPPORTED_SHARE = 0.025
REPLY_SHARE: dict[Polarity, float] = {"negative": 0.5, "neutral": 0.2, "positive": 0.2}


class Author:
    """Hands out reviews one by one; numbers rise, and no two reviews of a channel and day share an author."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._number = 100_000
        self._taken: set[tuple[str, str, str | None, date, str]] = set()

    def opinion(self, channel: Channel, day: date, negative: float, active: Sequence[Planted]) -> Opinion:
        """A review of that day, negative with probability `negative`, shaped by the events `active` then."""
        mood = self._mood(negative)
        event = self._event(mood, negative, day, active)
        theme = (event.theme if event else None) or self._theme(channel)
        return self.written(channel, self.moment(day), mood, theme, event)

    def written(
        self, channel: Channel, posted_at: datetime, mood: Polarity, theme: str | None, event: Planted | None = None
    ) -> Opinion:
        """A review whose time, mood and theme are given; everything else is drawn."""
        rng, site = self._rng, channel.site
        phrases = event.phrases if event else None
        star_only = rng.random() < (0.08 if phrases else site.star_only)
        sentiment = mood if phrases or rng.random() > CONFLICT_SHARE else self._opposite(mood)
        language = self._language(channel, supported=phrases is not None)
        place = channel.location or rng.choice(channel.firm.branches).name
        setting = "planner" if site.kind == "store" else channel.firm.kind
        brief = Brief(language, sentiment, theme, place, phrases, setting)
        if setting == "planner" and phrases:
            brief = Brief(language, sentiment, theme, place, phrases)
        titled = not star_only and site.kind in {"portal_a", "portal_b", "feed"} and rng.random() < 0.7
        answer, answered_at = self._answer(channel, posted_at, language, mood)
        self._number += 1 + int(rng.random() * 7)
        return Opinion(
            number=self._number,
            source=site.name,
            entity=channel.firm.key,
            location=channel.location,
            author=self._name(channel, posted_at),
            posted_at=posted_at,
            stars=self._stars(mood),
            title=grammar.title(rng, brief) if titled else None,
            text=None if star_only else grammar.write(rng, brief),
            language=language,
            theme=None if star_only or language in UNSUPPORTED else theme,
            sentiment=mood if star_only else sentiment,
            cause=event.kind if event else None,
            reply=answer,
            reply_at=answered_at,
        )

    def moment(self, day: date) -> datetime:
        """A time of that business day, mostly in the evening, in UTC."""
        hour = 7 + int(17 * self._rng.random() ** 0.7)
        local = datetime.combine(day, time(hour, self._rng.randrange(60), self._rng.randrange(60)), BERLIN)
        return local.astimezone(UTC)

    def _mood(self, negative: float) -> Polarity:
        draw = self._rng.random()
        if draw < negative:
            return "negative"
        return "neutral" if draw < negative + NEUTRAL_SHARE * (1 - negative) else "positive"

    def _opposite(self, mood: Polarity) -> Polarity:
        if mood == "neutral":
            return "negative" if self._rng.random() < 0.5 else "positive"
        return "positive" if mood == "negative" else "negative"

    def _event(self, mood: Polarity, negative: float, day: date, active: Sequence[Planted]) -> Planted | None:
        """The planted event this review is due to: by its part of all negatives, or a campaign's part of praise."""
        for event in active:
            if mood == "negative" and event.negative > 0 and event.theme:
                if self._rng.random() < event.negative * event.strength(day) / negative:
                    return event
            elif mood == "positive" and event.kind == "campaign" and self._rng.random() < 0.35:
                return event
        return None

    def _theme(self, channel: Channel) -> str | None:
        if channel.firm.kind == "hotel":
            return self._rng.choice(_HOTEL_THEMES)
        if self._rng.random() < 0.1:
            return None
        return self._rng.choices(THEMES, _THEME_WEIGHTS[channel.site.name])[0]

    def _language(self, channel: Channel, *, supported: bool) -> str:
        if not supported and self._rng.random() < UNSUPPORTED_SHARE:
            return self._rng.choice(UNSUPPORTED)
        branch = channel.firm.branch(channel.location)
        shares = branch.languages if branch else WIDE_LANGUAGES
        return self._rng.choices([code for code, _ in shares], [share for _, share in shares])[0]

    def _stars(self, mood: Polarity) -> int:
        draw = self._rng.random()
        if mood == "neutral":
            return 3
        if mood == "negative":
            return 1 if draw < 0.65 else 2
        return 5 if draw < 0.7 else 4

    def _name(self, channel: Channel, posted_at: datetime) -> str:
        """A name, handle or player number that nobody else used in this channel on that day."""
        rng = self._rng
        key = (channel.site.name, channel.firm.key, channel.location, posted_at.astimezone(BERLIN).date())
        while True:
            if channel.site.kind == "store":
                name = f"7656119{rng.randrange(10**9, 10**10)}"
            elif rng.random() < 0.2:
                name = f"{rng.choice(_HANDLES)}{rng.randrange(1, 100)}"
            else:
                name = f"{rng.choice(_FIRST)} {chr(65 + rng.randrange(26))}."
            if (*key, name) not in self._taken:
                self._taken.add((*key, name))
                return name

    def _answer(
        self, channel: Channel, posted_at: datetime, language: str, mood: Polarity
    ) -> tuple[str | None, datetime | None]:
        if not channel.site.has_replies or self._rng.random() > REPLY_SHARE[mood]:
            return None, None
        delay = timedelta(hours=4 + 20 * self._rng.gammavariate(2, 1))
        at = (posted_at + delay).replace(microsecond=0)
        return grammar.reply(self._rng, language, mood), at
