"""What an alert says of causes: what most reviews are about, the cells that carry the excess, words that stand out."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.reputation import numbers
from pipeline.reputation.alert_sentences import COUNTED, SENTENCES
from pipeline.reputation.narrative import source_name
from pipeline.reputation.numbers import LOCALES, Language
from pipeline.reputation.wording import theme_name
from pipeline.review import Driver, Explanation, Incident

DIMENSIONS = ("theme", "location", "source", "language", "version")
NAMED = 3
UNNAMED = ("", "none")
# From here on a subject is what most, or many, of the reviews are about.
MOSTLY = 0.5
MANY, MANY_REVIEWS = 1 / 3, 3


def counted(incident: Incident, language: Language) -> dict[str, str]:
    """The words for what an incident counts: negative, positive or suspicious reviews."""
    found = COUNTED[language]
    return dict(found.get(incident.kind, found["negative"]))


def leading_themes(drivers: Sequence[Driver], language: Language) -> list[str]:
    """The names of the themes that carry an excess, largest part first."""
    return [theme_name(d.name, language) for d in _ranked(drivers, "theme") if d.name not in UNNAMED]


def topic_lines(incident: Incident, language: Language) -> list[str]:
    """What the reviews have in common, in a theme and in their own words; or that they have no words."""
    found = incident.explanation
    if found is None:
        return []
    words, lines = SENTENCES[language], _text_lines(incident, found, language)
    themes = [d for d in _ranked(incident.drivers, "theme") if d.name not in UNNAMED]
    is_one_thing = bool(themes) and themes[0].observed >= max(MANY * found.n_negative, MANY_REVIEWS)
    if is_one_thing:
        key = "about_mostly" if themes[0].observed >= MOSTLY * found.n_negative else "about_many"
        values = {"x": themes[0].observed, "n": found.n_negative}
        texts = {key: numbers.decimal(value, language) for key, value in values.items()}
        lines.append(words[key].format(theme=theme_name(themes[0].name, language), **texts))
    if found.topic:
        key = "topic_mostly" if found.topic.n >= MOSTLY * found.topic.of and not is_one_thing else "topic"
        x, n = numbers.decimal(found.topic.n, language), numbers.decimal(found.topic.of, language)
        lines.append(words[key].format(x=x, n=n, term=found.topic.term))
    return lines


def _text_lines(incident: Incident, found: Explanation, language: Language) -> list[str]:
    words, what = SENTENCES[language], counted(incident, language)
    if found.n_negative == 0 or found.n_texts >= found.n_negative / 2:
        return []
    if found.n_texts == 0:
        return [words["no_texts"].format(**what)]
    x, n = numbers.decimal(found.n_texts, language), numbers.decimal(found.n_negative, language)
    return [words["few_texts"].format(x=x, n=n, **what)]


def cause_lines(incident: Incident, language: Language) -> list[str]:
    """The cells that carry the excess, a line a dimension, and the words that stand out with how many use them."""
    words, lines, found = SENTENCES[language], [], incident.explanation
    if found is not None and found.baseline_days == 0:
        lines.append(words["no_past"])
    for dimension in DIMENSIONS:
        # What names no theme, place or version is no trace to follow.
        ranked = [d for d in _ranked(incident.drivers, dimension) if d.name not in UNNAMED]
        if ranked:
            cells = ", ".join(_cell(driver, language) for driver in ranked[:NAMED])
            lines.append(words[dimension].format(cells=cells))
    if found is not None and found.phrases:
        key = "words_other" if found.compared_with == "other_reviews" else "words"
        told = [f"{phrase.term} ({numbers.decimal(phrase.n_now, language)})" for phrase in found.phrases]
        lines.append(words[key].format(words=", ".join(told)))
    elif incident.words:
        lines.append(words["words"].format(words=", ".join(incident.words)))
    return lines


def _ranked(drivers: Sequence[Driver], dimension: str) -> list[Driver]:
    mine = [driver for driver in drivers if driver.dimension == dimension and driver.excess > 0]
    return sorted(mine, key=lambda d: (-(d.excess if d.part is None else d.part), d.name))


def _cell(driver: Driver, language: Language) -> str:
    name = cell_name(driver.dimension, driver.name, language)
    x = numbers.decimal(driver.observed, language)
    if driver.expected == 0:
        return SENTENCES[language]["cell_new"].format(name=name, x=x)
    digits = 0 if driver.expected >= 10 else 1
    expected = numbers.decimal(max(driver.expected, 0.1), language, digits=digits)
    return SENTENCES[language]["cell"].format(name=name, x=x, expected=expected)


def cell_name(dimension: str, name: str, language: Language) -> str:
    """The name of a cell as people of each language read it."""
    if dimension == "theme":
        return theme_name(name, language)
    if dimension == "language":
        return str(LOCALES[language].languages.get(name, name))
    return source_name(name) if dimension == "source" else name
