"""What a model learns from survives the way to another machine."""

from __future__ import annotations

import math
import random
from pathlib import Path
from types import ModuleType

import pytest

NAMES = ["service.waiting", "service"]


@pytest.fixture
def sample() -> ModuleType:
    import sample

    return sample


def test_samples_come_back_as_they_were_written(tmp_path: Path, sample: ModuleType) -> None:
    spans = (sample.Span(1, 3, [1.0, 1.0], [-1.0, -1.0]), sample.Span(3, 5, [0.0, 1.0], [0.0, 0.5]))
    written = [
        sample.Sample([0, 7, 80_000, 2], 1.5, (), "imdb"),
        sample.Sample([0, 5, 6, 7, 8, 2], None, spans, "joined"),
        sample.Sample([0, 9, 2], 5.0, (sample.Span(1, 2, [0.0, 0.0], [0.0, 0.0]),), "own"),
    ]
    sample.write_samples(tmp_path / "samples", written, NAMES)
    assert sample.read_samples(tmp_path / "samples") == (written, NAMES)


def test_what_is_not_known_stays_unknown(tmp_path: Path, sample: ModuleType) -> None:
    span = sample.Span(1, 2, [math.nan, 1.0], [math.nan, math.nan])
    sample.write_samples(tmp_path / "samples", [sample.Sample([0, 4, 2], None, (span,))], NAMES)
    (found,), _ = sample.read_samples(tmp_path / "samples")
    assert found.stars is None
    assert [math.isnan(value) for value in found.spans[0].present] == [True, False]


def test_batches_hold_every_sample_once_within_the_budget(sample: ModuleType) -> None:
    chance = random.Random(5)  # noqa: S311
    samples = [sample.Sample(list(range(chance.randint(3, 60))), float(at)) for at in range(200)]
    made = sample.batches(samples, 128, random.Random(1))  # noqa: S311
    assert sorted(item.stars for batch in made for item in batch) == [float(at) for at in range(200)]
    assert all(len(batch) * max(len(item.tokens) for item in batch) <= 128 for batch in made if len(batch) > 1)
    assert made == sample.batches(samples, 128, random.Random(1))  # noqa: S311
