"""Finds an API's records in whatever a capture holds: an envelope, a bare list, one record, or one a line."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from pipeline.errors import PageChanged
from pipeline.review import RawPage
from pipeline.sources import answer

Record = dict[str, Any]
_MAX_DEPTH = 60  # of a thread, two a reply
_CODE = re.compile(r"^[A-Za-z][A-Za-z_ .-]{0,39}$|^\d{1,5}$")


def records(
    page: RawPage, *names: str, is_record: Callable[[Record], bool], what: str, remedy: str, empty: tuple[str, ...] = ()
) -> list[Record]:
    """The records of a page, in its order; what lies beside them is passed over.

    Args:
        page: JSON, or one JSON value a line.
        names: Keys below which records lie, at any depth, as lists or single.
        is_record: Whether an object is one.
        what: What it holds, for the error, as in "reviews of Feefo".
        remedy: What to check, for the error.
        empty: Keys of an answer that holds none and says so by leaving the list out.

    Raises:
        PageChanged: it is an error body, or no answer of this API.
    """
    found = loaded(page)
    rows = _collect(found, names, is_record, 0)
    if rows:
        return rows
    code = _fault(found)
    if code is not None:
        raise PageChanged(f"an error instead of {what} ({code})", where=page.url, remedy=remedy)
    if rows is None and not (isinstance(found, dict) and set(empty) & set(found)):
        raise PageChanged(f"no {what}", where=page.url, remedy=remedy)
    return []


def objects(value: Any) -> list[Record]:
    """The objects of a list; one alone counts as a list of one, anything else as none."""
    return [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, dict)]


def loaded(page: RawPage) -> Any:
    """The JSON of a page; of several lines of JSON the list of their values.

    Raises:
        PageChanged: it is neither.
    """
    try:
        return answer.loaded(page)
    except PageChanged:
        try:
            lines = [json.loads(line) for line in page.body.splitlines() if line.strip()]
        except (ValueError, RecursionError):
            lines = []
        if not lines:
            raise
        return lines


def _collect(
    value: Any, names: tuple[str, ...], is_record: Callable[[Record], bool], depth: int
) -> list[Record] | None:
    """None where there is neither a record nor a place for one."""
    if depth > _MAX_DEPTH:
        return None
    if isinstance(value, dict):
        if is_record(value):
            return [value]
        inside = [value[name] for name in names if isinstance(value.get(name), dict | list)]
    elif isinstance(value, list):
        if not value:
            return []
        inside = value
    else:
        return None
    found = [each for each in (_collect(each, names, is_record, depth + 1) for each in inside) if each is not None]
    return [row for rows in found for row in rows] if found else None


def _fault(found: Any) -> str | None:
    """The code of an error body, never its message: that may repeat what was sent."""
    if not isinstance(found, dict):
        return None
    for name in ("error", "errors", "Errors", "fault", "HasErrors"):
        if found.get(name) not in (None, False, "", [], {}):
            return _code(found[name])
    if "message" in found and {"code", "status", "statusCode", "error_code"} & set(found):
        return _code(found)
    return None


def _code(value: Any) -> str:
    while isinstance(value, list) and value:
        value = value[0]
    if isinstance(value, dict):
        named = (value.get(name) for name in ("code", "status", "statusCode", "error_code", "reason", "error", "title"))
        value = next((each for each in named if isinstance(each, str | int) and _CODE.match(str(each))), None)
    return str(value) if isinstance(value, str | int) and _CODE.match(str(value)) else "no code"
