"""Reads ratings and dates as sites and files write them: decimal commas, "87/100", "4 of 5", "05.03.2024"."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime

from pipeline.review import Precision, Rating
from pipeline.sources import written_dates

_FRACTION = re.compile(
    r"^\s*(-?\d+(?:[.,]\d+)?)\s*(?:/|of|out of|von|sur|de|su|van)\s*(\d+(?:[.,]\d+)?)", re.IGNORECASE
)
_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)?")
_STARS = re.compile("^[★⭐]{1,5}")
_THUMB = re.compile(
    r"^(?:(👍|thumbs?[ _-]?up|daumen hoch)|👎|thumbs?[ _-]?down|daumen runter)\b|^(?:(👍)|👎)", re.IGNORECASE
)
_WORDS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5}
_PERCENT = re.compile(r"^\s*(\d{1,3}(?:[.,]\d+)?)\s*%\s*$")
_DATE_ONLY = re.compile(r"^\d{4}-\d{2}-\d{2}$")
_COMPACT = re.compile(r"^(\d{4})(\d{2})(\d{2})$")
_MONTH_ONLY = re.compile(r"^(\d{4})-(\d{2})$")
_ZONE_NAME = re.compile(r"\s+(UTC|GMT|Z)$", re.IGNORECASE)
_DOTTED = re.compile(r"^(\d{1,2})\.(\d{1,2})\.(\d{4})(?:[ ,T]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?$")
_SLASHED = re.compile(r"^(\d{1,2})[/-](\d{1,2})[/-](\d{4})(?:[ ,T]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?$")
_MILLISECONDS_FROM = 100_000_000_000
_SECONDS_FROM = 400_000_000  # autumn 1982: smaller whole numbers are no Unix times


def number(value: object) -> float | None:
    """A number as people write it: 4, "3,2", "4.5 stars"; None where there is none."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return float(value) if value == value and abs(value) != float("inf") else None
    match = _NUMBER.search(str(value))
    return float(match.group().replace(",", ".")) if match else None


def rating(value: object, best: object = None, worst: object = None) -> Rating | None:
    """A rating on its own scale; the scale defaults to 1-5 unless the value itself names it, as in "87/100"."""
    text = str(value).strip() if value is not None else ""
    fraction = _FRACTION.match(text)
    percent = _PERCENT.match(text)
    if fraction:
        return _on_scale(number(fraction.group(1)), number(fraction.group(2)), number(worst))
    if percent:
        return _on_scale(number(percent.group(1)), 100.0, 0.0)
    if _STARS.match(text):
        return Rating(float(len(text.rstrip("☆").strip())))
    thumb = _THUMB.match(text)
    if thumb:
        return Rating(1.0 if thumb.group(1) or thumb.group(2) else 0.0, 1.0, 0.0, is_binary=True)
    plain = number(value)
    if plain is None and text.lower() in _WORDS:
        plain = float(_WORDS[text.lower()])
    return _on_scale(plain, number(best), number(worst))


def _on_scale(value: float | None, best: float | None, worst: float | None) -> Rating | None:
    if value is None:
        return None
    top = 5.0 if best is None or best <= 0 else best
    # schema.org: worstRating is 1 if missing; scales of a hundred and the like start at 0.
    low = worst if worst is not None else (1.0 if top <= 10 else 0.0)
    return Rating(value, top, low)


def when(value: object, *, day_first: bool | None = None) -> tuple[datetime | date | None, Precision | None]:
    """A time or date with its precision; (None, None) where it cannot be told without guessing.

    "05/03/2024" is only read where `day_first` says how, or where one of the two numbers is above 12.
    """
    if isinstance(value, datetime):
        return value, "second"
    if isinstance(value, date):
        return value, "day"
    if value is None or isinstance(value, bool):
        return None, None
    text = _ZONE_NAME.sub("+00:00", str(value).strip())
    try:
        return (
            _number_when(text)
            or _iso_when(text)
            or _local_when(text, day_first)
            or written_dates.told(str(value).strip())
            or _mail_when(str(value))
            or (None, None)
        )
    except (ValueError, OverflowError, OSError, TypeError):
        return None, None


def _number_when(text: str) -> tuple[datetime | date, Precision] | None:
    compact = _COMPACT.match(text)
    if compact and 1990 <= int(compact.group(1)) <= 2100:
        return date(*(int(part) for part in compact.groups())), "day"
    if not re.fullmatch(r"\d+(?:\.\d+)?", text):
        return None
    seconds = float(text)
    if seconds >= _MILLISECONDS_FROM:
        seconds /= 1000
    return (datetime.fromtimestamp(seconds, UTC), "second") if seconds >= _SECONDS_FROM else None


def _iso_when(text: str) -> tuple[datetime | date, Precision] | None:
    if _DATE_ONLY.match(text):
        return date.fromisoformat(text), "day"
    month = _MONTH_ONLY.match(text)
    if month:
        return date(int(month.group(1)), int(month.group(2)), 1), "month"
    if not re.match(r"^\d{4}-\d{2}-\d{2}[T ]", text):
        return None
    # Sites write nanoseconds and a blank before the zone; datetime takes neither.
    plain = re.sub(r"(\.\d{6})\d+", r"\1", re.sub(r"\s+([+-]\d{2}:?\d{2})$", r"\1", text))
    has_seconds = re.match(r"^.{10}[T ]\d{2}:\d{2}:\d{2}", plain) is not None
    return datetime.fromisoformat(plain), "second" if has_seconds else "minute"


def _local_when(text: str, day_first: bool | None) -> tuple[datetime | date, Precision] | None:
    match = _DOTTED.match(text)
    if match:
        return _from_parts(int(match.group(3)), int(match.group(2)), int(match.group(1)), match.groups()[3:])
    match = _SLASHED.match(text)
    if not match:
        return None
    one, two, year = (int(match.group(at)) for at in (1, 2, 3))
    if one > 12 or day_first:
        return _from_parts(year, two, one, match.groups()[3:])
    if two > 12 or day_first is False:
        return _from_parts(year, one, two, match.groups()[3:])
    return None


def _from_parts(year: int, month: int, day: int, clock: tuple[str | None, ...]) -> tuple[datetime | date, Precision]:
    hour, minute, second = clock
    if hour is None or minute is None:
        return date(year, month, day), "day"
    return datetime(year, month, day, int(hour), int(minute), int(second or 0)), "second" if second else "minute"


def _mail_when(text: str) -> tuple[datetime | date, Precision] | None:
    return (
        (parsedate_to_datetime(text), "second")
        if re.match(r"^\s*(?:[A-Za-z]{3},\s*)?\d{1,2} [A-Za-z]{3} \d{4}", text)
        else None
    )
