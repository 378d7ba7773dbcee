"""Reviews inside other JSON: lists below a place or hotel, GraphQL edges, JSON:API, webhooks; each as one flat row.

A nested value becomes a column `outer_inner`; a thing with a text or name ({"user": {"name": ...}}) stands under its
own key as well. What holds many reviews' count and no date is a place and never a review, so that a shop's average is
not taken for somebody's rating.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.sources.layouts import LAYOUTS, squash

DOCUMENT_ENTITY = "@document_entity"
"""The column that says what a document's reviews are about, where the document names it."""

_GENERIC = LAYOUTS["generic"].columns
_NAMES = {field: frozenset(map(squash, names)) for field, names in _GENERIC.items()}
_SAID = _NAMES["text"] | _NAMES["title"] | _NAMES["pros"] | _NAMES["cons"]
_LISTS = frozenset(("review", "reviews", "bewertungen", "rezensionen", "avis", "opiniones", "resenas", "reseñas",
                    "recensioni", "beoordelingen", "avaliacoes", "avaliações", "userreviews", "customerreviews",
                    "guestreviews", "reviewlist", "reviewslist", "allreviews"))  # fmt: skip
_COUNTS = frozenset(("reviewcount", "reviewscount", "numberofreviews", "numreviews", "reviewnr", "userratingstotal",
                     "userratingcount", "ratingcount", "ratingscount", "numratings", "totalreviews", "totalreviewcount",
                     "aggregaterating", "trustscore", "businessstatus"))  # fmt: skip
_ERRORS = frozenset(("error", "errors", "errormessage", "errorcode", "statuscode", "exception", "fault", "haserrors"))
_WRAPPERS = ("node", "attributes", "eventData", "review", "_source", "fields", "properties")
_VALUES = ("text", "value", "label", "name", "displayName", "display_name", "fullName", "username", "nickname",
           "title", "message", "content", "body", "rating", "ratingValue", "score", "stars", "rendered", "raw",
           "@value", "#text", "$t", "$oid", "$date", "$numberInt", "$numberDouble", "$numberLong")  # fmt: skip
_TITLES = ("displayName", "display_name", "hotelName", "businessName", "companyName", "placeName", "name")
_MAX_DEPTH = 40
_Row = dict[str, Any]


def rows(document: Any) -> list[_Row] | None:
    """The reviews of a JSON value as flat rows with the keys as they are; None where it holds none and is no place.

    An object that is a review itself is one row. Reviews are given once, however often a document repeats them.
    """
    found: dict[bool, list[tuple[str | None, _Row]]] = {True: [], False: []}
    lone = _unwrapped(document) if isinstance(document, dict) else {}
    has_lists = any(_is_called(name) for name in lone)
    if _is_review(lone) and not has_lists:
        return [flat(lone)]
    is_place = _collect(document, None, None, 0, found)
    chosen = found[True] or found[False]
    if not chosen:
        is_row = not is_place and _may_be_row(lone) and bool(_names(lone) & _NAMES["rating"])
        return [flat(lone)] if is_row else [] if is_place else None
    kept: list[_Row] = []
    seen: set[str] = set()
    for entity, row in chosen:
        plain = flat(row)
        if any(squash(name) in _NAMES["id"] for name in plain):
            mark = repr(plain)
            if mark in seen:
                continue
            seen.add(mark)
        kept.append(plain if entity is None else {**plain, DOCUMENT_ENTITY: entity})
    return kept


def flat(row: Mapping[str, Any]) -> _Row:
    """A row whose nested values stand in columns of their own."""
    plain: _Row = {}
    for name, value in row.items():
        if isinstance(value, dict):
            _flatten(str(name), value, plain, 0)
        else:
            plain[str(name)] = value
    named = plain.get("name")
    if isinstance(named, str) and "/reviews/" in named:  # Google's name of a review is its id
        plain["review_id"] = plain.pop("name")
    # A site's translation stands beside the words that were written: those are the review.
    for key, written in (("text", "originaltext"), ("language", "originallanguage")):
        if key in plain:
            found = next((value for name, value in plain.items() if squash(name) == written), None)
            plain[key] = found if isinstance(found, str) and found.strip() else plain[key]
    return plain


def _flatten(name: str, value: Mapping[str, Any], plain: _Row, depth: int) -> None:
    inner = next((value[key] for key in _VALUES if isinstance(value.get(key), str | int | float)), None)
    if inner is not None:
        plain[name] = inner
    for key, each in value.items():
        if isinstance(each, dict):
            if depth < 3:
                _flatten(f"{name}_{key}", each, plain, depth + 1)
        else:
            plain[f"{name}_{key}"] = each


