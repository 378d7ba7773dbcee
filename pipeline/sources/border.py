"""Drops what must not come in: contact data and order numbers that an API sends beside a review."""

from __future__ import annotations

import json
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any

from pipeline.review import RawPage

CONTACT = frozenset(
    (
        "email", "emailaddress", "phone", "phonenumber", "mobile", "mobilenumber", "ip", "ipaddress", "useragent",
        "address", "orderid", "ordernumber", "orderref", "orderreference", "latitude", "longitude",
    )
)  # fmt: skip
"""Names under which APIs commonly send how to reach a customer, where he is, or what he ordered."""


def without(page: RawPage, keys: AbstractSet[str]) -> RawPage:
    """The page as JSON without these keys at any depth, whatever their case, `_` or `-`; unchanged if it is no JSON.

    Raw pages are kept for weeks, so what nobody may keep is taken out before the page is written.
    """
    try:
        loaded = json.loads(page.body)
    except (ValueError, RecursionError):
        return page
    dropped = {_plain(key) for key in keys}
    try:
        kept = _kept(loaded, dropped)
    except RecursionError:
        return page
    return replace(page, body=json.dumps(kept, ensure_ascii=False).encode("utf-8", "surrogatepass"))


def _plain(key: str) -> str:
    return key.lower().replace("_", "").replace("-", "")


def _kept(value: Any, dropped: AbstractSet[str]) -> Any:
    if isinstance(value, dict):
        return {key: _kept(each, dropped) for key, each in value.items() if _plain(key) not in dropped}
    if isinstance(value, list):
        return [_kept(each, dropped) for each in value]
    return value
