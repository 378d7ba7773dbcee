"""Turns what a site shows into plain text: no mark-up, no mojibake, no invisible characters.

Linear in the length of the text, whatever it holds: every pattern is bounded or stops at the next bracket.
"""

from __future__ import annotations

import html
import re
import unicodedata

import ftfy
from ftfy.badness import is_bad

# Zero-width and bidirectional controls, soft hyphen, BOM; not the joiner (U+200D) that holds emojis together.
_INVISIBLE = re.compile("[\u00ad\u061c\u180e\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_AMPERSANDS = re.compile(r"&(?:amp;)+")
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,19})(?=[\s/>])[^<>]{0,4000}>|<!--[^<>]{0,4000}-->|<![^<>]{0,4000}>")
_BLOCK = frozenset(
    [
        "br",
        "p",
        "div",
        "li",
        "ul",
        "ol",
        "tr",
        "table",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "blockquote",
        "section",
        "article",
        "hr",
        "dd",
        "dt",
    ]
)
_HIDDEN = frozenset(("script", "style"))
_BB_NAMES = (
    "b|i|u|s|strike|h1|h2|h3|h4|url|img|quote|spoiler|list|olist|code|noparse|table|tr|td|th|hr|size|color|font|"
    "center|left|right|email|youtube|previewyoutube|dynamiclink|p"
)
_BB_IMAGE = re.compile(r"\[(img|previewyoutube|youtube)[^\[\]]{0,300}\][^\[\]]{0,2000}\[/\1\]", re.IGNORECASE)
_BB_TAG = re.compile(rf"\[(/?)({_BB_NAMES}|\*)(?:[=\s][^\[\]]{{0,500}})?\]", re.IGNORECASE)
_BB_BLOCK = frozenset(
    ["h1", "h2", "h3", "h4", "quote", "list", "olist", "*", "table", "tr", "hr", "code", "center", "left", "right", "p"]
)
_BLANKS = re.compile("[\t \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
_LINE_ENDS = re.compile("\r\n?|\u2028|\u2029|\x0b|\x0c|\x85")
_MANY_LINES = re.compile(r" ?\n ?(?:\n ?)+")
_MARKUP_SIGNS = re.compile(r"[<>\[\]&]")
_ROUNDS = 8


def clean(text: str) -> str:
    """The words of `text` as plain Unicode (NFC); paragraphs stay apart by one empty line. Idempotent.

    Entities and tags are undone until nothing changes, because sites escape what was escaped before. Nobody nests
    deeper than eight times in earnest: then the signs that mark-up is made of go.
    """
    for _ in range(2):
        for _ in range(_ROUNDS):
            cleaned = _once(text)
            if cleaned == text:
                return text
            text = cleaned
        text = _MARKUP_SIGNS.sub(" ", text)
    return text


def _once(text: str) -> str:
    text = text.encode("utf-8", "replace").decode("utf-8")  # half a surrogate pair is no character
    text = _LINE_ENDS.sub("\n", text)
    if not text.isascii() and is_bad(text):
        text = ftfy.fix_encoding(text)
    if "&" in text:
        text = html.unescape(_AMPERSANDS.sub("&", text))
    if "<" in text:
        text = _without_tags(text)
    if "[" in text:
        text = _BB_TAG.sub(_bb_gap, _BB_IMAGE.sub(" ", text))
    text = _INVISIBLE.sub("", _CONTROL.sub("", _LINE_ENDS.sub("\n", text)))
    text = unicodedata.normalize("NFC", text)
    text = _BLANKS.sub(" ", text)
    text = _MANY_LINES.sub("\n\n", text)
    return re.sub(r" ?\n ?", "\n", text).strip()


def _without_tags(text: str) -> str:
    """`text` without HTML tags; block tags become line ends, scripts and styles go with what they hold."""
    parts: list[str] = []
    at = 0
    hidden: str | None = None
    for match in _TAG.finditer(text):
        if hidden is None:
            parts.append(text[at : match.start()])
        at = match.end()
        name = (match.group(2) or "").lower()
        if hidden is not None:
            hidden = None if match.group(1) and name == hidden else hidden
        elif name in _HIDDEN and not match.group(1):
            hidden = name
        elif name in _BLOCK:
            parts.append("\n")
    if hidden is None:
        parts.append(text[at:])
    return "".join(parts)


def _bb_gap(match: re.Match[str]) -> str:
    return "\n" if match.group(2).lower() in _BB_BLOCK else ""
