"""Dates with their month in words: "5. März 2024", "March 5, 2024 at 1:22 PM", "2024年3月5日".

Month names come from CLDR, through Babel. A name that means different months in two languages is left out. "2 weeks
ago" is no date: told anew it means another day, and a review without an id would become another one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from functools import cache

from babel.dates import get_month_names

from pipeline.review import Precision

_LANGUAGES = (
    "en",
    "de",
    "fr",
    "es",
    "it",
    "nl",
    "pt",
    "sv",
    "da",
    "nb",
    "fi",
    "pl",
    "cs",
    "hu",
    "ro",
    "tr",
    "el",
    "ru",
)
_CLOCK = r"(?:\s*(?:,|at|um|à|kl\.?|om|alle|a las|às)?\s*(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?\s*([ap]\.?m\.?|uhr)?)?"
_DAY_FIRST = re.compile(
    rf"^(?:[^\W\d]+\.?,?\s+)?(\d{{1,2}})(?:\.|st|nd|rd|th|er|º|ª)?\s*(?:of|de|d')?[\s-]*([^\W\d]+)\.?,?(?:[\s-]+(?:de|del))?[\s,-]+(\d{{4}}){_CLOCK}$",
    re.I,
)
_MONTH_FIRST = re.compile(
    rf"^(?:[^\W\d]+\.?,\s*)?([^\W\d]+)\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}}){_CLOCK}$", re.I
)
_MONTH_ONLY = re.compile(r"^([^\W\d]+)\.?,?\s+(?:de\s+|del\s+)?(\d{4})$", re.I)
_EAST = re.compile(r"^(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日일]$")
_YEAR_FIRST = re.compile(r"^(\d{4})[/.](\d{1,2})[/.](\d{1,2})\.?(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?()$")


def told(text: str) -> tuple[datetime | date, Precision] | None:
    """The date that a text writes out; None where it is none, or names no month we know.

    Raises:
        ValueError: a day or hour that does not exist.
    """
    match = _DAY_FIRST.match(text)
    if match and (month := _months().get(match.group(2).lower())):
        return _moment(match.group(3), month, match.group(1), match.groups()[3:])
    match = _MONTH_FIRST.match(text)
    if match and (month := _months().get(match.group(1).lower())):
        return _moment(match.group(3), month, match.group(2), match.groups()[3:])
    match = _MONTH_ONLY.match(text)
    if match and (month := _months().get(match.group(1).lower())):
        return date(int(match.group(2)), month, 1), "month"
    match = _EAST.match(text)
    if match:
        return date(*(int(part) for part in match.groups())), "day"
    match = _YEAR_FIRST.match(text)
    return _moment(match.group(1), int(match.group(2)), match.group(3), match.groups()[3:]) if match else None


def _moment(year: str, month: int, day: str, clock: tuple[str | None, ...]) -> tuple[datetime | date, Precision]:
    hour, minute, second, half = clock
    if hour is None or minute is None:
        return date(int(year), month, int(day)), "day"
    hours = int(hour)
    if half and half[0].lower() in "ap":
        hours = hours % 12 + (12 if half[0].lower() == "p" else 0)
    found = datetime(int(year), month, int(day), hours, int(minute), int(second or 0))
    return found, "second" if second else "minute"


@cache
def _months() -> dict[str, int]:
    known: dict[str, set[int]] = {}
    for name, number in _names():
        known.setdefault(name, set()).add(number)
    return {name: numbers.pop() for name, numbers in known.items() if len(numbers) == 1}


def _names() -> Iterator[tuple[str, int]]:
    for language in _LANGUAGES:
        for width in ("wide", "abbreviated"):
            for context in ("format", "stand-alone"):
                for number, name in get_month_names(width, context, language).items():
                    yield name.lower().rstrip("."), number
    yield from (("sept", 9), ("maerz", 3), ("jän", 1), ("jänner", 1), ("feber", 2))
