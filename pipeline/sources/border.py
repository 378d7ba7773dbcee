"""Drops what must not come in: contact data and order numbers that an API sends beside a review."""

from __future__ import annotations

import json
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any

from pipeline.review import RawPage


def without(page: RawPage, keys: AbstractSet[str]) -> RawPage:
    """The page as JSON without these keys at any depth, whatever their case; unchanged where it is no JSON.

    Raw pages are kept for weeks, so what nobody may keep is taken out before the page is written.
    """
    try:
        loaded = json.loads(page.body)
    except (ValueError, RecursionError):
        return page
    dropped = {key.lower() for key in keys}
    try:
        kept = _kept(loaded, dropped)
    except RecursionError:
        return page
    return replace(page, body=json.dumps(kept, ensure_ascii=False).encode("utf-8", "surrogatepass"))


def _kept(value: Any, dropped: AbstractSet[str]) -> Any:
    if isinstance(value, dict):
        return {key: _kept(each, dropped) for key, each in value.items() if key.lower() not in dropped}
    if isinstance(value, list):
        return [_kept(each, dropped) for each in value]
    return value
