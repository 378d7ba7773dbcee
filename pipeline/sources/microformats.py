"""Reviews in microformats: h-review and the older hreview, and their aggregates, as nodes in the shape of schema.org.

Formats: https://microformats.org/wiki/h-review, https://microformats.org/wiki/hreview, hreview-aggregate beside them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import mf2py

Node = dict[str, Any]

_MARK = re.compile(r"""class\s*=\s*["']?[^"'>]*\bh-?review\b""", re.IGNORECASE)
_MAX_DEPTH = 20


def extract(page: str, url: str) -> list[Node]:
    """The Review and AggregateRating nodes of a decoded page, in its order; none where it has no such class."""
    if not _MARK.search(page):
        return []
    found = mf2py.parse(doc=page, url=url, html_parser="lxml").get("items", [])
    nodes = [node for item in found for node in _nodes(item, 0)]
    # A permalink tells reviews apart only where each has its own; a page's own address is that of all of them.
    links = Counter(node["url"] for node in nodes if node.get("url"))
    for node in nodes:
        if links[node.get("url")] == 1:
            node["identifier"] = node.get("identifier") or node["url"]
    return nodes


def _nodes(item: Any, depth: int) -> Iterator[Node]:
    if not isinstance(item, dict) or depth > _MAX_DEPTH:
        return
    kinds = item.get("type") or []
    if "h-review" in kinds:
        yield _review(item)
        return
    if "h-review-aggregate" in kinds:
        yield _aggregate(item)
        return
    held = [each for values in _properties(item).values() for each in values]
    for each in [*held, *(item.get("children") or [])]:
        yield from _nodes(each, depth + 1)


def _properties(item: Node) -> dict[str, list[Any]]:
    properties = item.get("properties")
    return properties if isinstance(properties, dict) else {}


def _review(item: Node) -> Node:
    properties = _properties(item)
    return {
        "@type": ["Review"],
        "identifier": _first(properties, "uid"),
        "url": _plain(properties, "url"),
        # The name of the thing stands in `name` too where the author gave the review none of its own.
        "headline": _plain(properties, "name"),
        "reviewBody": _first(properties, "content", "description") or _plain(properties, "summary"),
        "datePublished": _first(properties, "published", "reviewed", "dtreviewed"),
        "dateModified": _first(properties, "updated"),
        "author": _first(properties, "author", "reviewer"),
        "itemReviewed": {"name": _thing(item)},
        "reviewRating": _scale(properties),
    }


def _aggregate(item: Node) -> Node:
    properties = _properties(item)
    count, votes = _first(properties, "count"), _first(properties, "votes")
    rating = _scale(properties) | {
        "@type": ["AggregateRating"],
        "ratingValue": _first(properties, "average", "rating"),
        "ratingCount": votes or count,
        "reviewCount": count,
    }
    return {"@type": ["Thing"], "name": _thing(item), "aggregateRating": rating}


def _scale(properties: dict[str, list[Any]]) -> Node:
    return {
        "ratingValue": _first(properties, "rating"),
        "bestRating": _first(properties, "best"),
        "worstRating": _first(properties, "worst"),
    }


def _thing(item: Node) -> str | None:
    """The name of what is reviewed: in `item`, or in a card that hangs below the review."""
    named = _first(_properties(item), "item")
    if named:
        return named
    cards = [each for each in item.get("children") or [] if isinstance(each, dict)]
    return next((name for each in cards if (name := _first(_properties(each), "name"))), None)


def _plain(properties: dict[str, list[Any]], name: str) -> str | None:
    """The first value that is text itself, not a thing that is named there."""
    return next((each.strip() for each in properties.get(name, []) if isinstance(each, str) and each.strip()), None)


def _first(properties: dict[str, list[Any]], *names: str) -> str | None:
    """The first value with something in it, as text."""
    for name in names:
        for value in properties.get(name, []):
            text = _text(value)
            if text:
                return text
    return None


def _text(value: Any) -> str | None:
    if isinstance(value, dict):
        inner = _first(_properties(value), "name") or value.get("alt")
        # A photo's value is its address; what it says stands in `alt`.
        value = inner or (None if _properties(value).get("photo") else value.get("value"))
    return value.strip() or None if isinstance(value, str) else None
