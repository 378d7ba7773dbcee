"""What an alert says beside the causes: events of the calendar that lie near, and whether the data can be trusted."""

from __future__ import annotations

from pipeline.reputation import numbers
from pipeline.reputation.alert_causes import counted
from pipeline.reputation.alert_sentences import EVENT_KINDS, SENTENCES
from pipeline.reputation.narrative import source_name
from pipeline.reputation.numbers import Language
from pipeline.review import DataCheck, Explanation, Incident, KnownEvent

NAMED_EVENTS = 3
# What asks whether reviews are genuine.
GENUINE = ("copies", "authors")


def event_lines(incident: Incident, language: Language) -> list[str]:
    """The events near the incident, latest first."""
    events = incident.explanation.events if incident.explanation else ()
    if not events:
        return []
    told = [_event(event, language) for event in sorted(events, key=lambda e: e.start, reverse=True)[:NAMED_EVENTS]]
    return [SENTENCES[language]["events"].format(events=", ".join(told))]


def _event(event: KnownEvent, language: Language) -> str:
    words, kinds = SENTENCES[language], EVENT_KINDS[language]
    kind = kinds.get(event.kind, kinds["other"])
    start = numbers.day(event.start, language)
    if event.end is None or event.end == event.start:
        return words["event_day"].format(kind=kind, title=event.title, start=start)
    return words["event_span"].format(kind=kind, title=event.title, start=start, end=numbers.day(event.end, language))


def needs_checking(incident: Incident) -> bool:
    """Whether the reviews may not be what they seem."""
    checks = incident.explanation.checks if incident.explanation else ()
    return any(check.code in GENUINE and not check.is_ok for check in checks)


def check_lines(incident: Incident, language: Language) -> list[str]:
    """What is wrong with the data, then what was looked at and is right."""
    found = incident.explanation
    if found is None or (not found.checks and not incident.model_version):
        return []
    words = SENTENCES[language]
    bad = [_check(check, incident, language) for check in found.checks if not check.is_ok]
    lines = [words["beware"].format(checks="; ".join(bad))] if bad else []
    good = _good(found, incident, language)
    return [*lines, words["checks"].format(checks=", ".join(good))] if good else lines


def _good(found: Explanation, incident: Incident, language: Language) -> list[str]:
    words = SENTENCES[language]
    fresh = [check.is_ok for check in found.checks if check.code == "fresh"]
    good = [words["fresh"]] if fresh and all(fresh) else []
    shown = ("copies", "authors")
    good += [_check(check, incident, language) for check in found.checks if check.is_ok and check.code in shown]
    if incident.model_version:
        good.append(words["model"].format(model=incident.model_version))
    return good


def _check(check: DataCheck, incident: Incident, language: Language) -> str:
    words = SENTENCES[language]
    if check.code == "fresh":
        return words["not_fresh"].format(
            name=source_name(check.name),
            n=numbers.decimal(check.value, language),
            usual=numbers.decimal(check.usual or 0, language),
        )
    if check.code == "copies" and not check.n:
        return words["no_copies"]
    return words[check.code].format(
        **counted(incident, language),
        n=numbers.decimal(check.n, language),
        value=numbers.percent(check.value, language),
        usual=numbers.percent(check.usual or 0.0, language),
    )
