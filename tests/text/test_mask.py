"""Masking: planted personal data never survives, and what a review is about does."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.mask import mask

PERSONAL = [
    ("jane.doe@mail.example", "[e-mail]"),
    ("jürgen.müller+x@post.example", "[e-mail]"),
    ("jane (at) doe dot com", "[e-mail]"),
    ("jane[at]doe.com", "[e-mail]"),
    ("jane at doe dot com", "[e-mail]"),
    ("max (ät) firma punkt de", "[e-mail]"),
    ("DE89 3704 0044 0532 0130 00", "[iban]"),
    ("DE89370400440532013000", "[iban]"),
    ("GB29-NWBK-6016-1331-9268-19", "[iban]"),
    ("4111 1111 1111 1111", "[card]"),
    ("5500-0000-0000-0004", "[card]"),
    ("040/123 456-78", "[phone]"),
    ("+49 40 12345678", "[phone]"),
    ("0049 (0)40 123 456 78", "[phone]"),
    ("0151 23456789", "[phone]"),
    ("+44 20 7946 0958", "[phone]"),
    ("(212) 555-0123", "[phone]"),
    ("212-555-0123", "[phone]"),
    ("01 42 68 53 00", "[phone]"),
    ("@jane_doe", "[handle]"),
    ("Bestellnummer 12345678", "Bestellnummer [number]"),
    ("order #A-1234567", "order #[number]"),
    ("Kundennr. 998877", "Kundennr. [number]"),
    ("Ticket: 4711-0815", "Ticket: [number]"),
]
HARMLESS = [
    "49,90 €", "1.299,00 EUR", "$1,299.00", "1234567890 yen", "in 2024", "2023-2024", "05.03.2024", "2024-03-05",
    "24/7", "5/5", "10/10", "14:30", "3 x 500 g", "100%", "4.5 of 5", "Windows 11", "Galaxy S24", "08/15", "B2B",
    "room 1204", "20.000 km", "1,000,000 times", "0.5 l", "at home", "in order", "order now", "case by case", "C++",
    "iPhone 15 Pro Max", "a@", "from 9 to 17", "We arrived at noon. Food was cold", "bought at amazon.de", "at 5 dots",
]  # fmt: skip


@pytest.mark.parametrize("frame", ["{}", "Call {} now.", "({})", "Ruf an: {}, danke!", "{}\nbye", "schlecht — {}"])
@pytest.mark.parametrize(("planted", "placeholder"), PERSONAL)
def test_personal_data_is_replaced(frame: str, planted: str, placeholder: str) -> None:
    assert mask(frame.format(planted)) == frame.format(placeholder)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Call 0151 23456789 2024 was bad", "Call [phone] 2024 was bad"),
        ("@a@b@c", "[handle]"),
        ("0151 23456789 0151 23456780", "[phone] [phone]"),
        ("jane@mail.example, 040/123 456-78", "[e-mail], [phone]"),
    ],
)
def test_numbers_side_by_side_are_all_found(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize("text", HARMLESS)
def test_prices_years_and_quantities_stay(text: str) -> None:
    assert mask(text) == text
    sentence = f"It was {text}, really."
    assert mask(sentence) == sentence


_MIXED = st.lists(
    st.sampled_from([each for each, _ in PERSONAL] + HARMLESS) | st.text(max_size=8), max_size=6
).map(" ".join)  # fmt: skip


@given(_MIXED)
def test_masking_again_changes_nothing(text: str) -> None:
    assert mask(mask(text)) == mask(text)


@given(st.text(alphabet="0123456789 +-/().,@aDE", max_size=60))
def test_digits_and_signs_never_crash_it(text: str) -> None:
    assert mask(mask(text)) == mask(text)


@pytest.mark.parametrize("piece", ["1", "1 ", "0/", "+", "@", "a@", "a.", "DE89", "order ", "(at)", "DE89 1 ", "0 ("])
def test_hostile_input_takes_time_in_proportion_to_its_length(piece: str) -> None:
    def seconds(length: int) -> float:
        text = piece * (length // len(piece))
        tries = []
        for _ in range(2):
            started = time.perf_counter()
            mask(text)
            tries.append(time.perf_counter() - started)
        return min(tries)

    assert seconds(80_000) < 30 * max(seconds(10_000), 0.005)
