"""Reviews and aggregates out of schema.org nodes, whatever their syntax."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pipeline.review import ParsedReview, Rating, Reply
from pipeline.sources import values
from pipeline.sources.markup import SCHEMA, Node

_REVIEW_TYPES = frozenset(
    [
        "Review",
        "UserReview",
        "CriticReview",
        "EmployerReview",
        "ClaimReview",
        "MediaReview",
        "Recommendation",
        "Testimonial",
    ]
) - {"ClaimReview", "MediaReview"}
_MAX_DEPTH = 40
# What shops leave standing where their template found nothing to put in.
_PLACEHOLDER = re.compile(
    r"^(?:comment|reviewbody|null|undefined|nan|\{\{.*\}\}|\{%.*%\}|\[object Object\])$", re.I | re.S
)
_REVIEW_ID = re.compile(r"(?:review|bewertung|avis|rating|comment)s?[/#:_=-]", re.IGNORECASE)


@dataclass(frozen=True)
class Found:
    """A review node with the thing it hangs below."""

    node: Node
    item: Node | None


def types_of(node: Node) -> set[str]:
    """The short type names of a node."""
    kinds = node.get("@type") or []
    return {SCHEMA.sub("", str(kind)) for kind in (kinds if isinstance(kinds, list) else [kinds])}


def find_reviews(nodes: list[Node]) -> Iterator[Found]:
    """Every review node, in document order, each once."""
    seen: set[int] = set()
    for node in nodes:
        yield from _find(node, None, 0, seen)


def _find(value: Any, item: Node | None, depth: int, seen: set[int]) -> Iterator[Found]:
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, list):
        for each in value:
            yield from _find(each, item, depth + 1, seen)
    elif isinstance(value, dict):
        if types_of(value) & _REVIEW_TYPES:
            if id(value) not in seen:
                seen.add(id(value))
                yield Found(value, item)
            return
        for name, each in value.items():
            if not name.startswith("@"):
                yield from _find(each, value, depth + 1, seen)


def find_aggregates(nodes: list[Node], syntax: str) -> list[dict[str, object]]:
    """The AggregateRating nodes, each with the name of what it rates; never mixed into the reviews."""
    found: list[dict[str, object]] = []

    def look(value: Any, item: Node | None, depth: int) -> None:
        if depth > _MAX_DEPTH:
            return
        if isinstance(value, list):
            for each in value:
                look(each, item, depth + 1)
        elif isinstance(value, dict):
            if "AggregateRating" in types_of(value):
                keys = ("ratingValue", "ratingCount", "reviewCount", "bestRating", "worstRating")
                entry = {key: first(value.get(key)) for key in keys} | {"item": name_of(item), "syntax": syntax}
                if entry not in found:  # a node that others refer to is met again below each of them
                    found.append(entry)
            for name, each in value.items():
                if not name.startswith("@"):
                    look(each, value, depth + 1)

    look(nodes, None, 0)
    return found


def to_review(found: Found, source: str, page_url: str, extra: dict[str, object]) -> ParsedReview:
    """The review that a node describes; what it lacks is None."""
    node = found.node
    posted_at, precision = values.when(first(node.get("datePublished")) or first(node.get("dateCreated")))
    edited_at, _ = values.when(first(node.get("dateModified")))
    link = text_of(node.get("url"))
    identifier = text_of(node.get("identifier")) or _id_of(node)
    return ParsedReview(
        source=source,
        source_review_id=identifier,
        entity=name_of(first(node.get("itemReviewed"))) or name_of(found.item),
        location=None,
        rating=_rating(first(node.get("reviewRating"))),
        posted_at=posted_at,
        posted_precision=precision,
        edited_at=edited_at,
        language_declared=text_of(node.get("inLanguage")),
        title=_said(node, "headline", "name"),
        text=_said(node, "reviewBody", "description", "text"),
        url=link if link and link.startswith("http") else page_url,
        author=_name(first(node.get("author"))) or _name(first(node.get("creator"))),
        reply=_reply(first(node.get("comment"))),
        extra=extra,
    )


def _said(node: Node, *names: str) -> str | None:
    """The first of these texts that somebody wrote."""
    texts = (text_of(node.get(name)) for name in names)
    return next((text for text in texts if text and not _PLACEHOLDER.match(text)), None)


def _name(value: Any) -> str | None:
    name = name_of(value)
    return None if name and _PLACEHOLDER.match(name) else name


def _rating(value: Any) -> Rating | None:
    if isinstance(value, dict):
        return values.rating(
            first(value.get("ratingValue")), first(value.get("bestRating")), first(value.get("worstRating"))
        )
    return values.rating(value)


def _id_of(node: Node) -> str | None:
    """A node's @id where it names this review; blank nodes and the page's own address name nothing."""
    name = node.get("@id")
    return name if isinstance(name, str) and not name.startswith("_:") and _REVIEW_ID.search(name) else None


def _reply(value: Any) -> Reply | None:
    if not isinstance(value, dict):
        return None
    text = text_of(value.get("text"))
    return (
        Reply(text, values.when(first(value.get("dateCreated")) or first(value.get("datePublished")))[0])
        if text
        else None
    )


def first(value: Any) -> Any:
    """The value itself, or the first of a list."""
    while isinstance(value, list):
        value = value[0] if value else None
    return value


def text_of(value: Any) -> str | None:
    """A text, with JSON-LD's {"@value": ...} undone; None for the empty one."""
    value = first(value)
    if isinstance(value, dict):
        value = value.get("@value") or value.get("name")
    text = str(value).strip() if isinstance(value, str | int | float) else ""
    return text or None


def name_of(value: Any) -> str | None:
    """The name of a thing or person, given as a node or as a text."""
    if isinstance(value, dict):
        return text_of(value.get("name"))
    return text_of(value)
