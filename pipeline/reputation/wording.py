"""The fixed words of both languages: verdicts, themes, incident kinds. Sentences are in `narrative`."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.reputation.numbers import Language

VERDICTS: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "clear": "clear change",
        "likely": "likely change",
        "none": "no reliable change",
        "too_few": "too few reviews",
    },
    "de": {
        "clear": "deutliche Veränderung",
        "likely": "wahrscheinliche Veränderung",
        "none": "keine belastbare Veränderung",
        "too_few": "zu wenige Bewertungen",
    },
}

THEMES: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "service": "Service",
        "billing": "Billing",
        "delivery": "Delivery",
        "product": "Product",
        "price": "Price",
        "digital": "App and website",
        "site": "Premises",
        "none": "No theme named",
    },
    "de": {
        "service": "Service",
        "billing": "Rechnung",
        "delivery": "Lieferung",
        "product": "Produkt",
        "price": "Preis",
        "digital": "App und Website",
        "site": "Räumlichkeiten",
        "none": "Kein Thema genannt",
    },
}

KINDS: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "worse": "Worse reviews",
        "more_and_worse": "More and worse reviews",
        "more": "More reviews, not worse ones",
        "drift": "Slow drift to worse reviews",
        "manipulation": "Suspicious reviews",
        "positive_surge": "Unusually many positive reviews",
        "data": "Data problem",
    },
    "de": {
        "worse": "Schlechtere Bewertungen",
        "more_and_worse": "Mehr und schlechtere Bewertungen",
        "more": "Mehr Bewertungen, nicht schlechtere",
        "drift": "Langsame Verschlechterung",
        "manipulation": "Auffällige Bewertungen",
        "positive_surge": "Ungewöhnlich viele positive Bewertungen",
        "data": "Datenproblem",
    },
}


def theme_name(group: str, language: Language) -> str:
    """The name of a theme group; an unknown code is shown as it is, readable."""
    return THEMES[language].get(group, group.replace("_", " "))
