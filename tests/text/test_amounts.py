"""Amounts of money in texts: the forms people write, and what is none."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.amounts import find_amounts
from pipeline.text.mask import mask

FORMS = [
    ("49,90 €", "49.90", "EUR"),
    ("49,90€", "49.90", "EUR"),
    ("€49.90", "49.90", "EUR"),
    ("$1,299.00", "1299.00", "USD"),
    ("$1,299", "1299", "USD"),
    ("1.299 EUR", "1299", "EUR"),
    ("1.299,00 €", "1299.00", "EUR"),
    ("EUR 1.299,--", "1299", "EUR"),
    ("EUR49", "49", "EUR"),
    ("12,- €", "12", "EUR"),
    ("CHF 12.-", "12", "CHF"),
    ("CHF 12.\N{EN DASH}", "12", "CHF"),
    ("CHF 1'250.50", "1250.50", "CHF"),
    ("12 Franken", "12", "CHF"),
    ("£5.99", "5.99", "GBP"),
    ("20 quid", "20", "GBP"),
    ("R$ 20,00", "20.00", "BRL"),
    ("US$ 5", "5", "USD"),
    ("A$30", "30", "AUD"),
    ("100 SEK", "100", "SEK"),
    ("1 299,00 €", "1299.00", "EUR"),
    ("1\N{NO-BREAK SPACE}299,00\N{NO-BREAK SPACE}€", "1299.00", "EUR"),
    ("1\N{NARROW NO-BREAK SPACE}299 €", "1299", "EUR"),
    ("1.234.567,89 €", "1234567.89", "EUR"),
    ("1,234,567.89 USD", "1234567.89", "USD"),
    ("$12k", "12000", "USD"),
    ("12,5k €", "12500", "EUR"),
    ("2,5 Mio. Euro", "2500000", "EUR"),
    ("50 Euro", "50", "EUR"),
    ("50 EURO", "50", "EUR"),
    ("50-60 €", "60", "EUR"),
    ("20€-Gutschein", "20", "EUR"),
    ("€ 5 EUR", "5", "EUR"),
    ("0.999 €", "0.999", "EUR"),
]


@pytest.mark.parametrize(("written", "value", "currency"), FORMS, ids=[form[0] for form in FORMS])
def test_written_form_is_read(written: str, value: str, currency: str) -> None:
    for text in (written, f"Es waren {written}.", f"({written}), leider", f"Am 12.05.2024 {written} bezahlt!"):
        (found,) = find_amounts(text)
        assert (found.value, found.currency) == (Decimal(value), currency)
        assert text[found.start : found.end] in written


@pytest.mark.parametrize(
    "text",
    [
        "fifty euros",
        "12k",
        "Euro 2024",
        "Euro 6",
        "5 stars",
        "100 %",
        "1e5 €",
        "I lost 20 pounds",
        "12 pounds of rice",
        "it weighs 7 pounds",
        "2 Pfund Mehl",
        "100 kr",
        "iPhone 13",
        "PLN",
        "€",
        "$$$",
        "10 eurovision songs",
        "",
    ],
)
def test_what_is_no_amount(text: str) -> None:
    assert find_amounts(text) == []


def test_amounts_come_in_order() -> None:
    found = find_amounts("Erst 5 €, dann $6 und am Ende 7,50 CHF.")
    assert [(str(amount.value), amount.currency) for amount in found] == [("5", "EUR"), ("6", "USD"), ("7.50", "CHF")]


@given(st.text(max_size=300))
def test_any_text_is_read_and_spans_hold_digits(text: str) -> None:
    end = 0
    for amount in find_amounts(text):
        assert end <= amount.start < amount.end <= len(text)
        assert any(sign.isdigit() for sign in text[amount.start : amount.end])
        assert amount.value >= 0
        end = amount.end


@given(st.text(alphabet="0123456789.,'-k€$£ EURCHF\N{NO-BREAK SPACE}", max_size=60))
def test_heaps_of_digits_and_signs_do_no_harm(text: str) -> None:
    for amount in find_amounts(text):
        assert len(amount.currency) == 3
        assert amount.currency.isupper()


CENTS = st.integers(1, 99_999_999).map(lambda cents: Decimal(cents) / 100)


@given(CENTS)
def test_what_is_printed_is_read_back(value: Decimal) -> None:
    english = f"{value:,.2f}"
    german = english.translate(str.maketrans(",.", ".,"))
    french = english.replace(",", "\N{NARROW NO-BREAK SPACE}").replace(".", ",")
    swiss = english.replace(",", "'")
    for written, currency in (
        (f"${english}", "USD"),
        (f"{german} €", "EUR"),
        (f"{french} €", "EUR"),
        (f"CHF {swiss}", "CHF"),
    ):
        assert [(found.value, found.currency) for found in find_amounts(f"Es kostet {written}!")] == [(value, currency)]


@given(CENTS)
def test_masking_leaves_amounts_in_place(value: Decimal) -> None:
    english = f"{value:,.2f}"
    german = english.translate(str.maketrans(",.", ".,"))
    for written in (f"${english}", f"{german} €", f"EUR {german}", f"{german.replace('.', ' ')} €"):
        text = f"Rechnung über {written}, Kundennummer 12345678."
        assert find_amounts(mask(text)) == find_amounts(text.replace("12345678", "[number]"))
