"""Reviews of a page without mark-up, by CSS selectors that a subscription declares; see docs/sources/web_page.md.

A place is written `SELECTOR`, `SELECTOR@attribute`, `@attribute` (of the review's own node) or `count:SELECTOR`
(how many there are, such as filled stars).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from urllib.parse import urljoin

import soupsieve
from bs4.element import Tag

from pipeline.errors import PageChanged, UsageError
from pipeline.review import ParsedReview, Precision, Rating, RawPage, Reply
from pipeline.sources import values
from pipeline.sources.html_text import words_of

PREFIX = "select_"
PLACES = ("id", "rating", "best", "author", "date", "title", "text", "reply", "reply_date", "language", "url", "entity")
_PLAIN = frozenset(("rating_best", "rating_worst", "rating_pattern", "date_pattern", "date_format", "date_order"))
_ATTRIBUTE = re.compile(r"^(.*?)\s*@([\w:.-]+)$", re.DOTALL)
_COUNT = "count:"


@dataclass(frozen=True)
class Place:
    """Where one value stands, seen from the review's node; no selector is that node itself."""

    selector: str | None
    attribute: str | None = None
    is_count: bool = False

    @classmethod
    def of(cls, text: str, option: str) -> Place:
        """The place that an option's text names.

        Raises:
            UsageError: it is no CSS selector.
        """
        text = text.strip()
        is_count = text.startswith(_COUNT)
        text = text.removeprefix(_COUNT).strip()
        match = _ATTRIBUTE.match(text)
        selector, attribute = (match.group(1).strip(), match.group(2)) if match else (text, None)
        if selector:
            _compiled(selector, option)
        elif attribute is None or is_count:
            raise UsageError(f"no selector in {option}", where=text or "''", remedy="Give a CSS selector")
        return cls(selector or None, attribute, is_count)

    def all(self, node: Tag) -> list[str]:
        """The texts that stand there."""
        found = [node] if self.selector is None else soupsieve.select(self.selector, node)
        if self.is_count:
            return [str(len(found))]
        texts = [words_of(each) if self.attribute is None else _attribute(each, self.attribute) for each in found]
        return [text for text in texts if text]

    def first(self, node: Tag) -> str | None:
        """The first of them."""
        return next(iter(self.all(node)), None)


@dataclass(frozen=True)
class Selectors:
    """The places of a site's reviews, and how its ratings and dates are written."""

    review: str
    places: Mapping[str, Place] = field(default_factory=dict)
    extra: Mapping[str, Place] = field(default_factory=dict)
    none: str | None = None
    """What the page shows where it has no reviews."""
    rating_best: float | None = None
    rating_worst: float | None = None
    rating_pattern: re.Pattern[str] | None = None
    date_pattern: re.Pattern[str] | None = None
    date_format: str | None = None
    day_first: bool | None = None


def of_options(options: Mapping[str, str]) -> Selectors | None:
    """The selectors of a subscription; None where it declares none.

    Raises:
        UsageError: one is no selector, names no place we know, or stands without `select_review`.
    """
    named = {name.removeprefix(PREFIX): text for name, text in options.items() if name.startswith(PREFIX)}
    if not named and not _PLAIN & set(options):
        return None
    unknown = sorted(set(named) - {*PLACES, "review", "none", "next"})
    if unknown:
        known = ", ".join(PREFIX + name for name in ("review", "none", "next", *PLACES))
        raise UsageError(f"no option {PREFIX}{unknown[0]}", remedy=f"Known: {known}")
    if "review" not in named:
        raise UsageError("selectors without select_review", remedy="Say which node holds one review")
    for name in ("review", "none"):
        if name in named:
            _compiled(named[name], PREFIX + name)
    order = options.get("date_order")
    if order not in (None, "day", "month"):
        raise UsageError(f"date_order = {order!r}", remedy="Say which comes first: day or month")
    return Selectors(
        review=named["review"],
        places={name: Place.of(named[name], PREFIX + name) for name in PLACES if name in named},
        none=named.get("none"),
        rating_best=values.number(options.get("rating_best")),
        rating_worst=values.number(options.get("rating_worst")),
        rating_pattern=_pattern(options, "rating_pattern"),
        date_pattern=_pattern(options, "date_pattern"),
        date_format=options.get("date_format"),
        day_first=None if order is None else order == "day",
    )


