"""Withdraws quotes of reviews whose text is gone, from the incidents and from the files that tell of them."""

from __future__ import annotations

import json
from typing import Any

from pipeline.settings import Settings
from pipeline.steps import workplace
from pipeline.warehouse import staging
from pipeline.warehouse.stored_quotes import forget_quotes


def withdraw_quotes(con: workplace.Connection, settings: Settings) -> int:
    """How many reviews are quoted no more."""
    gone = forget_quotes(con)
    for path in sorted(settings.alerts_dir.glob("*.json")) if gone else ():
        told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(told.get("quotes"), list):
            continue
        left = [quote for quote in told["quotes"] if quote["review_id"] not in gone]
        if left != told["quotes"]:
            with staging.replacing(path) as partial:
                partial.write_text(json.dumps({**told, "quotes": left}, ensure_ascii=False, indent=1), encoding="utf-8")
    return len(gone)
