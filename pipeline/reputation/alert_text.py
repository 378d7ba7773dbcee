"""The message about an incident, in English or German, as plain text and Markdown; as JSON in `alert_json`."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.reputation import numbers
from pipeline.reputation.alert_causes import cause_lines, counted, leading_themes, topic_lines
from pipeline.reputation.alert_checks import check_lines, event_lines, needs_checking
from pipeline.reputation.alert_json import to_json
from pipeline.reputation.alert_sentences import SENTENCES
from pipeline.reputation.budget import false_alerts_for
from pipeline.reputation.numbers import Language
from pipeline.reputation.wording import KINDS, theme_name
from pipeline.review import Incident, Quote

__all__ = ["Message", "message", "to_json"]

# So many times the usual number of reviews is a batch of its own.
BATCH = 3.0
BATCH_REVIEWS = 10
# Beyond this the measured curve of false alerts says nothing.
LONGEST_YEARS = 20
MARKUP = "\\`*_[]()<>#!|~"
# Our own sentences may hold names from a source; without these signs they make no link either.
NAMES = "\\`*_[]<>"


@dataclass(frozen=True)
class Message:
    """A message ready to be sent; `text` and `markdown` say the same."""

    title: str
    text: str
    markdown: str


def message(incident: Incident, language: Language, *, entity_name: str | None = None) -> Message:
    """What people are told of an incident: title, figures, causes, quotes, data checks, next steps."""
    words = SENTENCES[language]
    title = _title(incident, language, entity_name or incident.entity)
    lines = _figures(incident, language)
    if incident.kind != "data":
        lines += topic_lines(incident, language) + cause_lines(incident, language)
    quotes = [_quoted(quote, language) for quote in incident.quotes]
    after = event_lines(incident, language) + check_lines(incident, language)
    steps = [f"{i}. {step}" for i, step in enumerate(_steps(incident, language), 1)]
    plain = "\n".join([*lines, *quotes, *after, words["steps"], *steps])
    rich = [f"**{title}**", *(_escaped(line, NAMES) for line in lines), *(f"> {_escaped(quote)}" for quote in quotes)]
    rich += [_escaped(line, NAMES) for line in after]
    return Message(title, plain, "\n\n".join([*rich, "\n".join([words["steps"], "", *steps])]))


def is_batch(incident: Incident) -> bool:
    """Whether far more reviews came than usual, good or bad."""
    usual = incident.explanation.usual_reviews if incident.explanation else None
    return usual is not None and incident.n_reviews >= max(BATCH_REVIEWS, BATCH * usual)


def _title(incident: Incident, language: Language, entity: str) -> str:
    words = SENTENCES[language]
    what = KINDS[language][incident.kind]
    themes = leading_themes(incident.drivers, language)[:1]
    if themes:
        what += ", " + words["mainly"].format(themes=themes[0])
    level, _, name = incident.scope.partition(":")
    if name:
        entity += f" ({theme_name(name, language) if level == 'theme' else name})"
    since = words["since"].format(entity=entity, day=numbers.day(incident.start_day, language, skeleton="MMMEd"))
    return f"[{incident.severity}] {what} – {since}"


def _figures(incident: Incident, language: Language) -> list[str]:
    words = SENTENCES[language]
    values = counted(incident, language) | {
        "x": numbers.decimal(incident.observed, language),
        "n": numbers.decimal(incident.n_reviews, language),
        "expected": numbers.decimal(incident.expected, language, digits=1 if incident.expected >= 0.1 else 2),
        "low": numbers.decimal(incident.expected_low, language),
        "high": numbers.decimal(incident.expected_high, language),
        "day": numbers.day(incident.last_day, language),
        "scope": incident.scope.partition(":")[2] or incident.entity,
    }
    if incident.kind == "data":
        return [words["data"].format(**values)]
    lines = [words["counts"].format(**values), *_span(incident, language)]
    if incident.share is not None and incident.share_baseline is not None:
        n_before = incident.explanation.n_baseline if incident.explanation else 0
        share = numbers.share(incident.share, incident.n_reviews, language)
        usual = numbers.share(incident.share_baseline, n_before, language)
        lines.append(words["share"].format(**{**values, "share": share, "usual": usual}))
    return lines + _rarity(incident, language) + _volume(incident, language)


def _span(incident: Incident, language: Language) -> list[str]:
    """All days of the incident, where they say more than those of the strongest evidence."""
    found = incident.explanation
    if found is None or found.n_negative <= incident.observed:
        return []
    return [
        SENTENCES[language]["span"].format(
            **counted(incident, language),
            first=numbers.day(incident.start_day, language, skeleton="MMMd"),
            last=numbers.day(incident.last_day, language, skeleton="MMMd"),
            x=numbers.decimal(found.n_negative, language),
            n=numbers.decimal(found.n_reviews, language),
            expected=numbers.decimal(found.expected, language, digits=1),
        )
    ]


def _rarity(incident: Incident, language: Language) -> list[str]:
    """How often a quiet series comes so far, by the measured false alerts; the tails of a model would promise more."""
    if incident.score <= 0:
        return []
    years = 1 / (12 * false_alerts_for(incident.score, 1))
    if years < 0.5:
        return []
    words, key, span = SENTENCES[language], "rare", ("years", round(years))
    if years > LONGEST_YEARS:
        key, span = "rarer", ("years", LONGEST_YEARS)
    elif years < 2:
        span = ("months", round(12 * years))
    return [words[key].format(years=words[span[0]].format(n=numbers.decimal(span[1], language)))]


def _volume(incident: Incident, language: Language) -> list[str]:
    """What the excess is made of: more reviews, worse ones, or both."""
    found, words = incident.explanation, SENTENCES[language]
    if found is None or found.from_more is None or found.from_worse is None:
        return []
    lines = []
    if is_batch(incident) and found.usual_reviews is not None:
        n, usual = incident.n_reviews, found.usual_reviews
        digits = 0 if usual >= 1 else 1
        shown = numbers.decimal(usual, language, digits=digits)
        lines.append(words["batch"].format(n=numbers.decimal(n, language), usual=shown))
    # The parts are rounded so that they add up to what is said of the whole.
    extra, more = round(incident.observed - incident.expected), round(found.from_more)
    if extra < 1:
        return lines
    if more < 1:
        return [*lines, words["split_worse"]]
    if extra - more < 1:
        return [*lines, words["split_more"]]
    texts = {"extra": extra, "more": more, "worse": extra - more}
    return [*lines, words["split"].format(**{k: numbers.decimal(v, language) for k, v in texts.items()})]


def _steps(incident: Incident, language: Language) -> list[str]:
    words, day = SENTENCES[language], numbers.day(incident.start_day, language, skeleton="MMMEd")
    confirm = words["confirm"].format(id=incident.incident_id)
    if incident.kind == "data":
        return [words["repair"], confirm]
    steps = [words["read" if incident.quotes else "look"].format(day=day)]
    if incident.kind == "manipulation" or needs_checking(incident):
        steps.append(words["genuine"])
    if is_batch(incident) or incident.kind in ("more", "positive_surge"):
        steps.append(words["invited"])
    if incident.explanation and incident.explanation.events:
        steps.append(words["event"].format(title=incident.explanation.events[-1].title))
    themes = leading_themes(incident.drivers, language)
    if incident.kind != "positive_surge":
        steps.append(words["ask"].format(theme=themes[0], day=day) if themes else words["ask_none"].format(day=day))
    return [*steps, confirm]


def _quoted(quote: Quote, language: Language) -> str:
    text = f"„{quote.text}“" if language == "de" else f"“{quote.text}”"
    if not quote.n_similar:
        return text
    return SENTENCES[language]["similar"].format(quote=text, n=numbers.decimal(quote.n_similar, language))


def _escaped(text: str, signs: str = MARKUP) -> str:
    """A review is no Markdown: its signs must not make links or images in the message."""
    return "".join(f"\\{c}" if c in signs else c for c in text)
