"""The reviews that wait for a person, as the page prints them, and the names of their reasons."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.report.view import label
from pipeline.reputation import numbers
from pipeline.reputation.numbers import Language
from pipeline.reputation.weekly import WeekReport

SHOWN = 5
SHOWN_DENSE = 3  # where the page holds much text and must still print on one sheet
_EXCERPT = 80  # characters of a review: enough to know the case by
_WEB = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)

REASONS: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "SAFETY": "safety",
        "LEGAL": "legal",
        "DISCRIM": "discrimination",
        "PRIVACY": "privacy",
        "MANAGER": "asks for the manager",
        "REPEAT": "repeated contact",
        "MONEY": "disputed money",
        "VULNERABLE": "needs special care",
        "CHURN": "leaves or warns others",
        "SEVERE": "very negative",
        "DOWNGRADE": "lowered after our reply",
        "UNSURE": "model unsure",
        "OVERDUE": "no reply in time",
        "REACH": "widely read",
    },
    "de": {
        "SAFETY": "Sicherheit",
        "LEGAL": "rechtlich",
        "DISCRIM": "Diskriminierung",
        "PRIVACY": "Datenschutz",
        "MANAGER": "verlangt die Leitung",
        "REPEAT": "wiederholter Kontakt",
        "MONEY": "strittiges Geld",
        "VULNERABLE": "braucht besondere Hilfe",
        "CHURN": "geht oder warnt andere",
        "SEVERE": "sehr negativ",
        "DOWNGRADE": "nach unserer Antwort herabgestuft",
        "UNSURE": "Modell unsicher",
        "OVERDUE": "Antwort überfällig",
        "REACH": "viel gelesen",
    },
}


@dataclass(frozen=True)
class EscalationLine:
    """A review that waits for a person: level, why and by when in words, and the beginning of its text."""

    priority: str
    reasons: str
    due: str
    text: str
    url: str | None


def lines(report: WeekReport, language: Language, shown: int = SHOWN) -> list[EscalationLine]:
    """The first reviews that wait for a person, in the order of the queue."""
    return [
        EscalationLine(
            found.priority,
            reason_names(found.reasons, language),
            label(
                "was_due" if found.is_overdue else "due",
                language,
                moment=numbers.moment(found.due_at, report.time_zone, language),
            ),
            _shortened(found.text),
            found.url if found.url and _WEB.fullmatch(found.url) else None,
        )
        for found in report.escalations[:shown]
    ]


def _shortened(text: str) -> str:
    return text if len(text) <= _EXCERPT else text[: _EXCERPT - 1].rsplit(" ", 1)[0] + "…"


def reason_names(codes: tuple[str, ...], language: Language) -> str:
    """The reasons in words; an unknown code is shown as it is, readable."""
    names = REASONS[language]
    return ", ".join(names.get(code, code.lower().replace("_", " ")) for code in codes)
