"""The ONNX graph of a BERT reader of stars and themes: in fp32, to measure what flows through it, and in int8, to ship.

In int8 every activation has a scale that was fixed when the model was exported. A scale taken from the batch at hand
(dynamic quantisation) would let a text's neighbours shift its score; with fixed scales the products are exact sums of
integers, and a text scores the same in any company.

A few channels are ten times as large as the rest and would leave the rest few levels. SmoothQuant
(https://arxiv.org/abs/2211.10438) moves half of that size into the weights: activations are divided by the square root
of their channel's range, the weights' rows multiplied by it.

Operators: https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

OPSET, CONTRIB = 21, "com.microsoft"
EMBEDDING_BLOCK = 32
SMOOTHING = 0.5
Array = NDArray[Any]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Range:
    """The least and the greatest value each channel took before one product."""

    low: Floats
    high: Floats

    def joined(self, other: Range) -> Range:
        """The range over both."""
        return Range(np.minimum(self.low, other.low), np.maximum(self.high, other.high))

    def smoothing(self) -> Floats:
        """What each channel is divided by; their geometric mean is 1."""
        size = np.maximum(np.abs(self.low), np.abs(self.high)).clip(1e-5)
        logs = SMOOTHING * np.log(size)
        return np.exp(logs - logs.mean()).astype(np.float32)


class Weights:
    """A checkpoint's weights by name: dense fp32 ones, and the 4-bit codes of the word embeddings."""

    def __init__(self, packed: Mapping[str, Array], full: Mapping[str, Array] | None = None) -> None:
        self._packed = packed
        self._full = full or {}

    def dense(self, name: str) -> Floats:
        """A weight in fp32, from the unrounded ones where they are at hand."""
        if name in self._full:
            return self._full[name].astype(np.float32)
        if name in self._packed:
            return self._packed[name].astype(np.float32)
        codes, scales = self._packed[f"{name}.q"], self._packed[f"{name}.s"]
        return codes.astype(np.float32) * scales.astype(np.float32)[:, None]

    def word_codes(self) -> tuple[NDArray[np.int8], Array]:
        """The embeddings' codes (-8..7) in the order of their values, and a scale for each block of 32."""
        at = "bert.embeddings.word_embeddings.weight"
        halves = self._packed[f"{at}.q4"]
        # The low halves hold a block's first 16 values, the high halves its last 16.
        codes = np.concatenate([halves & 15, halves >> 4], axis=-1).astype(np.int8) - 8
        return codes.reshape(codes.shape[0], -1), self._packed[f"{at}.d"]


