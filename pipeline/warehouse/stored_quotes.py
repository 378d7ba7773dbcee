"""Forgets quotes of reviews whose text is gone: an incident must not keep what was erased or has expired."""

from __future__ import annotations

import json
from typing import Any

from pipeline.warehouse.connection import Connection

_QUOTING = "select incident_id, payload from core.incidents where payload like '%\"quotes\": [{%'"
_WITH_TEXT = """
select distinct review_key
from core.review_versions
where text is not null and list_contains($keys::varchar[], review_key)
"""


def forget_quotes(con: Connection) -> frozenset[str]:
    """Take out of every incident the quotes of reviews that have no text any more, and return those reviews' keys.

    Counts and phrases stay: a phrase is told only where several reviews use it.
    """
    quoting: dict[str, dict[str, Any]] = {key: json.loads(payload) for key, payload in con.execute(_QUOTING).fetchall()}
    quoted = {quote["review_key"] for payload in quoting.values() for quote in payload["quotes"]}
    kept = {row[0] for row in con.execute(_WITH_TEXT, {"keys": sorted(quoted)}).fetchall()}
    gone = frozenset(quoted - kept)
    for incident_id, payload in quoting.items():
        left = [quote for quote in payload["quotes"] if quote["review_key"] not in gone]
        if left != payload["quotes"]:
            fresh = json.dumps({**payload, "quotes": left}, ensure_ascii=False, sort_keys=True)
            con.execute(
                "update core.incidents set payload = $payload where incident_id = $incident_id",
                {"payload": fresh, "incident_id": incident_id},
            )
    return gone
