"""One invented review with its whole life: posted, perhaps edited, answered, removed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pipeline.demo.firms import TIME_ZONE
from pipeline.demo.grammar import Polarity

BERLIN = ZoneInfo(TIME_ZONE)


@dataclass(frozen=True, slots=True)
class Opinion:
    """A review and what was planted in it. Times are UTC; `stars` 1-5; text and title None where there are only stars.

    `sentiment` is what the text says (in about 6 % of texts not what the stars say); `cause` the kind of the planted
    event behind it.
    """

    number: int
    source: str
    entity: str
    location: str | None
    author: str
    posted_at: datetime
    stars: int
    title: str | None
    text: str | None
    language: str
    theme: str | None
    sentiment: Polarity
    cause: str | None = None
    edited_at: datetime | None = None
    edited_stars: int | None = None
    edited_text: str | None = None
    removed_at: datetime | None = None
    reply: str | None = None
    reply_at: datetime | None = None

    @property
    def day(self) -> date:
        """The business day it was posted on."""
        return self.posted_at.astimezone(BERLIN).date()

    @property
    def voted_up(self) -> bool:
        """The thumb a player gives for these stars; threes fall either way."""
        return self.stars > 3 or (self.stars == 3 and self.number % 2 == 0)

    def as_of(self, moment: datetime) -> Opinion | None:
        """What its site shows at `moment`; None before it was posted and after it was removed."""
        if self.posted_at > moment or (self.removed_at is not None and self.removed_at <= moment):
            return None
        shown = self
        if self.edited_at is not None:
            if self.edited_at <= moment:
                shown = replace(shown, stars=self.edited_stars or self.stars, text=self.edited_text)
            else:
                shown = replace(shown, edited_at=None)
        if self.reply_at is not None and self.reply_at > moment:
            shown = replace(shown, reply=None, reply_at=None)
        return shown


def end_of_day(day: date) -> datetime:
    """The last instant of a business day, in UTC."""
    return datetime.combine(day + timedelta(days=1), time(), BERLIN).astimezone(UTC) - timedelta(microseconds=1)