def read(selectors: Selectors, tree: Tag, page: RawPage, label: str, *, is_declared: bool) -> list[ParsedReview]:
    """The reviews at these places, in the page's order; empty templates are left out.

    Raises:
        PageChanged: declared selectors find no review on a page that does not say it has none.
    """
    nodes = soupsieve.select(selectors.review, tree)
    found = [_review(selectors, node, page, label) for node in nodes]
    kept: dict[object, ParsedReview] = {}
    for at, each in enumerate(found):
        if each.rating is not None or each.text or each.title:
            kept.setdefault(each.source_review_id or at, each)  # shown again in a carousel, it is still one
    reviews = list(kept.values())
    if is_declared and not reviews and not (selectors.none and soupsieve.select_one(selectors.none, tree)):
        told = f"{len(nodes)} nodes match select_review, but none holds a rating or text" if nodes else (
            f"nothing matches select_review = {selectors.review!r}"
        )  # fmt: skip
        raise PageChanged(
            told, where=page.url, remedy="Mend the selectors, or name in select_none what an empty page shows"
        )
    return reviews


def _review(selectors: Selectors, node: Tag, page: RawPage, label: str) -> ParsedReview:
    def at(name: str) -> str | None:
        place = selectors.places.get(name)
        return place.first(node) if place else None

    posted_at, precision = _when(selectors, at("date"))
    reply, link = at("reply"), at("url")
    extra: dict[str, object] = {"syntax": label}
    extra |= {name: _plain(found) for name, place in selectors.extra.items() if (found := place.first(node))}
    text = selectors.places.get("text")
    return ParsedReview(
        source=page.source,
        source_review_id=at("id"),
        entity=at("entity") or page.entity,
        location=page.location,
        rating=_rating(selectors, at("rating"), at("best")),
        posted_at=posted_at,
        posted_precision=precision,
        edited_at=None,
        language_declared=at("language"),
        title=at("title"),
        text="\n".join(text.all(node)) or None if text else None,
        url=urljoin(page.url, link) if link else page.url,
        author=at("author"),
        reply=Reply(reply, values.when(at("reply_date"), day_first=selectors.day_first)[0]) if reply else None,
        extra=extra,
    )


def _rating(selectors: Selectors, text: str | None, best: str | None) -> Rating | None:
    text = _cut(selectors.rating_pattern, text)
    if text is None:
        return None
    return values.rating(text, values.number(best) or selectors.rating_best, selectors.rating_worst)


def _when(selectors: Selectors, text: str | None) -> tuple[datetime | date | None, Precision | None]:
    text = _cut(selectors.date_pattern, text)
    if text is None:
        return None, None
    if selectors.date_format is None:
        return values.when(text, day_first=selectors.day_first)
    try:
        found = datetime.strptime(text, selectors.date_format)
    except ValueError:
        return None, None
    if re.search(r"%[HIMScXT]", selectors.date_format):
        return found, "second" if re.search(r"%[ScXT]", selectors.date_format) else "minute"
    return found.date(), "day" if re.search(r"%[djDxF]", selectors.date_format) else "month"


def _plain(text: str) -> object:
    """A truth value or number as such."""
    return {"true": True, "false": False}.get(text, int(text) if text.isascii() and text.isdigit() else text)


def _cut(pattern: re.Pattern[str] | None, text: str | None) -> str | None:
    """The pattern's first group in a text, or the whole match where it has no group."""
    if pattern is None or text is None:
        return text
    match = pattern.search(text)
    return (match.group(1) if pattern.groups else match.group()) if match else None


def _attribute(node: Tag, name: str) -> str | None:
    value = node.get(name)
    text = " ".join(value) if isinstance(value, list) else value
    return text.strip() or None if isinstance(text, str) else None


def _compiled(selector: str, option: str) -> None:
    try:
        soupsieve.compile(selector)
    except (soupsieve.SelectorSyntaxError, TypeError, ValueError) as error:
        told = str(error).splitlines()[0]
        raise UsageError(f"{option} is no CSS selector: {told}", where=selector, remedy="Mend the option") from error


def _pattern(options: Mapping[str, str], name: str) -> re.Pattern[str] | None:
    if not options.get(name):
        return None
    try:
        return re.compile(options[name], re.IGNORECASE)
    except re.error as error:
        raise UsageError(f"{name} is no pattern: {error}", where=options[name], remedy="Mend the option") from error