class Graph:
    """The encoder with its head; collects nodes and weights, naming what flows between them. Products are fp32."""

    def __init__(self, weights: Weights, config: Mapping[str, Any]) -> None:
        self.weights = weights
        self.config = config
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []
        self.inputs: dict[str, str] = {}
        """Of each product, what goes into it."""

    def add(self, operator: str, inputs: Sequence[str], name: str, domain: str = "", **attributes: Any) -> str:
        """Add a node with one output and return the output's name."""
        self.nodes.append(helper.make_node(operator, inputs, [name], name=f"{name}_node", domain=domain, **attributes))
        return name

    def constant(self, name: str, value: Any) -> str:
        """Add a weight and return its name."""
        self.initializers.append(numpy_helper.from_array(np.asarray(value, order="C"), name))
        return name

    def product(self, site: str, source: str, matrix: Floats, bias: Floats) -> str:
        """`source` times `matrix` (in x out) plus `bias`."""
        self.inputs[site] = source
        made = self.add("MatMul", [source, self.constant(f"{site}.matrix", matrix)], f"{site}.plain")
        return self.add("Add", [made, self.constant(f"{site}.bias", bias)], site)

    def embeddings(self) -> str:
        """Word, position and (only) token type embeddings, normalised."""
        at = "bert.embeddings"
        codes, scales = self.weights.word_codes()
        # ONNX packs neighbours together.
        packed = (codes[:, 0::2] & 15).astype(np.uint8) | ((codes[:, 1::2] & 15).astype(np.uint8) << 4)
        self.initializers.append(
            helper.make_tensor("word.codes", TensorProto.INT4, codes.shape, packed.tobytes(), raw=True)
        )
        inputs = ["word.codes", "input_ids", self.constant("word.scales", scales)]
        shape = {"gather_axis": 0, "quantize_axis": 1, "block_size": EMBEDDING_BLOCK}
        word = self.add("GatherBlockQuantized", inputs, "word16", CONTRIB, **shape)
        word = self.add("Cast", [word], "word", to=TensorProto.FLOAT)
        position = self.weights.dense(f"{at}.position_embeddings.weight")
        position = position + self.weights.dense(f"{at}.token_type_embeddings.weight")[0]
        length = self.add("Shape", ["input_ids"], "length", start=1, end=2)
        zero = self.constant("zero", np.array([0], dtype=np.int64))
        table = self.constant("position.table", position.astype(np.float32))
        places = self.add("Slice", [table, zero, length, zero], "places")
        return self.normalised(self.add("Add", [word, places], "embedded"), at, "hidden")

    def layer(self, number: int, hidden: str) -> str:
        """One encoder layer."""
        at, out = f"bert.encoder.layer.{number}", f"l{number}"
        attended = self.attention(number, hidden)
        attended = self.product(f"{out}.out", attended, *self.linear(f"{at}.attention.output.dense"))
        hidden = self.normalised(
            self.add("Add", [attended, hidden], f"{out}.sum"), f"{at}.attention.output", f"{out}.mid"
        )
        wide = self.product(f"{out}.wide", hidden, *self.linear(f"{at}.intermediate.dense"))
        wide = self.add("Gelu", [wide], f"{out}.gelu", CONTRIB)
        narrow = self.product(f"{out}.narrow", wide, *self.linear(f"{at}.output.dense"))
        return self.normalised(self.add("Add", [narrow, hidden], f"{out}.total"), f"{at}.output", f"{out}.end")

    def attention(self, number: int, hidden: str) -> str:
        """What the tokens of a text take from one another, before the output product."""
        out, size = f"l{number}", self.config["hidden_size"]
        joint = self.product(f"{out}.qkv", hidden, *self.attention_weights(number))
        names = [f"{out}.q", f"{out}.k", f"{out}.v"]
        sizes = self.constant(f"{out}.sizes", np.array([size] * 3, dtype=np.int64))
        self.nodes.append(helper.make_node("Split", [joint, sizes], names, axis=-1, name=f"{out}.split"))
        heads = self.config["num_attention_heads"]
        return self.add("MultiHeadAttention", [*names, "", "mask"], f"{out}.attended", CONTRIB, num_heads=heads)

    def attention_weights(self, number: int) -> tuple[Floats, Floats]:
        """Query, key and value side by side."""
        parts = [
            self.linear(f"bert.encoder.layer.{number}.attention.self.{part}") for part in ("query", "key", "value")
        ]
        return np.concatenate([matrix for matrix, _ in parts], axis=1), np.concatenate([bias for _, bias in parts])

    def linear(self, name: str) -> tuple[Floats, Floats]:
        """The matrix (in x out) and bias of a layer."""
        return self.weights.dense(f"{name}.weight").T, self.weights.dense(f"{name}.bias")

    def normalised(self, source: str, at: str, out: str) -> str:
        """LayerNorm. As an operator of its own: fused with the sum before it ONNX Runtime is three times as slow."""
        parts = [
            self.constant(f"{out}.{part}", self.weights.dense(f"{at}.LayerNorm.{part}")) for part in ("weight", "bias")
        ]
        return self.add("LayerNormalization", [source, *parts], out, axis=-1, epsilon=self.config["layer_norm_eps"])

    def head(self, hidden: str) -> str:
        """Pooler and classifier on the first token, softmax over the five stars. Small, so it stays fp32."""
        token = self.add("Gather", [hidden, self.constant("first", np.array(0, dtype=np.int64))], "first_token", axis=1)
        for name, out in (("bert.pooler.dense", "pooled"), ("classifier", "logits")):
            matrix, bias = self.linear(name)
            parts = [self.constant(f"{out}.weight", matrix), self.constant(f"{out}.bias", bias)]
            token = self.add("Gemm", [token, *parts], out)
            if out == "pooled":
                token = self.add("Tanh", [token], "squashed")
        return self.add("Softmax", [token], "stars", axis=-1)

    def theme_maps(self, hidden: str) -> str:
        """Three figures a token and theme (theme_head.py). A two-hundredth of the work, so it stays fp32."""
        for part, out in ((0, "themes.wide"), (3, "themes")):
            matrix, bias = self.linear(f"themes.{part}")
            made = self.add("MatMul", [hidden, self.constant(f"{out}.matrix", matrix)], f"{out}.plain")
            hidden = self.add("Add", [made, self.constant(f"{out}.bias", bias)], out)
            if out != "themes":
                hidden = self.add("Gelu", [hidden], f"{out}.gelu", CONTRIB)
        return hidden

    def model(self, outputs: Sequence[str] = ()) -> onnx.ModelProto:
        """The graph: int64 `input_ids`, int32 `mask` (texts x tokens) -> float `stars` (texts x 5).

        Where the configuration names themes there is `themes` too: texts x tokens x (3 x themes); then `outputs`.
        """
        hidden = self.embeddings()
        for number in range(self.config["num_hidden_layers"]):
            hidden = self.layer(number, hidden)
            if self.config.get("themes") and number + 1 == self.config["theme_layer"]:
                outputs = [self.theme_maps(hidden), *outputs]
        self.head(hidden)
        shape = ["texts", "tokens"]
        made = helper.make_graph(
            self.nodes,
            "leumund",
            [
                helper.make_tensor_value_info("input_ids", TensorProto.INT64, shape),
                helper.make_tensor_value_info("mask", TensorProto.INT32, shape),
            ],
            [
                helper.make_tensor_value_info("stars", TensorProto.FLOAT, ["texts", 5]),
                *(helper.make_tensor_value_info(name, TensorProto.FLOAT, [*shape, "channels"]) for name in outputs),
            ],
            self.initializers,
        )
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(CONTRIB, 1)]
        return helper.make_model(made, opset_imports=opsets, ir_version=10, producer_name="leumund")


