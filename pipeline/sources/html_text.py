"""The words of a piece of HTML as a reader sees them: one line a paragraph, no script, no blanks for show."""

from __future__ import annotations

import re

from bs4 import BeautifulSoup
from bs4.element import NavigableString, PageElement, PreformattedString, Tag

_BLOCK = re.compile(
    "address|article|blockquote|d[dlt]|div|figure|footer|h[1-6]|header|hr|li|[ou]l|p|pre|section|table|tr"
)
_SILENT = frozenset(("script", "style", "template", "noscript", "svg", "button"))
_BLANKS = re.compile(r"[ \t\r\f\v\u00a0\u2003\u2009\n]+")


def soup_of(text: str) -> BeautifulSoup:
    """The tree of a page or of a piece of one."""
    return BeautifulSoup(text, "lxml")


def words_of(node: PageElement | None) -> str | None:
    """The text below a node, a line a block; None where there is none."""
    parts: list[str] = []
    _collect(node, parts)
    lines = (_BLANKS.sub(" ", line).strip() for line in "".join(parts).split("\n"))
    return "\n".join(line for line in lines if line) or None


def _collect(node: PageElement | None, parts: list[str]) -> None:
    # A stack of its own: pages nest deeper than Python calls.
    stack: list[PageElement | str] = [node] if node is not None else []
    while stack:
        each = stack.pop()
        if isinstance(each, Tag):
            if each.name in _SILENT:
                continue
            if each.name == "br":
                parts.append("\n")
                continue
            edge = ["\n"] if _BLOCK.fullmatch(each.name) else []
            stack += [*edge, *reversed(each.contents), *edge]
        elif isinstance(each, NavigableString):
            if not isinstance(each, PreformattedString):  # a comment is none of the reader's
                parts.append(_BLANKS.sub(" ", str(each)))
        elif isinstance(each, str):
            parts.append(each)
