"""The shipped model: what it says, and that company does not change it."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from pipeline.errors import BadInput, ModelError
from pipeline.review import Score
from pipeline.scoring import engine as engine_module
from pipeline.scoring.engine import Engine, Text
from pipeline.scoring.table import score_rows

MODEL = Path(__file__).resolve().parents[2] / "models" / "sentiment"
TEXTS = {
    "bad": "Nie wieder. Der Kundenservice war unfreundlich und niemand hat geholfen.",
    "good": "Wonderful staff, quick delivery, I am very happy with everything.",
    "long": "The room was dirty and nobody cared about it at all. " * 60,
    "french": "Très déçu, le colis est arrivé cassé et personne ne répond.",
}
LANGUAGES = {"bad": "de", "good": "en", "long": "en", "french": "fr"}
ITEMS = [Text(name, text, LANGUAGES[name]) for name, text in TEXTS.items()]


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine.load(MODEL, threads=1)


def test_plain_opinions_get_their_label(engine: Engine) -> None:
    labels = {score.text_hash: score.label for score in engine.score(ITEMS)}
    assert labels == {"bad": "negative", "good": "positive", "long": "negative", "french": "negative"}


def test_score_does_not_depend_on_batch_order_or_threads(engine: Engine) -> None:
    alone = {item.text_hash: next(iter(engine.score([item]))).stars for item in ITEMS}
    filler = [Text(f"f{n}", f"{text} Nummer {n}", "de") for n in range(4) for text in TEXTS.values()]
    for other in (engine, Engine.load(MODEL, threads=2)):
        mixed = {score.text_hash: score.stars for score in other.score([*filler, *reversed(ITEMS)])}
        for name, stars in alone.items():
            assert mixed[name] == pytest.approx(stars, abs=1e-4)


@pytest.mark.parametrize(
    ("text", "language", "reason"),
    [
        ("", None, "empty"),
        ("!!! 10/10", None, "unreadable"),
        ("Очень плохо", "ru", "language:ru"),
        ("Очень плохо", None, "language:unknown"),
    ],
)
def test_abstains_with_a_reason(engine: Engine, text: str, language: str | None, reason: str) -> None:
    (score,) = engine.score([Text("x", text, language)])
    assert (score.abstained, score.label, score.stars) == (reason, None, None)


def test_repeats_get_the_same_score(engine: Engine) -> None:
    first, _, again = engine.score([ITEMS[0], ITEMS[1], ITEMS[0]])
    assert first == again


def test_chunks_read_ahead_come_in_order(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = list(engine.score(ITEMS))
    monkeypatch.setattr(engine_module, "CHUNK", 3)
    done: list[int] = []
    assert list(engine.score(iter(ITEMS), progress=done.append)) == whole
    assert done == [3, 4]


def test_a_reader_that_stops_early_leaves_nothing_running(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "CHUNK", 1)
    scores = engine.score(ITEMS)
    first = next(scores)
    scores.close()
    assert first == next(iter(engine.score(ITEMS[:1])))


def test_table_keeps_rows_and_order(engine: Engine) -> None:
    rows = [{"id": 1, "text": TEXTS["bad"]}, {"id": 2, "text": None}, {"id": 3, "text": TEXTS["bad"]}]
    scored = list(score_rows(engine, [rows], "text"))
    assert [row["id"] for row in scored] == [1, 2, 3]
    assert [row["lm_abstained"] for row in scored] == [None, "empty", None]
    assert scored[0]["lm_label"] == scored[2]["lm_label"] == "negative"


def test_a_text_that_repeats_in_a_later_batch_is_scored_once(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    score = engine.score

    def counted(items: Iterable[Text]) -> Iterator[Score]:
        known = list(items)
        asked.extend(item.text for item in known)
        return score(known)

    monkeypatch.setattr(engine, "score", counted)
    batches = [[{"text": text} for text in texts] for texts in (["Gut.", TEXTS["bad"]], ["Nie wieder.", "Gut."])]
    scored = list(score_rows(engine, batches, "text"))
    assert sorted(asked) == sorted(["Gut.", TEXTS["bad"], "Nie wieder."])
    assert scored[0] == scored[3]


def test_missing_column_is_named(engine: Engine) -> None:
    with pytest.raises(BadInput, match="body"):
        list(score_rows(engine, [[{"text": "x"}]], "body"))


def test_damaged_model_is_refused(tmp_path: Path) -> None:
    for name in ("config.json", "leumund.json"):
        shutil.copy(MODEL / name, tmp_path)
    (tmp_path / "model.onnx").write_bytes(b"cut")
    with pytest.raises(ModelError, match=r"model\.onnx"):
        Engine.load(tmp_path)


def test_model_fits_its_budget() -> None:
    served = [
        path for path in MODEL.rglob("*") if path.is_file() and path.parent.name not in ("own", "evaluation", "labels")
    ]
    assert sum(path.stat().st_size for path in served) <= 45_000_000
