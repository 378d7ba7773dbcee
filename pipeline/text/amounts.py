"""Amounts of money in a text, with their currency: "49,90 €", "$1,299.00", "EUR 1.299,--", "CHF 12.-", "£12k".

Only figures beside a currency count: a bare number may be anything. Libraries were weighed: price-parser 0.5.1 reads
one price out of a price tag and says neither where it stands nor in which ISO currency; Babel parses a number of a
known locale but finds none in a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple

_SIGNS: Mapping[str, str] = {
    "us$": "USD", "ca$": "CAD", "c$": "CAD", "a$": "AUD", "au$": "AUD", "nz$": "NZD", "r$": "BRL", "hk$": "HKD",
    "s$": "SGD", "mx$": "MXN", "€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY", "₹": "INR", "₺": "TRY", "₽": "RUB",
    "zł": "PLN", "kč": "CZK", "sfr.": "CHF", "sfr": "CHF",
}  # fmt: skip
_CODES = (
    "EUR", "USD", "GBP", "CHF", "CAD", "AUD", "NZD", "JPY", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "RON", "BGN",
    "TRY", "BRL", "MXN", "ARS", "CLP", "COP", "INR", "ZAR", "SGD", "HKD", "CNY", "RUB", "UAH", "ILS", "AED",
)  # fmt: skip
_WORDS: Mapping[str, str] = {
    "euro": "EUR", "euros": "EUR", "dollar": "USD", "dollars": "USD", "bucks": "USD", "dólares": "USD", "dólar": "USD",
    "dollari": "USD", "franken": "CHF", "francs suisses": "CHF", "pfund": "GBP", "quid": "GBP", "pounds": "GBP",
    "sterline": "GBP", "reais": "BRL", "złoty": "PLN", "zloty": "PLN",
}  # fmt: skip
_CURRENCIES = {**_SIGNS, **{code.lower(): code for code in _CODES}, **_WORDS}
_BLANK = r"[ \u00a0\u202f]"
_NUMBER = (
    rf"(?P<{{0}}>[0-9]{{{{1,3}}}}(?:(?:[.,'’\u00a0\u202f]|{_BLANK})[0-9]{{{{3}}}}(?![0-9]))+(?:[.,][0-9]{{{{1,2}}}}(?![0-9]))?"
    r"|[0-9]{{1,12}}(?:[.,][0-9]{{1,3}}(?![0-9]))?)"
    rf"(?P<{{1}}>[.,](?:--|[-–—])|{_BLANK}?(?:k|K|Tsd\.?|Mio\.?|million(?:en)?|m)(?!\w))?"
)


def _either(names: Iterable[str]) -> str:
    return "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))


_BEFORE = rf"(?:(?<![\w$])(?:{_either(_SIGNS)}|(?:{_either(_CODES)})(?![^\W0-9_])))"
_AFTER = rf"(?:(?:{_either(_SIGNS)})(?!\w)|(?:{_either([*_CODES, *_WORDS])})(?!\w))"
_AMOUNT = re.compile(
    rf"(?P<before>{_BEFORE}){_BLANK}{{0,2}}{_NUMBER.format('first', 'tail')}(?![0-9])"
    rf"|(?<![\w.,]){_NUMBER.format('second', 'end')}{_BLANK}?-?(?P<after>{_AFTER})",
    re.IGNORECASE,
)
# "12 pounds" of flour or of weight is no money.
_WEIGHT = re.compile(r"^\s*(?:of|heavier|lighter|overweight|in weight|mehl|fleisch)\b|^\s*schwer\b", re.IGNORECASE)
_WEIGHED = re.compile(r"\b(?:weigh\w*|lost|gained|wiegt|wog|abgenommen|zugenommen)\W+(?:\w+\W+){0,2}$", re.IGNORECASE)
_MAY_HOLD = re.compile("[0-9]")
_TIMES = {"k": 1_000, "tsd": 1_000, "mio": 1_000_000, "million": 1_000_000, "millionen": 1_000_000, "m": 1_000_000}


class Amount(NamedTuple):
    """An amount of money, its ISO 4217 currency, and where it stands in the text."""

    value: Decimal
    currency: str
    start: int
    end: int


def find_amounts(text: str) -> list[Amount]:
    """The amounts named in a text, in order. A "$" alone is taken for US dollars; amounts in words are not found."""
    if not _MAY_HOLD.search(text):
        return []
    lowered = text.lower()
    if not any(name in lowered for name in _CURRENCIES):  # much cheaper than the expression, and mostly true
        return []
    found = []
    for match in _AMOUNT.finditer(text):
        name = (match["before"] or match["after"]).lower()
        if name in ("pounds", "pfund") and _is_weight(text, match):
            continue
        digits, unit = (match["first"], match["tail"]) if match["before"] else (match["second"], match["end"])
        value = _value(digits) * _TIMES.get((unit or "").strip(" \u00a0\u202f.").lower(), 1)
        found.append(Amount(value, _CURRENCIES[name], match.start(), match.end()))
    return found


def _is_weight(text: str, match: re.Match[str]) -> bool:
    before, after = text[max(0, match.start() - 40) : match.start()], text[match.end() : match.end() + 40]
    return bool(_WEIGHT.search(after) or _WEIGHED.search(before))


def _value(digits: str) -> Decimal:
    """The number that is written. The last separator is the decimal one, unless three digits follow it or it repeats.

    "1.299" and "1,299" are thousands; "0.999" is not, since no thousand begins with a nought.
    """
    plain = re.sub(r"[ \u00a0\u202f'’]", "", digits)
    last = max(plain.rfind("."), plain.rfind(","))
    if last < 0:
        return Decimal(plain)
    whole, sign, rest = plain[:last], plain[last], plain[last + 1 :]
    grouped = len(rest) == 3 and 1 <= len(whole.split(sign)[-1]) <= 3 and whole.lstrip("0") != ""
    if grouped and not (set(whole) & {".", ","} - {sign}):
        return Decimal(re.sub(r"[.,]", "", plain))
    return Decimal(f"{re.sub(r'[.,]', '', whole)}.{rest}")
