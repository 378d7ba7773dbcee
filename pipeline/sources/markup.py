"""Structured data of a page: nodes from JSON-LD, microdata, RDFa and microformats, whichever of them are sound.

A page with a broken JSON-LD block still gives its microdata: each syntax, and each block, fails alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import lxml.html
from extruct.rdfa import RDFaExtractor
from extruct.w3cmicrodata import MicrodataExtractor
from lxml.etree import ParserError

from pipeline.sources import microformats

Node = dict[str, Any]

_COMMENT = re.compile(
    r"^\s*(?:<!--|/\*\s*<!\[CDATA\[\s*\*/|//\s*<!\[CDATA\[|<!\[CDATA\[)|(?:-->|/\*\s*\]\]>\s*\*/|//\s*\]\]>|\]\]>)\s*;?\s*$"
)
_LINE_COMMENT = re.compile(r"^\s*//[^\n]*$", re.MULTILINE)
_BLOCK_COMMENT = re.compile(r"/\*[^*]{0,5000}\*/")
_TRAILING_COMMA = re.compile(r",(\s*[}\]])")
_MAX_DEPTH = 60
SCHEMA = re.compile(r"^https?://schema\.org/")


@dataclass
class Markup:
    """The nodes of a page by syntax, top level first, and what could not be read."""

    json_ld: list[Node] = field(default_factory=list)
    microdata: list[Node] = field(default_factory=list)
    rdfa: list[Node] = field(default_factory=list)
    microformats: list[Node] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def by_syntax(self) -> list[tuple[str, list[Node]]]:
        """The syntaxes in the order of trust."""
        return [
            ("json-ld", self.json_ld),
            ("microdata", self.microdata),
            ("rdfa", self.rdfa),
            ("microformats", self.microformats),
        ]


def extract(page: str, url: str) -> Markup:
    """The structured data of a decoded page."""
    found = Markup()
    try:
        tree = lxml.html.fromstring(page.encode("utf-8", "replace"), parser=lxml.html.HTMLParser(encoding="utf-8"))
    except (ParserError, ValueError) as error:
        found.errors.append(f"html: {type(error).__name__}")
        return found
    for script in tree.iter("script"):
        if "ld+json" in (script.get("type") or "").lower():
            _read_json_ld(script.text or "", found)
    if "itemscope" in page or "itemprop" in page:
        try:
            found.microdata = [
                _flat(item) for item in MicrodataExtractor(nested=True).extract_items(tree, base_url=url)
            ]
        except Exception as error:
            found.errors.append(f"microdata: {type(error).__name__}")
    if "typeof=" in page and "schema.org" in page and not (found.json_ld or found.microdata):
        try:
            found.rdfa = _resolved(RDFaExtractor().extract(_numbered(tree), base_url=url))
        except Exception as error:
            found.errors.append(f"rdfa: {type(error).__name__}")
    try:
        found.microformats = microformats.extract(page, url)
    except Exception as error:
        found.errors.append(f"microformats: {type(error).__name__}")
    return found


def _numbered(tree: lxml.html.HtmlElement) -> str:
    """The page with numbered nodes, since a graph keeps no order, and with `datetime` said again as `content`."""
    for at, element in enumerate(tree.xpath("//*[@typeof][not(@resource|@about|@href|@src)]")):
        element.set("resource", f"urn:node:{at:06}")
    for element in tree.xpath("//*[@property][@datetime][not(@content)]"):
        element.set("content", element.get("datetime"))
    return str(lxml.html.tostring(tree, encoding="unicode"))


def _read_json_ld(text: str, found: Markup) -> None:
    text = _COMMENT.sub("", _COMMENT.sub("", text)).strip()
    if not text:
        return
    for attempt in (str, _mended):
        try:
            value = json.loads(attempt(text), strict=False)
        except (ValueError, RecursionError):
            continue
        nodes = list(_top(value))
        by_id = {node["@id"]: node for node in _walk(nodes) if isinstance(node.get("@id"), str) and len(node) > 1}
        found.json_ld += [_linked(node, by_id) for node in nodes]
        return
    found.errors.append("json-ld: not JSON")


def _mended(text: str) -> str:
    return _TRAILING_COMMA.sub(r"\1", _BLOCK_COMMENT.sub("", _LINE_COMMENT.sub("", text)))


def _top(value: Any) -> Iterator[Node]:
    if isinstance(value, list):
        for each in value:
            yield from _top(each)
    elif isinstance(value, dict):
        graph = value.get("@graph")
        if isinstance(graph, list | dict):
            yield from _top(graph)
            if any(not key.startswith("@") for key in value):
                yield {key: each for key, each in value.items() if key != "@graph"}
        else:
            yield value


def _walk(value: Any, depth: int = 0) -> Iterator[Node]:
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, dict):
        yield value
        for each in value.values():
            yield from _walk(each, depth + 1)
    elif isinstance(value, list):
        for each in value:
            yield from _walk(each, depth + 1)


def _linked(value: Any, by_id: dict[str, Node], depth: int = 0) -> Any:
    """`value` with every bare {"@id": ...} replaced by the node of that id; cycles end at a small depth."""
    if depth > 8:
        return value
    if isinstance(value, list):
        return [_linked(each, by_id, depth + 1) for each in value]
    if isinstance(value, dict):
        if set(value) == {"@id"} and value["@id"] in by_id:
            return _linked(by_id[value["@id"]], by_id, depth + 2)
        return {key: _linked(each, by_id, depth + 1) for key, each in value.items()}
    return value


def _flat(item: Any) -> Any:
    """A microdata item in the shape of JSON-LD: type and properties on one level."""
    if isinstance(item, list):
        return [_flat(each) for each in item]
    if not isinstance(item, dict):
        return item
    kind = item.get("type", "")
    kinds = kind if isinstance(kind, list) else [kind]
    properties = {name: _flat(each) for name, each in item.get("properties", {}).items()}
    return {"@type": [SCHEMA.sub("", str(each)) for each in kinds], "@id": item.get("id"), **properties}


def _resolved(nodes: list[Node]) -> list[Node]:
    """RDFa nodes, which come as a flat graph with full names, as nested nodes with short ones."""
    plain = {node.get("@id"): _short(node) for node in sorted(nodes, key=lambda node: str(node.get("@id")))}
    linked = [_linked(node, plain) for node in plain.values()]  # type: ignore[arg-type]
    # Only nodes that no other one holds are top level.
    held = {each["@id"] for node in plain.values() for value in node.values() if isinstance(value, list)
            for each in value if isinstance(each, dict) and "@id" in each}  # fmt: skip
    return [node for node in linked if node.get("@id") not in held] or linked


def _short(node: Node) -> Node:
    short: Node = {"@id": node.get("@id")}
    for name, value in node.items():
        if name == "@type":
            short["@type"] = [SCHEMA.sub("", str(each)) for each in value]
        elif SCHEMA.match(name):
            held = [each["@value"] if isinstance(each, dict) and "@value" in each else each for each in value]
            if all(isinstance(each, dict) for each in held):
                held.sort(key=lambda each: str(each.get("@id")))
            short[SCHEMA.sub("", name)] = held
    return short
