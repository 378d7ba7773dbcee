"""The message in both languages, and its JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime

from pipeline.reputation.alert_text import message, to_json
from pipeline.review import Driver, Incident, Quote

DAY = date(2026, 11, 17)
INCIDENT = Incident(
    incident_id="ab12", dedup_key="reputation|lindgruen|", state="new", kind="more_and_worse", severity="P1",
    entity="lindgruen", scope="entity", start_day=DAY, alert_day=DAY, last_day=date(2026, 11, 22), observed=1018,
    expected=3.84, expected_low=0, expected_high=8, n_reviews=1060, share=0.3, share_baseline=0.126, score=9.1,
    drivers=(Driver("theme", "billing", 9, 0.8), Driver("location", "Hafen", 15, 3.0)),
    words=("charged twice",), quotes=(Quote("r1", "Charged [twice](http://x.test), no answer", "portal", DAY),),
    model_version="m1", rule_version="scan-1",
)  # fmt: skip


def test_english() -> None:
    said = message(INCIDENT, "en", entity_name="Lindgrün", events=["Autumn sale"], data_checks=["sources fresh"])
    assert said.title == "[P1] More and worse reviews, mainly Billing – Lindgrün, since Tue 17 Nov"
    assert "1,018 negative of 1,060 reviews up to 22 Nov 2026; normal 0–8 (expected 3.8)." in said.text
    assert "Share of negative reviews 30% vs 13% normally." in said.text
    for part in ("Billing 9", "Hafen 15", "charged twice", "Autumn sale", "sources fresh", "3. Acknowledge"):
        assert part in said.text
        assert part in said.markdown


def test_german() -> None:
    said = message(INCIDENT, "de", entity_name="Lindgrün")
    assert said.title.startswith("[P1] Mehr und schlechtere Bewertungen, vor allem Rechnung – Lindgrün, seit Di")
    assert "1.018 negative von 1.060 Bewertungen" in said.text
    assert "erwartet 3,8" in said.text
    assert "„Charged" in said.text


def test_a_quote_cannot_make_links() -> None:
    assert "\\[twice\\]\\(http" in message(INCIDENT, "en").markdown


def test_a_data_incident_says_so() -> None:
    data = replace(INCIDENT, kind="data", severity="P2", scope="source:portal", drivers=(), quotes=(), words=())
    said = message(data, "en")
    assert said.title.startswith("[P2] Data problem – lindgruen (portal)")
    assert "negative" not in said.text
    assert "leumund doctor" in said.text


def test_json_has_the_agreed_keys_and_is_json() -> None:
    now = datetime(2026, 11, 22, 20, tzinfo=UTC)
    found = to_json(replace(INCIDENT, scope="location:Hafen"), created_at=now, updated_at=now)
    agreed = (
        "schema_version incident_id dedup_key state kind severity entity_id scope window observed expected pi_low "
        "pi_high share share_baseline n drivers quotes events data_checks model_version rule_version created_at "
        "updated_at links"
    )
    assert set(agreed.split()) <= set(json.loads(json.dumps(found)))
    assert found["scope"] == {"locations": ["Hafen"], "themes": [], "languages": [], "sources": []}
