"""Packing a small random encoder: int8 near fp32, a text alone as in company, and layers that keep their bytes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

HIDDEN, INNER, PIECES, LAYERS, THEMES = 64, 128, 40, 3, 2
CONFIG = {
    "hidden_size": HIDDEN,
    "num_attention_heads": 2,
    "num_hidden_layers": LAYERS,
    "layer_norm_eps": 1e-12,
    "themes": ["service", "price"],
    "theme_layer": 2,
}


def checkpoint(seed: int = 5) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)

    def dense(name: str, rows: int, columns: int) -> dict[str, np.ndarray]:
        weight = rng.standard_normal((rows, columns)).astype(np.float32) / np.sqrt(columns)
        return {f"{name}.weight": weight, f"{name}.bias": rng.standard_normal(rows).astype(np.float32) / 10}

    def norm(name: str) -> dict[str, np.ndarray]:
        weight = 1 + rng.standard_normal(HIDDEN).astype(np.float32) / 10
        return {f"{name}.weight": weight, f"{name}.bias": np.zeros(HIDDEN, dtype=np.float32)}

    words = "bert.embeddings.word_embeddings.weight"
    found = {
        f"{words}.q4": rng.integers(0, 256, (PIECES, HIDDEN // 32, 16), dtype=np.uint8),
        f"{words}.d": rng.random((PIECES, HIDDEN // 32)).astype(np.float16) / 8,
        "bert.embeddings.position_embeddings.weight": rng.standard_normal((32, HIDDEN)).astype(np.float32),
        "bert.embeddings.token_type_embeddings.weight": rng.standard_normal((2, HIDDEN)).astype(np.float32),
        **norm("bert.embeddings.LayerNorm"),
        **dense("bert.pooler.dense", HIDDEN, HIDDEN),
        **dense("classifier", 5, HIDDEN),
        **dense("themes.0", 32, HIDDEN),
        **dense("themes.3", 3 * THEMES, 32),
    }
    for layer in range(LAYERS):
        at = f"bert.encoder.layer.{layer}"
        for part in ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"):
            found |= dense(f"{at}.{part}", HIDDEN, HIDDEN)
        found |= dense(f"{at}.intermediate.dense", INNER, HIDDEN) | dense(f"{at}.output.dense", HIDDEN, INNER)
        found |= norm(f"{at}.attention.output.LayerNorm") | norm(f"{at}.output.LayerNorm")
    return found


def inputs() -> Iterator[tuple[Any, Any]]:
    rng = np.random.default_rng(9)
    for length in (8, 16, 24):
        yield rng.integers(3, PIECES, (4, length)), np.ones((4, length), dtype=np.int32)


def session(model: onnx.ModelProto) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def packed(found: dict[str, np.ndarray], **held: Any) -> onnx.ModelProto:
    from export import measure_ranges
    from graph import Int8Graph, Weights

    weights = Weights(found)
    return Int8Graph(weights, CONFIG, measure_ranges(weights, CONFIG, inputs()), **held).model()


def test_int8_reads_nearly_as_fp32() -> None:
    from graph import Graph, Weights

    found = checkpoint()
    whole, small = session(Graph(Weights(found), CONFIG).model()), session(packed(found))
    for ids, mask in inputs():
        wanted, got = (each.run(None, {"input_ids": ids, "mask": mask}) for each in (whole, small))
        # A quarter of what tells these random texts apart; a layer that goes wrong moves the stars by .1.
        assert np.abs(wanted[0] - got[0]).max() < 0.006
        assert np.abs(wanted[1] - got[1]).mean() < 0.02


def test_neighbours_and_padding_change_nothing() -> None:
    small = session(packed(checkpoint()))
    ids, mask = next(inputs())
    padded = np.pad(ids, ((0, 0), (0, 12)), constant_values=1)
    together = small.run(None, {"input_ids": padded, "mask": np.pad(mask, ((0, 0), (0, 12)))})
    for row in range(len(ids)):
        alone = small.run(None, {"input_ids": ids[row : row + 1], "mask": mask[row : row + 1]})
        assert np.abs(alone[0][0] - together[0][row]).max() < 1e-6
        assert np.abs(alone[1][0] - together[1][row, : ids.shape[1]]).max() < 1e-5


def test_layers_that_did_not_learn_keep_their_bytes(tmp_path: Path) -> None:
    from export import held_constants
    from graph import Weights

    before = checkpoint()
    onnx.save(packed(before), tmp_path / "model.onnx")
    after = checkpoint() | {name: value for name, value in checkpoint(6).items() if ".layer.2." in name}
    after["bert.embeddings.position_embeddings.weight"] = before["bert.embeddings.position_embeddings.weight"] * 1.2
    held = held_constants(tmp_path / "model.onnx", 2, Weights(after))

    def constants(model: onnx.ModelProto) -> dict[str, bytes]:
        return {item.name: item.raw_data for item in model.graph.initializer}

    first, free, kept = constants(packed(before)), constants(packed(after)), constants(packed(after, held=held))
    assert first["l0.qkv.scale"] != free["l0.qkv.scale"]
    assert all(first[name] == kept[name] for name in first if name.startswith(("l0.", "l1.")))
    assert first["l2.wide.matrix"] != kept["l2.wide.matrix"] == free["l2.wide.matrix"]


def test_a_layer_that_learnt_cannot_be_held(tmp_path: Path) -> None:
    from export import held_constants
    from graph import Weights

    onnx.save(packed(checkpoint()), tmp_path / "model.onnx")
    with pytest.raises(SystemExit, match="layer 0 has learnt since"):
        held_constants(tmp_path / "model.onnx", 1, Weights(checkpoint(6)))
