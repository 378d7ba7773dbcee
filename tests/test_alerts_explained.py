"""The steps explain what they store: all incidents of a run from one look at the reviews, settled ones not at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.steps import explaining, workplace
from pipeline.warehouse import facts
from pipeline.warehouse.connection import Connection
from tests.reputation.explained import INCIDENT


@pytest.fixture
def con(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connection]:
    config = tmp_path / "leumund.toml"
    config.write_text('home = "state"\ntime_zone = "UTC"\n', encoding="utf-8")
    monkeypatch.setenv("LEUMUND_CONFIG", str(config))
    monkeypatch.delenv("LEUMUND_HOME", raising=False)
    with workplace.warehouse(workplace.current()) as opened:
        opened.execute(
            "insert into core.review_versions (review_key, seen_at, source, entity, location, posted_at,"
            " posted_precision, language, text, text_hash, rating_stars) select 'k' || i, timestamptz '2026-11-18',"
            " 'portal', 'lindgruen', if(i < 9, 'Hafen', 'Markt'), timestamptz '2026-11-17 10:00', 'second', 'en',"
            " 'Charged twice by desk ' || i, 't' || i, 1 from range(10) as few(i)"
        )
        yield opened


def test_an_incident_and_a_part_of_it_are_explained_from_their_own_reviews(con: Connection) -> None:
    part = replace(INCIDENT, incident_id="part", scope="location:Markt")
    whole, of_part = explaining.explained(con, [INCIDENT, part], "m1")
    assert whole.explanation is not None
    assert of_part.explanation is not None
    assert (whole.explanation.n_negative, of_part.explanation.n_negative) == (10, 1)
    assert [d.name for d in whole.drivers if d.dimension == "location"] == ["Hafen"]
    assert whole.quotes[0].n_similar == 9
    assert con.execute("select count(*) from duckdb_tables() where table_name = 'review_facts'").fetchone() == (0,)


def test_what_is_over_or_a_fault_of_data_stays_as_it_is(con: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    settled = [replace(INCIDENT, state="resolved"), replace(INCIDENT, kind="data")]
    # Judging all reviews takes minutes on millions: not for nothing.
    monkeypatch.delattr(facts, "materialised")
    assert explaining.explained(con, settled, "m1") == settled