class Int8Graph(Graph):
    """The same with int8 products, given what ranges the activations take."""

    def __init__(
        self,
        weights: Weights,
        config: Mapping[str, Any],
        ranges: Mapping[str, Range],
        held: Mapping[str, Array] | None = None,
    ) -> None:
        super().__init__(weights, config)
        self.ranges = ranges
        self.held = held or {}
        """Constants of an earlier file, by name, that stay as they were written there."""

    def constant(self, name: str, value: Any) -> str:
        """Add a weight, the one of the earlier file where that is held, and return its name."""
        return super().constant(name, self.held.get(name, value))

    def product(self, site: str, source: str, matrix: Floats, bias: Floats) -> str:
        """Activations as uint8 with one scale, weights as int8 with a scale a column, sums in int32."""
        codes, scale, zero = self.codes(site, source)
        matrix, steps = self.rounded(site, matrix)
        return self.add(
            "MatMulIntegerToFloat",
            [codes, matrix, scale, steps, zero, "", self.constant(f"{site}.bias", bias)],
            site,
            CONTRIB,
        )

    def attention(self, number: int, hidden: str) -> str:
        """As one operator: query, key and value need not be split and brought into another order first."""
        out = f"l{number}"
        site = f"{out}.qkv"
        weights, bias = self.attention_weights(number)
        codes, scale, zero = self.codes(site, hidden)
        matrix, steps = self.rounded(site, weights)
        parts = [codes, matrix, self.constant(f"{site}.bias", bias), scale, steps, "mask", zero]
        return self.add("QAttention", parts, f"{out}.attended", CONTRIB, num_heads=self.config["num_attention_heads"])

    def codes(self, site: str, source: str) -> tuple[str, str, str]:
        """The activations before a product as uint8, their scale, and the code of zero."""
        found, divisor = self.ranges[site], self.ranges[site].smoothing()
        if not site.endswith(".out"):  # there the values come divided already
            inverse = self.constant(f"{site}.smoothing", 1 / divisor)
            source = self.add("Mul", [source, inverse], f"{site}.smooth")
        low, high = min(0.0, float((found.low / divisor).min())), max(1e-6, float((found.high / divisor).max()))
        scale = self.constant(f"{site}.scale", np.float32((high - low) / 255))
        zero = self.constant(f"{site}.zero", np.uint8(round(-low / (high - low) * 255)))
        return self.add("QuantizeLinear", [source, scale, zero], f"{site}.codes"), scale, zero

    def rounded(self, site: str, matrix: Floats) -> tuple[str, str]:
        """A matrix, multiplied by what its inputs are divided by, as int8; and the size of a step in each column."""
        matrix = matrix * self.ranges[site].smoothing()[:, None]
        steps = np.abs(matrix).max(0).clip(1e-9) / 127
        codes = np.round(matrix / steps).clip(-127, 127).astype(np.int8)
        return self.constant(f"{site}.matrix", codes), self.constant(f"{site}.steps", steps.astype(np.float32))

    def attention_weights(self, number: int) -> tuple[Floats, Floats]:
        """Query, key and value; an attended value is a mean of values, so the values can come divided."""
        matrix, bias = super().attention_weights(number)
        divisor = np.ones(bias.size, dtype=np.float32)
        divisor[-self.config["hidden_size"] :] = self.ranges[f"l{number}.out"].smoothing()
        return matrix / divisor, bias / divisor
