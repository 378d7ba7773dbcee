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


# What else was noticed of an incident, and the reason of a data fault.
SIGNS: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "safety_or_legal": "a review speaks of danger, a lawyer or an authority",
        "copies": "unusually many copies of the same text",
        "new_authors": "unusually many authors never seen before at that source",
        "failed": "the source could not be read",
        "blocked": "the source refuses to be read, or permission is missing",
        "partial": "parts of the source could not be read; its page may have changed",
        "empty": "the source gave no review, where every run before gave some",
        "short": "the source gave far fewer reviews than usual",
        "stale": "the source has not been read for days; is the schedule running?",
        "frozen": "the source is read, but has shown nothing new for longer than chance explains",
    },
    "de": {
        "safety_or_legal": "eine Bewertung spricht von Gefahr, Anwalt oder Behörde",
        "copies": "ungewöhnlich viele Abschriften desselben Textes",
        "new_authors": "ungewöhnlich viele Verfasser, die bei dieser Quelle noch nie geschrieben haben",
        "failed": "die Quelle war nicht zu lesen",
        "blocked": "die Quelle verweigert den Abruf, oder die Erlaubnis fehlt",
        "partial": "Teile der Quelle waren nicht zu lesen; vielleicht hat sich ihre Seite geändert",
        "empty": "die Quelle gab keine Bewertung, obwohl jeder Lauf zuvor welche gab",
        "short": "die Quelle gab viel weniger Bewertungen als üblich",
        "stale": "die Quelle wurde seit Tagen nicht gelesen; läuft der Zeitplan?",
        "frozen": "die Quelle wird gelesen, zeigt aber länger nichts Neues, als der Zufall erklärt",
    },
}

# What is put around the text of an alert when it is sent.
ENVELOPE: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "signs": "Also noticed: {signs}.",
        "maybe_twice": "This message may have reached you already: its sending was interrupted.",
        "suspicious": "Counted here are suspicious reviews, good and bad; nothing is said to be false.",
        "reminder": "A reminder: this was put off until today and is still going on.",
        "digest": "[{severity}] {n} incidents in one message",
        "digest_more": "Each in full: `leumund alerts list`.",
        "answer": "Answer: {links}",
        "acknowledged": "Acknowledge",
        "snoozed": "Put off for a week",
        "false_alarm": "False alarm",
        "test_title": "Test message of Leumund",
        "test_body": "This channel works. Alerts will look for you here.",
    },
    "de": {
        "signs": "Außerdem bemerkt: {signs}.",
        "maybe_twice": "Diese Nachricht haben Sie vielleicht schon: Ihr Versand wurde unterbrochen.",
        "suspicious": "Gezählt sind hier auffällige Bewertungen, gute wie schlechte; keine wird falsch genannt.",
        "reminder": "Zur Erinnerung: Dies wurde bis heute zurückgestellt und dauert an.",
        "digest": "[{severity}] {n} Vorfälle in einer Nachricht",
        "digest_more": "Jeder im Einzelnen: `leumund alerts list`.",
        "answer": "Antworten: {links}",
        "acknowledged": "Bestätigen",
        "snoozed": "Eine Woche zurückstellen",
        "false_alarm": "Fehlalarm",
        "test_title": "Testnachricht von Leumund",
        "test_body": "Dieser Kanal funktioniert. Hinweise kommen hier an.",
    },
}


def theme_name(group: str, language: Language) -> str:
    """The name of a theme group; an unknown code is shown as it is, readable."""
    return THEMES[language].get(group, group.replace("_", " "))
