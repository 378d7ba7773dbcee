"""Payloads of every source, bent and broken: a parser gives reviews or one clear line, and never crashes."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path
from typing import Any

import pytest

from pipeline import sources
from pipeline.errors import BadInput
from pipeline.sources.source import CountsReviews
from pipeline.text import prepare
from tests.sources.conftest import NOW, page_of

_FIXTURES = Path(__file__).parent / "fixtures"
CASES = sorted(path for path in _FIXTURES.glob("*/*.*") if not path.name.endswith(".expected.json"))
ROUNDS = 40
MANY = 10_000
SLOW_S = 5.0
JUNK: tuple[Any, ...] = (
    None,
    True,
    -1,
    10**30,
    1e308,
    "",
    "x",
    "\ud800",
    "5/0",
    [],
    {},
    [[]],
    {"id": []},
    "2026-99-99T99:99:99Z",
)


def _bent(value: Any, chance: random.Random) -> Any:
    """The value with one place somewhere in it replaced, dropped or doubled."""
    if isinstance(value, dict) and value and chance.random() < 0.9:
        key = chance.choice(list(value))
        return {name: _bent(each, chance) if name == key else each for name, each in value.items()}
    if isinstance(value, list) and value and chance.random() < 0.9:
        at = chance.randrange(len(value))
        return [*value[:at], _bent(value[at], chance), *value[at + chance.randint(0, 1) :]]
    return chance.choice(JUNK)


def _broken(body: bytes, chance: random.Random) -> bytes:
    way = chance.randrange(3)
    try:
        if way == 0:
            return json.dumps(_bent(json.loads(body), chance)).encode()
    except ValueError:
        pass
    at = chance.randrange(len(body) + 1)
    if way == 1:
        return body[:at]
    return body[:at] + bytes(chance.randrange(256) for _ in range(chance.randint(1, 8))) + body[at + 4 :]


def _hold_to(path: Path, rounds: int) -> None:
    """Break a payload so often; each time its reviews can be keyed, or one line says what is wrong, and quickly."""
    source = sources.get(path.parent.name)
    body = path.read_bytes()
    chance = random.Random(f"{path.name} {rounds}")  # noqa: S311 - a repeatable choice, no secret
    for _ in range(rounds):
        page = page_of(path.parent.name, _broken(body, chance))
        started = time.monotonic()
        try:
            reviews = source.parse(page)
            total = source.total(page) if isinstance(source, CountsReviews) else None
        except BadInput:
            continue
        assert total is None or isinstance(total, int)
        for review in reviews:
            for value in (review.source_review_id, review.title, review.text, review.author, review.url):
                assert value is None or isinstance(value, str)
        ready = prepare.prepare(
            reviews, seen_at=NOW, secret=b"s", run_id="r", raw_ref=None, is_imported=False, entity="N", location=None
        )
        assert all(len(review.review_key) == 32 for review in ready.reviews)
        assert len(ready.reviews) + len(ready.rejected) == len(reviews)
        assert time.monotonic() - started < SLOW_S


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_broken_payload_gives_reviews_with_keys_or_one_line(path: Path) -> None:
    _hold_to(path, ROUNDS)


@pytest.mark.scale
@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_ten_thousand_broken_payloads_do(path: Path) -> None:
    _hold_to(path, MANY // len(CASES) + 1)
