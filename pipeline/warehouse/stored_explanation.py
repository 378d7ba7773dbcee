"""Reads back the explanation that is stored with an incident."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from pipeline.review import DataCheck, Explanation, KnownEvent, Phrase, Topic


def explanation_from_json(row: Mapping[str, Any]) -> Explanation:
    """The explanation a stored payload holds."""
    parts = {
        "phrases": tuple(Phrase(**phrase) for phrase in row["phrases"]),
        "topic": Topic(**row["topic"]) if row["topic"] else None,
        "events": tuple(
            KnownEvent(
                event["kind"],
                event["title"],
                date.fromisoformat(event["start"]),
                date.fromisoformat(event["end"]) if event["end"] else None,
            )
            for event in row["events"]
        ),
        "checks": tuple(DataCheck(**check) for check in row["checks"]),
    }
    return Explanation(**{**row, **parts})
