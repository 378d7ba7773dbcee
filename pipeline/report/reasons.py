"""The names of escalation reasons that people read."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.reputation.numbers import Language

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


def reason_names(codes: tuple[str, ...], language: Language) -> str:
    """The reasons in words; an unknown code is shown as it is, readable."""
    names = REASONS[language]
    return ", ".join(names.get(code, code.lower().replace("_", " ")) for code in codes)
