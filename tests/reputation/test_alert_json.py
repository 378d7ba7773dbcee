"""The incident for other programs: every agreed key, always, of the agreed type."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pipeline.reputation.alert_json import to_json
from pipeline.reputation.incident_explanation import explain
from pipeline.review import Incident
from tests.reputation.explained import INCIDENT, findings

NOW = datetime(2026, 11, 22, 20, tzinfo=UTC)
NUMBER = (int, float)
AGREED: dict[str, type | tuple[type, ...]] = {
    "schema_version": int, "incident_id": str, "dedup_key": str, "state": str, "kind": str, "severity": str,
    "entity_id": str, "scope": dict, "window": dict, "observed": int, "expected": NUMBER, "pi_low": int, "pi_high": int,
    "p_count": NUMBER, "p_share": NUMBER, "share": NUMBER, "share_baseline": NUMBER, "n": int, "n_baseline": int,
    "drivers": list, "quotes": list, "events": list, "data_checks": list, "model_version": str, "rule_version": str,
    "created_at": str, "updated_at": str, "links": dict,
}  # fmt: skip
NULLABLE = {"p_count", "p_share", "share", "share_baseline", "n_baseline", "model_version"}


def as_read(incident: Incident) -> dict[str, object]:
    found = to_json(incident, created_at=NOW, updated_at=NOW, links={"open": "http://127.0.0.1/x"})
    read: dict[str, object] = json.loads(json.dumps(found, allow_nan=False))
    return read


@pytest.mark.parametrize(
    "incident",
    [
        explain(INCIDENT, findings(), model_version="m1"),
        INCIDENT,
        replace(INCIDENT, kind="data", share=None, share_baseline=None, scope="source:portal"),
    ],
    ids=["explained", "bare", "data"],
)
def test_every_key_is_there_with_its_type(incident: Incident) -> None:
    found = as_read(incident)
    for key, kind in AGREED.items():
        assert isinstance(found[key], kind) or (found[key] is None and key in NULLABLE), key
    assert found["window"] == {"start": "2026-11-17", "end": "2026-11-22"}


def test_what_was_found_is_in_it() -> None:
    found = as_read(explain(INCIDENT, findings(), model_version="m1"))
    assert found["excess"] == {"total": 14.25, "from_more_reviews": 3.75, "from_worse_reviews": 10.5}
    assert found["n_baseline"] == 280
    assert found["events"] == [{"kind": "campaign", "title": "Herbst", "start": "2026-11-16", "end": "2026-11-30"}]
    assert found["topic"] == {"term": "charged twice", "n": 6, "of": 9}
    drivers, quotes, checks = found["drivers"], found["quotes"], found["data_checks"]
    assert isinstance(drivers, list)
    assert isinstance(quotes, list)
    assert isinstance(checks, list)
    assert drivers[0].keys() == {"dimension", "name", "observed", "expected", "excess_part"}
    assert quotes[0].keys() == {"review_id", "url", "text_masked", "n_similar"}
    assert {"code", "is_ok"} <= checks[0].keys()


def test_scores_stand_beside_what_is_no_p_value() -> None:
    found = as_read(INCIDENT)
    assert found["p_count"] == pytest.approx(10**-5.2)
    assert (found["count_score"], found["share_score"]) == (5.2, 3.4)
    assert "not the chance of a false alarm" in str(found["p_note"])


def test_the_scope_names_its_part() -> None:
    found = as_read(replace(INCIDENT, scope="location:Hafen"))
    assert found["scope"] == {"locations": ["Hafen"], "themes": [], "languages": [], "sources": [], "versions": []}
