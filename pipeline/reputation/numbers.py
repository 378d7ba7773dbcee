"""Numbers and dates as a reader of each language writes them (Babel); the same number of digits in every language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_interval, format_skeleton, format_time
from babel.numbers import format_decimal, format_percent

from pipeline.reputation.weekly import Interval

Language = Literal["en", "de"]
# British English: 22 Nov 2026 and the 24-hour clock, as on the pages of a European manager.
LOCALES: Mapping[str, Locale] = {"en": Locale.parse("en_GB"), "de": Locale.parse("de_DE")}
_RANGE_WORD: Mapping[str, str] = {"en": "to", "de": "bis"}


def decimal(value: float, language: Language, *, digits: int = 0, fixed: bool = True) -> str:
    """`value` with grouping and `digits` decimals; without `fixed`, a zero at the end is left out."""
    pattern = "#,##0" + ("." + ("0" if fixed else "#") * digits if digits else "")
    # Adding 0.0 turns a rounded -0.0 into 0.0.
    text: str = format_decimal(round(value, digits) + 0.0, pattern, locale=LOCALES[language])
    return text.replace("-", "−")


def signed(value: float, language: Language, *, digits: int = 0, fixed: bool = True) -> str:
    """`value` with its sign, + or −; a zero has none."""
    text = decimal(value, language, digits=digits, fixed=fixed)
    return f"+{text}" if round(value, digits) > 0 else text


def percent(share: float, language: Language, *, digits: int = 0) -> str:
    """A share in [0, 1] as a percentage; decimals that are zero are left out."""
    pattern = "#,##0" + ("." + "#" * digits if digits else "") + ("%" if language == "en" else "\xa0%")
    return format_percent(round(share, digits + 2) + 0.0, pattern, locale=LOCALES[language])


def share(value: float, n: float, language: Language) -> str:
    """A share with one decimal from 100 reviews on, else whole percent."""
    return percent(value, language, digits=1 if n >= 100 else 0)


def share_band(band: Interval, language: Language) -> str:
    """The ends of a band of a share, such as 20–43%, with as many decimals as its width deserves."""
    digits = range_digits(100 * band.low, 100 * band.high)
    low = percent(band.low, language, digits=digits).rstrip("%\xa0 ")
    return f"{low}–{percent(band.high, language, digits=digits)}"


def points(share_difference: float, language: Language) -> str:
    """A difference of shares in percentage points with its sign, one decimal where it is not zero."""
    return signed(100 * share_difference, language, digits=1, fixed=False)


def signed_range(low: float, high: float, language: Language) -> str:
    """Two signed numbers: +6 to +31; with decimals where they are close together."""
    ends = (signed(end, language, digits=range_digits(low, high), fixed=False) for end in (low, high))
    return f" {_RANGE_WORD[language]} ".join(ends)


def range_digits(low: float, high: float) -> int:
    """How many decimals the ends of a range deserve, so that they do not look alike."""
    return 0 if high - low >= 3 else 1 if high - low >= 0.3 else 2


def day(value: date, language: Language, *, skeleton: str = "yMMMd") -> str:
    """A date such as 22 Nov 2026; `MMMd` leaves the year out, `MMMEd` names the weekday instead."""
    return format_skeleton(skeleton, value, locale=LOCALES[language])


def moment(value: datetime, time_zone: str, language: Language) -> str:
    """A point in time on the wall clock of `time_zone`: 22 Nov 2026, 21:40; German adds the word for o'clock."""
    local = value.astimezone(ZoneInfo(time_zone))
    clock = format_time(local, "HH:mm", locale=LOCALES[language])
    return f"{day(local.date(), language)}, {clock}" + ("\xa0Uhr" if language == "de" else "")


def week_days(monday: date, language: Language) -> str:
    """Monday to Sunday: 16–22 Nov 2026."""
    return format_interval(monday, monday + timedelta(days=6), "yMMMd", locale=LOCALES[language])


def is_one(value: float, *, digits: int = 0) -> bool:
    """True where the number as printed takes the singular in English and German."""
    return abs(round(value, digits)) == 1
