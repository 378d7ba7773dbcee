"""Packs a fine-tuned BERT classifier into the one ONNX file that ships.

    python models/sentiment/export.py CHECKPOINT models/sentiment

`CHECKPOINT` is a folder with `config.json` and `model.q4e8.safetensors`: word embeddings as 4-bit codes in blocks of
32 with fp16 scales, other matrices as int8 with an fp16 scale a row, the rest fp16. The graph keeps these codes:

- `GatherBlockQuantized` reads the embeddings, so 80,000 x 384 values take 17 MB on disk and in memory;
- the int8 matrices become fp32 when the session starts, and activations are never quantised. Measured: int8 products
  with a scale per token (`MatMulNBits`, level 4) moved scores by 0.012 with the make-up of the batch, probably because
  a last-bit difference flips a rounding; fp32 products keep a text's score where it is.

Needs onnx and safetensors; no torch. Operators: https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load_file

OPSET, CONTRIB = 21, "com.microsoft"
EMBEDDING_BLOCK = 32
Array = NDArray[Any]


class Graph:
    """Collects nodes and weights, naming what flows between them."""

    def __init__(self, weights: dict[str, Array], heads: int, epsilon: float) -> None:
        self.weights = weights
        self.heads = heads
        self.epsilon = epsilon
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []

    def add(self, operator: str, inputs: list[str], name: str, domain: str = "", **attributes: Any) -> str:
        """Add a node with one output and return the output's name."""
        self.nodes.append(helper.make_node(operator, inputs, [name], name=f"{name}_node", domain=domain, **attributes))
        return name

    def constant(self, name: str, value: Array) -> str:
        """Add a weight and return its name."""
        self.initializers.append(numpy_helper.from_array(np.asarray(value, order="C"), name))
        return name

    def vector(self, name: str) -> str:
        """A bias or normalisation weight, as fp32."""
        return self.constant(name, self.weights[name].astype(np.float32))

    def matmul(self, source: str, names: list[str], out: str) -> str:
        """`source` times one or more int8 matrices side by side, without bias."""
        codes = np.concatenate([self.weights[f"{name}.weight.q"] for name in names])
        scales = np.concatenate([self.weights[f"{name}.weight.s"] for name in names]).astype(np.float32)
        stored = self.constant(f"{out}.codes", codes.T)
        plain = self.add("Cast", [stored], f"{out}.plain", to=TensorProto.FLOAT)
        # Folded to fp32 when the session starts: the file stays small, the product does not round activations.
        matrix = self.add("Mul", [plain, self.constant(f"{out}.scales", scales)], f"{out}.matrix")
        return self.add("MatMul", [source, matrix], out)

    def embeddings(self) -> str:
        """Word, position and (only) token type embeddings, normalised."""
        at = "bert.embeddings"
        quarters = self.weights[f"{at}.word_embeddings.weight.q4"]
        # The low halves hold a block's first 16 values, the high halves its last 16; ONNX packs neighbours together.
        values = np.concatenate([quarters & 15, quarters >> 4], axis=-1).astype(np.int8) - 8
        values = values.reshape(values.shape[0], -1)
        packed = (values[:, 0::2] & 15).astype(np.uint8) | ((values[:, 1::2] & 15).astype(np.uint8) << 4)
        self.initializers.append(
            helper.make_tensor("word.codes", TensorProto.INT4, values.shape, packed.tobytes(), raw=True)
        )
        scales = self.constant("word.scales", self.weights[f"{at}.word_embeddings.weight.d"])
        word = self.add(
            "GatherBlockQuantized",
            ["word.codes", "input_ids", scales],
            "word16",
            CONTRIB,
            gather_axis=0,
            quantize_axis=1,
            block_size=EMBEDDING_BLOCK,
        )
        word = self.add("Cast", [word], "word", to=TensorProto.FLOAT)
        position = _dense(self.weights, f"{at}.position_embeddings.weight")
        position = position + _dense(self.weights, f"{at}.token_type_embeddings.weight")[0]
        shape = self.add("Shape", ["input_ids"], "length", start=1, end=2)
        zero = self.constant("zero", np.array([0], dtype=np.int64))
        table = self.constant("position.table", position.astype(np.float32))
        places = self.add("Slice", [table, zero, shape, zero], "places")
        total = self.add("Add", [word, places], "embedded")
        return self.add(
            "LayerNormalization",
            [total, self.vector(f"{at}.LayerNorm.weight"), self.vector(f"{at}.LayerNorm.bias")],
            "hidden",
            axis=-1,
            epsilon=self.epsilon,
        )

    def layer(self, number: int, hidden: str) -> str:
        """One encoder layer."""
        at, out = f"bert.encoder.layer.{number}", f"l{number}"
        parts = [f"{at}.attention.self.{part}" for part in ("query", "key", "value")]
        joint = self.matmul(hidden, parts, f"{out}.qkv")
        bias = np.concatenate([self.weights[f"{part}.bias"] for part in parts]).astype(np.float32)
        size = bias.size // 3
        names = [f"{out}.q", f"{out}.k", f"{out}.v"]
        sizes = self.constant(f"{out}.sizes", np.array([size] * 3, dtype=np.int64))
        self.nodes.append(helper.make_node("Split", [joint, sizes], names, axis=-1, name=f"{out}.split"))
        attended = self.add(
            "MultiHeadAttention",
            [*names, self.constant(f"{out}.qkv.bias", bias), "mask"],
            f"{out}.attended",
            CONTRIB,
            num_heads=self.heads,
        )
        attended = self.matmul(attended, [f"{at}.attention.output.dense"], f"{out}.out")
        hidden = self.skip(attended, hidden, f"{at}.attention.output", f"{out}.mid")
        wide = self.matmul(hidden, [f"{at}.intermediate.dense"], f"{out}.wide")
        wide = self.add("BiasGelu", [wide, self.vector(f"{at}.intermediate.dense.bias")], f"{out}.gelu", CONTRIB)
        narrow = self.matmul(wide, [f"{at}.output.dense"], f"{out}.narrow")
        return self.skip(narrow, hidden, f"{at}.output", f"{out}.end")

    def skip(self, source: str, skipped: str, at: str, out: str) -> str:
        """Add bias and the layer's input, then normalise."""
        norm = [self.vector(f"{at}.LayerNorm.weight"), self.vector(f"{at}.LayerNorm.bias")]
        inputs = [source, skipped, *norm, self.vector(f"{at}.dense.bias")]
        return self.add("SkipLayerNormalization", inputs, out, CONTRIB, epsilon=self.epsilon)

    def head(self, hidden: str) -> str:
        """Pooler and classifier on the first token, softmax over the five stars."""
        first = self.constant("first", np.array(0, dtype=np.int64))
        token = self.add("Gather", [hidden, first], "first_token", axis=1)
        for at, out in (("bert.pooler.dense", "pooled"), ("classifier", "logits")):
            matrix = self.constant(f"{out}.weight", _dense(self.weights, f"{at}.weight").T)
            token = self.add("Gemm", [token, matrix, self.vector(f"{at}.bias")], out)
            if out == "pooled":
                token = self.add("Tanh", [token], "squashed")
        return self.add("Softmax", [token], "stars", axis=-1)


