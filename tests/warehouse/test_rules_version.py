"""What rules find carries their version: new rules reach old texts, the model's figures stay; the queue follows."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from pipeline.review import BillingMention
from pipeline.warehouse import facts, load, migrate, models, privacy, publish, read
from pipeline.warehouse.connection import Connection
from tests.warehouse.samples import SQL_DIR, at, load_reviews, review, rows, score

SIXTY = Path(__file__).resolve().parents[1] / "scoring" / "fixtures" / "escalation" / "sixty.jsonl"
REFUND = BillingMention("refund", Decimal("49.90"), "EUR")


@pytest.fixture
def warehouse(con: Connection) -> Connection:
    migrate.migrate(con, SQL_DIR)
    models.make_current(con, "m1", at("2026-01-01"))
    return con


def test_new_rules_read_old_texts_and_leave_the_model_alone(warehouse: Connection, tmp_path: Path) -> None:
    load_reviews(warehouse, tmp_path, [review(review_key="r1"), review(review_key="r2", text="Oh.", text_hash="t2")])
    old = replace(score("t1", "negative"), escalation=("CHURN",), rules_version="v1")
    load.load_scores(warehouse, [old, replace(score("t2", "positive"), rules_version="v2")])
    (outdated,) = read.outdated_texts(warehouse, "m1", "v2")
    assert (outdated.text_hash, outdated.label, outdated.p_neg) == ("t1", "negative", 0.9)
    fresh = replace(old, p_neg=0.1, label="neutral", escalation=("MONEY",), billing=(REFUND,), rules_version="v2")
    assert load.refresh_rules(warehouse, [fresh]) == 1
    assert rows(
        warehouse,
        "select label, p_neg, escalation, billing[1].amount, rules_version from core.scores where text_hash = 't1'",
    ) == [("negative", 0.9, ["MONEY"], Decimal("49.90"), "v2")]
    assert list(read.outdated_texts(warehouse, "m1", "v2")) == []
    assert load.refresh_rules(warehouse, []) == 0


def test_scores_from_before_the_rules_had_a_version_are_outdated(warehouse: Connection, tmp_path: Path) -> None:
    load_reviews(warehouse, tmp_path, [review()])
    load.load_scores(warehouse, [score("t1", "negative")])
    assert [text.text_hash for text in read.outdated_texts(warehouse, "m1", "v1")] == ["t1"]


def test_erased_and_unscored_texts_are_not_read_again(warehouse: Connection, tmp_path: Path) -> None:
    load_reviews(warehouse, tmp_path, [review(), review(review_key="r2", text="読めない", text_hash="t2")])
    found = replace(score("t1", "negative"), escalation=("LEGAL",), billing=(REFUND,), rules_version="v1")
    load.load_scores(warehouse, [found, score("t2", None)])
    privacy.erase(warehouse, review_key="r1")
    assert list(read.outdated_texts(warehouse, "m1", "v2")) == []
    publish.build_marts(warehouse, SQL_DIR)
    assert rows(warehouse, "select * from mart.v_escalation_queue") == []
    assert rows(warehouse, "select subtype, amount from mart.v_billing") == [("refund", Decimal("49.90"))]


def test_queue_holds_every_flagged_review_with_its_reasons(warehouse: Connection, tmp_path: Path) -> None:
    cases = [json.loads(line) for line in SIXTY.read_text(encoding="utf-8").splitlines()]
    load_reviews(
        warehouse,
        tmp_path,
        [
            review(review_key=f"r{n:02}", text=case["text"], text_hash=f"t{n:02}", rating_stars=None, rating_value=None)
            for n, case in enumerate(cases)
        ],
    )
    load.load_scores(
        warehouse,
        [replace(score(f"t{n:02}", "neutral"), escalation=tuple(case["codes"])) for n, case in enumerate(cases)],
    )
    publish.build_marts(warehouse, SQL_DIR)
    assert [result for result in publish.run_checks(warehouse, SQL_DIR) if result.row_count] == []
    queued = rows(warehouse, "select review_key, priority, reasons from mart.v_escalation_queue order by review_key")
    expected = [(f"r{n:02}", case["codes"]) for n, case in enumerate(cases) if case["codes"]]
    assert [(key, reasons) for key, _, reasons in queued] == expected
    grave = {"SAFETY", "LEGAL", "DISCRIM", "PRIVACY"}
    assert all((level == "P1") == bool(grave & set(reasons)) for _, level, reasons in queued)


def test_queue_is_as_it_was_known_then(warehouse: Connection, tmp_path: Path) -> None:
    load_reviews(warehouse, tmp_path, [review(review_key="r1", text_hash="t1")])
    load.load_scores(warehouse, [replace(score("t1", "negative"), escalation=("MANAGER",))])
    sql = (SQL_DIR / "marts" / "v_escalation_queue.sql").read_text(encoding="utf-8")
    states = []
    for moment in ("2026-01-02T07:00", "2026-01-04T07:00", "2026-03-04T07:00"):
        with facts.materialised(warehouse, at(moment)):
            states += [state for (state,) in warehouse.execute(f"select state from ({sql})").fetchall()]  # noqa: S608
    assert states == ["open", "overdue", "expired"]
