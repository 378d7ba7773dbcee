"""Hours in which nobody is disturbed but for a P1, on the clock of a business time zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class QuietHours:
    """From the full hour `first` up to `last`, over midnight where it is later; equal hours are never quiet."""

    first: int
    last: int

    def holds(self, now: datetime, zone: ZoneInfo) -> bool:
        """Whether it is quiet at an aware moment; the clock on the wall decides, also on the days it is changed."""
        hour = now.astimezone(zone).hour
        if self.first <= self.last:
            return self.first <= hour < self.last
        return hour >= self.first or hour < self.last


def parse_quiet_hours(text: str) -> QuietHours | None:
    """The hours of a text such as `21-7`; None for an empty one.

    Raises:
        ValueError: it is not two hours from 0 to 24.
    """
    if not text.strip():
        return None
    first, dash, last = (part.strip() for part in text.partition("-"))
    if not dash or not (first.isdecimal() and last.isdecimal()) or int(first) > 24 or int(last) > 24:
        raise ValueError(f"quiet hours {text!r} are not two hours such as 21-7")
    return QuietHours(int(first) % 24, int(last))