def _dense(weights: dict[str, Array], name: str) -> NDArray[np.float32]:
    if name in weights:
        return weights[name].astype(np.float32)
    return weights[f"{name}.q"].astype(np.float32) * weights[f"{name}.s"].astype(np.float32)[:, None]


def build(checkpoint: Path) -> onnx.ModelProto:
    """The model of a checkpoint: int64 `input_ids`, int32 `mask` (texts x tokens) -> float `stars` (texts x 5)."""
    config = json.loads((checkpoint / "config.json").read_text(encoding="utf-8"))
    weights = load_file(checkpoint / "model.q4e8.safetensors")
    graph = Graph(weights, config["num_attention_heads"], config["layer_norm_eps"])
    hidden = graph.embeddings()
    for number in range(config["num_hidden_layers"]):
        hidden = graph.layer(number, hidden)
    graph.head(hidden)
    made = helper.make_graph(
        graph.nodes,
        "leumund",
        [
            helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["texts", "tokens"]),
            helper.make_tensor_value_info("mask", TensorProto.INT32, ["texts", "tokens"]),
        ],
        [helper.make_tensor_value_info("stars", TensorProto.FLOAT, ["texts", 5])],
        graph.initializers,
    )
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(CONTRIB, 1)]
    return helper.make_model(made, opset_imports=opsets, ir_version=10, producer_name="leumund")


def main() -> None:
    """Write `model.onnx` into the target folder."""
    checkpoint, target = Path(sys.argv[1]), Path(sys.argv[2])
    path = target / "model.onnx"
    onnx.save(build(checkpoint), path)
    sys.stdout.write(f"{path}: {path.stat().st_size / 1e6:.1f} MB\n")


if __name__ == "__main__":
    main()
