"""The billing lens on invented sentences: exact kinds of trouble, exact amounts."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from pipeline.review import BillingMention
from pipeline.scoring.billing import find_billing, read_billing

HERE = Path(__file__).resolve().parent
CUES = read_billing(HERE.parents[1] / "models" / "sentiment" / "billing.toml")
KINDS = {"wrong_amount", "double_charge", "refund", "hidden_fee", "cancellation", "dunning", "payment_method"}
LINES = (HERE / "fixtures" / "billing.jsonl").read_text(encoding="utf-8").splitlines()
ROWS = [json.loads(line) for line in LINES]


def test_kinds_are_those_of_the_product_in_every_language() -> None:
    assert set(CUES) == {"de", "en", "es", "fr", "it", "nl", "pt"}
    for cues in CUES.values():
        assert {cue.group for cue in cues} == KINDS


def test_sentences_have_exactly_their_kinds_and_amounts() -> None:
    assert sum(row["language"] in ("de", "en") for row in ROWS) >= 40
    wrong = []
    for row in ROWS:
        found = find_billing(row["text"], row["language"], CUES)
        kinds = sorted(mention.subtype for mention in found if mention.subtype)
        amounts = {(mention.amount, mention.currency) for mention in found if mention.amount is not None}
        expected = {(Decimal(row["amount"]), row["currency"])} if row["amount"] else set()
        if (kinds, amounts) != (row["kinds"], expected):
            wrong.append((row["text"], kinds, amounts))
    assert wrong == []


def test_each_kind_takes_the_amount_of_its_own_sentence() -> None:
    text = "They charged me $30 twice. The late fee of $5.50 came on top. My card was declined as well."
    assert find_billing(text, "en", CUES) == (
        BillingMention("double_charge", Decimal(30), "USD"),
        BillingMention("dunning", Decimal("5.50"), "USD"),
        BillingMention("hidden_fee", Decimal("5.50"), "USD"),
        BillingMention("payment_method", None, None),
    )


def test_an_only_amount_is_meant_wherever_it_stands() -> None:
    assert find_billing("Ich warte auf meine Erstattung. Es geht um 80 €.", "de", CUES) == (
        BillingMention("refund", Decimal(80), "EUR"),
    )


def test_amounts_without_trouble_stand_alone_the_largest_of_each_currency() -> None:
    assert find_billing("Bought for $20, sold for $50 or 40 €.", "en", CUES) == (
        BillingMention(None, Decimal(40), "EUR"),
        BillingMention(None, Decimal(50), "USD"),
    )


def test_unknown_language_is_read_by_all_cues() -> None:
    assert [mention.subtype for mention in find_billing("Refund!", None, CUES)] == ["refund"]


@given(st.text(max_size=300), st.sampled_from([*sorted(CUES), "xx", None]))
def test_any_text_names_each_kind_once(text: str, language: str | None) -> None:
    found = find_billing(text, language, CUES)
    assert len({(mention.subtype, mention.currency if mention.subtype is None else None) for mention in found}) == len(
        found
    )
    assert all((mention.amount is None) == (mention.currency is None) for mention in found)
