"""What is erased, expired or removed is quoted no more: neither in the stored incident nor in its file."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.review import Incident, Quote
from pipeline.settings import Settings
from pipeline.steps.quotes import withdraw_quotes
from pipeline.warehouse import privacy
from pipeline.warehouse.connection import Connection
from pipeline.warehouse.incidents import load_incidents, store_incidents
from tests.reputation.explained import INCIDENT
from tests.warehouse.samples import at, load_reviews, review


def quoting(*keys: str) -> Incident:
    return replace(INCIDENT, quotes=tuple(Quote(key, f"words of {key}", "portal", None) for key in keys))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = Settings(home=tmp_path)
    made.alerts_dir.mkdir()
    told = {"incident_id": "ab12", "quotes": [{"review_id": key, "text_masked": f"words of {key}"} for key in "ab"]}
    (made.alerts_dir / "ab12.json").write_text(json.dumps(told), encoding="utf-8")
    (made.alerts_dir / "snoozed.json").write_text("{}", encoding="utf-8")
    return made


def test_an_erased_review_is_quoted_no_more(con: Connection, tmp_path: Path, settings: Settings) -> None:
    load_reviews(con, tmp_path, [review(review_key=key, text_hash=key) for key in "ab"])
    store_incidents(con, [quoting("a", "b"), replace(INCIDENT, incident_id="other")])
    assert withdraw_quotes(con, settings) == 0
    privacy.erase(con, review_key="a")
    assert withdraw_quotes(con, settings) == 1
    stored = {incident.incident_id: incident for incident in load_incidents(con)}
    assert [quote.review_key for quote in stored["ab12"].quotes] == ["b"]
    assert stored["other"] == replace(INCIDENT, incident_id="other")
    told = (settings.alerts_dir / "ab12.json").read_text(encoding="utf-8")
    assert "words of a" not in told
    assert "words of b" in told
    assert withdraw_quotes(con, settings) == 0


def test_texts_past_their_months_leave_the_quotes_too(con: Connection, tmp_path: Path, settings: Settings) -> None:
    load_reviews(con, tmp_path, [review(review_key="a", text_hash="a", seen_at=at("2024-01-01"))])
    store_incidents(con, [quoting("a")])
    privacy.blank_texts_seen_before(con, at("2026-01-01"))
    assert withdraw_quotes(con, settings) == 1
    assert load_incidents(con)[0].quotes == ()


def test_a_subscription_that_is_removed_is_quoted_no_more(con: Connection, tmp_path: Path, settings: Settings) -> None:
    load_reviews(con, tmp_path, [review(review_key="a", text_hash="a")])
    store_incidents(con, [quoting("a")])
    privacy.erase_subscription(con, privacy.Collected("portal-shop", "portal", "shop", None, is_alone=True))
    assert withdraw_quotes(con, settings) == 1