def _collect(
    value: Any, key: str | None, entity: str | None, depth: int, found: dict[bool, list[tuple[str | None, _Row]]]
) -> bool:
    """Gathers the lists of reviews below a value, those that are called so apart; tells whether a place was met."""
    if depth > _MAX_DEPTH:
        return False
    if isinstance(value, list):
        elements = [_unwrapped(each) for each in value if isinstance(each, dict)]
        if elements and _are_reviews(elements, key):
            found[_is_called(key)] += [(entity, each) for each in elements]
            return False
        met = [_collect(each, key, entity, depth + 1, found) for each in value]
        return any(met) or (not value and _is_called(key))
    if not isinstance(value, dict):
        return False
    entity = _title(value) or entity
    is_place = _is_place(value)
    for name, each in value.items():
        if isinstance(each, dict) and each and all(isinstance(one, dict) for one in each.values()):
            # Reviews by their id: {"reviews": {"17": {...}}}
            elements = [{"id": key_of, **_unwrapped(one)} for key_of, one in each.items()]
            if _are_reviews(elements, name) and (_is_called(name) or len(elements) > 1):
                found[_is_called(name)] += [(entity, one) for one in elements]
                continue
        if isinstance(each, dict) and _is_called(name) and _is_review(one := _unwrapped(each)):
            found[True].append((entity, one))
            continue
        if isinstance(each, dict | list):
            is_place = _collect(each, str(name), entity, depth + 1, found) or is_place
    return is_place


def _unwrapped(row: _Row) -> _Row:
    """An element without the envelope that an API puts around it."""
    for name in _WRAPPERS:
        inner = row.get(name)
        if isinstance(inner, dict) and _is_review(inner):
            return {**{key: each for key, each in row.items() if not isinstance(each, dict | list)}, **inner}
    return row


def _are_reviews(elements: list[_Row], key: str | None) -> bool:
    if _is_called(key):
        like = sum(_may_be_row(each) and not _is_place(each) for each in elements)
    else:
        like = sum(_is_review(each) for each in elements)
    return like * 2 >= len(elements)


def _is_called(key: str | None) -> bool:
    return key is not None and squash(key) in _LISTS


def _names(row: Mapping[str, Any]) -> set[str]:
    return {squash(name) for name, value in flat(row).items() if value not in (None, "", [], {})}


def _may_be_row(row: Mapping[str, Any]) -> bool:
    """Whether it has a rating or words at all, and is no error's body."""
    names = _names(row)
    return bool(names & (_NAMES["rating"] | _SAID)) and not names & _ERRORS


def _is_review(row: Mapping[str, Any]) -> bool:
    """Whether somebody's words or rating are told with who or when."""
    names = _names(row)
    who, when = names & _NAMES["author"], names & _NAMES["posted_at"]
    has_rating, says = names & _NAMES["rating"], names & _SAID
    is_told = bool(says and (has_rating or who or when)) or bool(has_rating and when)
    return is_told and not _is_place(row) and not names & _ERRORS


def _is_place(row: Mapping[str, Any]) -> bool:
    names = {squash(str(name)) for name in row}
    return bool(names & _COUNTS) and not names & _NAMES["posted_at"]


def _title(row: _Row) -> str | None:
    """What a document says its reviews are about: its own name, or that of a place it holds."""
    own = _own_title(row)
    if own is not None:
        return own
    places = (each for each in row.values() if isinstance(each, dict) and _is_place(each))
    return next((title for each in places if (title := _own_title(each))), None)


def _own_title(row: _Row) -> str | None:
    for name in _TITLES:
        value = row.get(name)
        if isinstance(value, dict):
            value = value.get("text")
        if isinstance(value, str) and value.strip() and not re.match(r"^\w+/", value):
            return value.strip()
    return None


def documents(text: str) -> Iterator[Any]:
    """The JSON values of a text that stand one after another, however they are laid out.

    Raises:
        ValueError: one of them is broken.
    """
    decoder, at = json.JSONDecoder(), 0
    while at < len(text):
        blank = re.compile(r"[\s,\ufeff]*").match(text, at)
        at = blank.end() if blank else at
        if at >= len(text):
            return
        value, at = decoder.raw_decode(text, at)
        yield value
