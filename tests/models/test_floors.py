"""The shipped model holds its floors: on its own sentences always, on corpus samples where the corpus lies."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

from pipeline.scoring.engine import Engine

REPOSITORY = Path(__file__).resolve().parents[2]
MODEL = REPOSITORY / "models" / "sentiment"
CORPUS = REPOSITORY.parent / "shared" / "corpus"
FLOORS = json.loads((MODEL / "floors.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def evaluate() -> ModuleType:
    sys.path.insert(0, str(MODEL))  # the recipe's files import one another as scripts do
    spec = importlib.util.spec_from_file_location("sentiment_evaluate", MODEL / "evaluate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine.load(MODEL)


@pytest.mark.model
def test_shipped_sentences_hold_the_floors(evaluate: ModuleType, engine: Engine) -> None:
    results = [evaluate.measure(engine, name, examples) for name, examples in evaluate.own_sets()]
    results += [evaluate.measure_themes(engine, name, items) for name, items in evaluate.themed_sets(None)]
    assert {result.name for result in results} <= set(FLOORS)
    assert not [line for result in results for line in evaluate.missed_floors(result, FLOORS)]


@pytest.mark.model
@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus does not lie beside the repository")
def test_corpus_samples_hold_the_floors(evaluate: ModuleType, engine: Engine) -> None:
    held = [
        evaluate.missed_floors(evaluate.measure(engine, name, examples), FLOORS)
        for name, examples in evaluate.corpus_sets(CORPUS, 400)
        if name in FLOORS
    ]
    held += [
        evaluate.missed_floors(evaluate.measure_themes(engine, name, items), FLOORS)
        for name, items in evaluate.themed_sets(CORPUS)
        if name.startswith("themes_real")
    ]
    assert held
    assert not [line for lines in held for line in lines]


def test_interval_of_a_share(evaluate: ModuleType) -> None:
    low, high = evaluate.Share(9, 10).interval
    assert (round(low, 3), round(high, 3)) == (0.596, 0.982)
