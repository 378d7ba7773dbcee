"""The message about an incident, in English or German, as plain text, Markdown and JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipeline.reputation import numbers
from pipeline.reputation.numbers import Language
from pipeline.reputation.wording import KINDS, theme_name
from pipeline.review import Incident

SCHEMA_VERSION = 1
NAMED = 3

WORDING: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "mainly": "mainly {themes}",
        "since": "{entity}, since {day}",
        "counts": "{x} negative of {n} reviews up to {day}; normal {low}–{high} (expected {expected}).",
        "share": "Share of negative reviews {share} vs {usual} normally.",
        "data": "{x} reviews from {scope}; about {expected} were expected. Figures of this source are incomplete.",
        "drivers": "Most of the excess: {drivers}.",
        "words": "Words that stand out: {words}.",
        "events": "Known events: {events}.",
        "checks": "Data check: {checks}.",
        "steps": "Next steps:",
        "read": "Read the quotes and look at the reviews since {day}.",
        "ask": "Ask {theme} what changed since {day}.",
        "ask_none": "Ask what changed since {day}.",
        "confirm": "Acknowledge, or mark as a false alarm: incident {id}.",
        "repair": "Check the source with `leumund doctor` and run it again.",
    },
    "de": {
        "mainly": "vor allem {themes}",
        "since": "{entity}, seit {day}",
        "counts": "{x} negative von {n} Bewertungen bis {day}; üblich {low}–{high} (erwartet {expected}).",
        "share": "Anteil negativer Bewertungen {share} statt üblicher {usual}.",
        "data": "{x} Bewertungen von {scope}; erwartet waren etwa {expected}. Zahlen dieser Quelle sind unvollständig.",
        "drivers": "Den Überschuss tragen vor allem: {drivers}.",
        "words": "Auffällige Wörter: {words}.",
        "events": "Bekannte Ereignisse: {events}.",
        "checks": "Datenprüfung: {checks}.",
        "steps": "Nächste Schritte:",
        "read": "Die Zitate lesen und die Bewertungen seit {day} ansehen.",
        "ask": "Nachfragen, was sich seit {day} geändert hat, zuerst beim Thema {theme}.",
        "ask_none": "Nachfragen, was sich seit {day} geändert hat.",
        "confirm": "Bestätigen oder als Fehlalarm melden: Vorfall {id}.",
        "repair": "Die Quelle mit `leumund doctor` prüfen und erneut lesen.",
    },
}


@dataclass(frozen=True)
class Message:
    """A message ready to be sent; `text` and `markdown` say the same."""

    title: str
    text: str
    markdown: str


def message(
    incident: Incident,
    language: Language,
    *,
    entity_name: str | None = None,
    events: Sequence[str] = (),
    data_checks: Sequence[str] = (),
) -> Message:
    """What people are told of an incident: title, figures, causes, quotes, next steps."""
    title = _title(incident, language, entity_name or incident.entity)
    lines = _figures(incident, language) + _causes(incident, language)
    words = WORDING[language]
    if events:
        lines.append(words["events"].format(events=", ".join(events)))
    if data_checks:
        lines.append(words["checks"].format(checks=", ".join(data_checks)))
    quotes = [_quoted(quote.text, language) for quote in incident.quotes]
    steps = [f"{i}. {step}" for i, step in enumerate(_steps(incident, language), 1)]
    plain = "\n".join([*lines, *quotes, words["steps"], *steps])
    rich = [f"**{title}**", *lines, *(f"> {_escaped(quote)}" for quote in quotes)]
    return Message(title, plain, "\n\n".join([*rich, "\n".join([words["steps"], "", *steps])]))


def to_json(
    incident: Incident,
    *,
    created_at: datetime,
    updated_at: datetime,
    events: Sequence[str] = (),
    data_checks: Sequence[str] = (),
    links: Mapping[str, str] | None = None,
) -> dict[str, object]:
    """The incident for other programs; dates are ISO 8601, shares in [0, 1]; a score is no p-value."""
    return {
        "schema_version": SCHEMA_VERSION,
        "incident_id": incident.incident_id,
        "dedup_key": incident.dedup_key,
        "state": incident.state,
        "kind": incident.kind,
        "severity": incident.severity,
        "entity_id": incident.entity,
        "scope": {f"{level}s": _scope_names(incident, level) for level in ("location", "theme", "language", "source")},
        "window": {"start": incident.start_day.isoformat(), "end": incident.last_day.isoformat()},
        "alert_day": incident.alert_day.isoformat(),
        "observed": incident.observed,
        "expected": round(incident.expected, 3),
        "pi_low": incident.expected_low,
        "pi_high": incident.expected_high,
        "score": round(incident.score, 3),
        "share": incident.share,
        "share_baseline": incident.share_baseline,
        "n": incident.n_reviews,
        "drivers": [
            {"dimension": d.dimension, "name": d.name, "observed": d.observed, "expected": round(d.expected, 3)}
            for d in incident.drivers
        ],
        "words": list(incident.words),
        "quotes": [{"review_id": q.review_key, "url": q.url, "text_masked": q.text} for q in incident.quotes],
        "events": list(events),
        "data_checks": list(data_checks),
        "model_version": incident.model_version,
        "rule_version": incident.rule_version,
        "created_at": created_at.isoformat(),
        "updated_at": updated_at.isoformat(),
        "links": dict(links or {}),
    }


def _scope_names(incident: Incident, level: str) -> list[str]:
    """The part the incident is about, or all of that level (an empty list)."""
    kind, _, name = incident.scope.partition(":")
    return [name] if kind == level else []


def _themes(incident: Incident, language: Language) -> list[str]:
    found = [d for d in incident.drivers if d.dimension == "theme" and d.name != "none" and d.excess > 0]
    return [theme_name(d.name, language) for d in sorted(found, key=lambda d: (-d.excess, d.name))]


def _title(incident: Incident, language: Language, entity: str) -> str:
    words = WORDING[language]
    what = KINDS[language][incident.kind]
    themes = _themes(incident, language)[:1]
    if themes:
        what += ", " + words["mainly"].format(themes=themes[0])
    level, _, name = incident.scope.partition(":")
    if name:
        entity += f" ({theme_name(name, language) if level == 'theme' else name})"
    since = words["since"].format(entity=entity, day=numbers.day(incident.start_day, language, skeleton="MMMEd"))
    return f"[{incident.severity}] {what} – {since}"


def _figures(incident: Incident, language: Language) -> list[str]:
    words = WORDING[language]
    values = {
        "x": numbers.decimal(incident.observed, language),
        "n": numbers.decimal(incident.n_reviews, language),
        "expected": numbers.decimal(incident.expected, language, digits=1),
        "low": numbers.decimal(incident.expected_low, language),
        "high": numbers.decimal(incident.expected_high, language),
        "day": numbers.day(incident.last_day, language),
        "scope": incident.scope.partition(":")[2] or incident.entity,
    }
    if incident.kind == "data":
        return [words["data"].format(**values)]
    lines = [words["counts"].format(**values)]
    if incident.share is not None and incident.share_baseline is not None:
        share = numbers.percent(incident.share, language)
        lines.append(words["share"].format(share=share, usual=numbers.percent(incident.share_baseline, language)))
    return lines


def _causes(incident: Incident, language: Language) -> list[str]:
    words, lines = WORDING[language], []
    ranked = sorted((d for d in incident.drivers if d.excess > 0), key=lambda d: (-d.excess, d.name))
    for dimension in ("theme", "location", "source", "language"):
        parts = [
            f"{_cell_name(dimension, d.name, language)} {numbers.decimal(d.observed, language)}"
            for d in ranked
            if d.dimension == dimension and not (dimension == "theme" and d.name == "none")
        ]
        if parts:
            lines.append(words["drivers"].format(drivers=", ".join(parts[:NAMED])))
    if incident.words:
        lines.append(words["words"].format(words=", ".join(incident.words)))
    return lines


def _cell_name(dimension: str, name: str, language: Language) -> str:
    return theme_name(name, language) if dimension == "theme" else name


def _steps(incident: Incident, language: Language) -> list[str]:
    words, day = WORDING[language], numbers.day(incident.start_day, language, skeleton="MMMEd")
    confirm = words["confirm"].format(id=incident.incident_id)
    if incident.kind == "data":
        return [words["repair"], confirm]
    themes = _themes(incident, language)
    ask = words["ask"].format(theme=themes[0], day=day) if themes else words["ask_none"].format(day=day)
    return [words["read"].format(day=day), ask, confirm]


def _quoted(text: str, language: Language) -> str:
    return f"„{text}“" if language == "de" else f"“{text}”"


def _escaped(text: str) -> str:
    """A review is no Markdown: its signs must not make links or images in the message."""
    return "".join(f"\\{c}" if c in "\\`*_[]()<>#!|~" else c for c in text)
