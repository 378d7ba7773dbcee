"""Takes personal data out of a text: e-mail, phone, IBAN, card, order numbers and handles become placeholders.

Prices, years and quantities stay. Names of people are not found here (docs/managers.md says so).
"""

from __future__ import annotations

import re

import phonenumbers
from stdnum import iban, luhn

_MAY_HOLD = re.compile(r"\d|@|[(\[][aä]t[)\]]|\sat\s", re.IGNORECASE)
_EMAIL = re.compile(r"(?<![\w.+%-])[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}")
_DOT = r"(?:\s?[(\[](?:dot|punkt)[)\]]\s?|\s(?:dot|punkt)\s)"
# A bare " at " is a word like any other ("arrived at noon. Food was cold"): there the dot must be spelled as well.
_SPELLED_EMAIL = re.compile(
    rf"(?<![\w.+-])[\w.+-]{{1,64}}(?:\s?[(\[][aä]t[)\]]\s?[\w-]{{1,63}}(?:(?:\.|{_DOT})[a-z][a-z-]{{1,62}}){{1,3}}"
    rf"|\sat\s[\w-]{{1,63}}(?:{_DOT}[a-z][a-z-]{{1,62}}){{1,3}})\b",
    re.IGNORECASE,
)
_IBAN_START = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?=[ -]?[A-Za-z0-9])")
_DIGIT_RUN = re.compile(r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)")
_DATE = re.compile(r"^\d{1,2}[./-]\d{1,2}[./-](?:\d{2}|\d{4})$|^\d{4}-\d{2}-\d{2}$")
_PHONE = re.compile(r"(?<![\w.,])(?:\+|00|\(?0)[\d ()/.\-]{5,22}\d(?![\w])")
_NORTH_AMERICAN = re.compile(r"(?<![\w.,])(?:1[ -])?(?:\(\d{3}\)|\d{3})[ .-]\d{3}[.-]\d{4}(?!\w)")
_CUE = (
    r"(?:bestell(?:ung|nummer|nr)?|auftrags?(?:nummer|nr)?|kunden(?:nummer|nr)|rechnungs?(?:nummer|nr)|vertrags?(?:nummer|nr)|"
    r"sendungs?(?:nummer|nr)|ticket|order|customer|invoice|booking|reservation|case|account|policy|tracking|commande|pedido|"
    r"ordine|bestelling)"
)
_NUMBER = re.compile(
    rf"\b({_CUE}(?:\s?(?:no|nr|number|num|nummer|n°|id|code|numéro|número|numero))?\.?\s?[:#]?\s?#?)"
    r"((?=[A-Z0-9-]*\d{4})[A-Z0-9][A-Z0-9-]{3,29})\b",
    re.IGNORECASE,
)
_HANDLE = re.compile(r"(?<![\w@/.])(?:@[A-Za-z0-9_](?:[\w.]{0,29}\w)?)+")
_REGIONS = ("DE", "AT", "CH", "GB", "FR", "ES", "IT", "NL", "PT", "US")
_MIN_DIGITS, _MAX_DIGITS = 7, 15
_SHORTEST_IBAN, _LONGEST_IBAN = 15, 34
_ROUNDS = 8


def mask(text: str) -> str:
    """`text` with personal data replaced by [e-mail], [phone], [iban], [card], [number], [handle]. Idempotent.

    It is looked through again while something was found: behind one number another may come to light.
    """
    for _ in range(_ROUNDS):
        masked = _once(text) if _MAY_HOLD.search(text) else text
        if masked == text:
            break
        text = masked
    return text


def _once(text: str) -> str:
    text = _EMAIL.sub("[e-mail]", text)
    text = _SPELLED_EMAIL.sub("[e-mail]", text)
    if any(sign.isdigit() for sign in text):
        text = _mask_ibans(text)
        text = _DIGIT_RUN.sub(_card, text)
        text = _NUMBER.sub(r"\1[number]", text)
        text = _NORTH_AMERICAN.sub("[phone]", text)
        text = _PHONE.sub(_phone, text)
    return _HANDLE.sub("[handle]", text) if "@" in text else text


def _mask_ibans(text: str) -> str:
    parts: list[str] = []
    at = 0
    for match in _IBAN_START.finditer(text):
        if match.start() < at:
            continue
        end = _iban_end(text, match.start())
        if end is not None:
            parts += [text[at : match.start()], "[iban]"]
            at = end
    return "".join(parts) + text[at:] if parts else text


def _iban_end(text: str, start: int) -> int | None:
    """Where the longest valid IBAN from `start` ends; single blanks and dashes may part its groups."""
    compact = ""
    ends: list[tuple[int, int]] = []  # (length, end) where the check digits fit (ISO 7064, remainder 1 by 97)
    head = rest = 0
    at = start
    while at < len(text) and len(compact) < _LONGEST_IBAN:
        sign = text[at]
        at += 1
        if sign.isascii() and sign.isalnum():
            compact += sign
            if len(compact) <= 4:
                head = int(f"{head}{int(sign, 36)}")
                continue
            rest = int(f"{rest}{int(sign, 36)}") % 97
            if len(compact) >= _SHORTEST_IBAN and (rest * 10**6 + head) % 97 == 1:
                ends.append((len(compact), at))
        elif sign not in " -" or text[at - 2] in " -":
            break
    return next((end for length, end in reversed(ends) if iban.is_valid(compact[:length])), None)


def _card(match: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", match.group())
    return "[card]" if luhn.is_valid(digits) and len(set(digits)) > 1 else match.group()


def _phone(match: re.Match[str]) -> str:
    """The match without its longest beginning that is a phone number; what follows it ("... 2024") stays."""
    found = match.group()
    before = "(" if found[0] == "(" and found.count("(") > found.count(")") else ""
    end = len(found)
    while end > len(before):
        part = found[len(before) : end]
        digits = sum(map(str.isdigit, part))
        if digits < _MIN_DIGITS:
            break
        if digits <= _MAX_DIGITS and not _DATE.match(part.strip()) and _is_phone(part):
            return f"{before}[phone]{found[end:]}"
        end = max(found.rfind(" ", 0, end), 0)
    return found


def _is_phone(text: str) -> bool:
    looks_dialled = any(sign in text for sign in "/-()") or text.startswith(("+", "00"))
    for region in _REGIONS:
        try:
            number = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number) or (looks_dialled and phonenumbers.is_possible_number(number)):
            return True
    return False
