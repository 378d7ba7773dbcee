"""Packs a fine-tuned BERT classifier into the one ONNX file that ships.

    python models/sentiment/export.py CHECKPOINT models/sentiment [--texts FOLDER] [--version NAME] [--held LAYERS]

`CHECKPOINT` is a folder of train.py: config.json, model.q4e8.safetensors (word embeddings as 4-bit codes, matrices as
int8 rows) and, for matrices that were not rounded yet, model.safetensors. The ranges of the activations are measured on
our own sentences (`own/`), alone and several in a row. Writes model.onnx; version and checksum go into leumund.json.
`--held 3`: the lowest three layers did not learn since the model.onnx that is there; their bytes stay as they are, so
that git stores a new version as a difference.

Needs onnx, onnxruntime and safetensors; no torch.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from graph import Array, Graph, Int8Graph, Range, Weights
from onnx import numpy_helper
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from pipeline.text.clean import clean

HERE = Path(__file__).resolve().parent
START, END, PAD = 0, 2, 1
LONGEST = 128
BATCH = 16
SENTENCES = 1_200


def read_checkpoint(folder: Path) -> tuple[Weights, dict[str, Any]]:
    """The weights and the configuration of a checkpoint."""
    config: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    full = folder / "model.safetensors"
    packed = load_file(folder / "model.q4e8.safetensors")
    return Weights(packed, load_file(full) if full.exists() else None), config


def calibration_texts(folder: Path) -> list[str]:
    """Our own sentences, every n-th so that all languages come, and the same ones four in a row for long texts."""
    lines = [line for path in sorted(folder.glob("*.jsonl")) for line in path.read_text(encoding="utf-8").splitlines()]
    if not lines:
        sys.exit(f"{folder}: no sentences to measure ranges on")
    texts = [clean(json.loads(line)["text"]) for line in lines[:: max(1, len(lines) // SENTENCES)]]
    return texts + [" ".join(texts[at : at + 4]) for at in range(0, len(texts), 4)]


def batches(texts: Sequence[str], tokenizer: Tokenizer) -> Iterator[tuple[Array, Array]]:
    """Token ids and masks, texts of like length together."""
    pieces = [
        [START, *found.ids[: LONGEST - 2], END]
        for found in tokenizer.encode_batch(list(texts), add_special_tokens=False)
    ]
    pieces.sort(key=len)
    for at in range(0, len(pieces), BATCH):
        batch = pieces[at : at + BATCH]
        ids = np.full((len(batch), len(batch[-1])), PAD, dtype=np.int64)
        for row, piece in enumerate(batch):
            ids[row, : len(piece)] = piece
        yield ids, (ids != PAD).astype(np.int32)


def measure_ranges(weights: Weights, config: dict[str, Any], inputs: Iterator[tuple[Array, Array]]) -> dict[str, Range]:
    """The range of every channel before every product, over these texts, in fp32."""
    sites = _sites(weights, config)
    wanted = list(dict.fromkeys(sites.values()))
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    model = Graph(weights, config).model(wanted).SerializeToString()
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    ranges: dict[str, Range] = {}
    for ids, mask in inputs:
        found = dict(zip(wanted, session.run(wanted, {"input_ids": ids, "mask": mask}), strict=True))
        kept = mask.astype(bool)
        for name, values in found.items():
            seen = Range(values[kept].min(0), values[kept].max(0))
            ranges[name] = ranges[name].joined(seen) if name in ranges else seen
    return {site: ranges[name] for site, name in sites.items()}


def _sites(weights: Weights, config: dict[str, Any]) -> dict[str, str]:
    graph = Graph(weights, config)
    graph.model()
    return graph.inputs


def held_constants(path: Path, layers: int, weights: Weights) -> dict[str, Array]:
    """The constants of the lowest `layers` layers in an exported file whose layers have the weights of this one."""
    wanted = {f"l{layer}" for layer in range(layers)}
    initializers = [item for item in onnx.load(path).graph.initializer if item.name.split(".")[0] in wanted]
    stored = {item.name: numpy_helper.to_array(item) for item in initializers}
    for layer in range(layers):
        name = f"bert.encoder.layer.{layer}.intermediate.dense.bias"
        if not np.array_equal(stored[f"l{layer}.wide.bias"], weights.dense(name)):
            sys.exit(f"{path}: layer {layer} has learnt since, so it cannot be held; see frozen_layers in mix.toml")
    return stored


def describe(target: Path, version: str | None, themes: Sequence[str]) -> None:
    """Write version, checksum and theme names of `model.onnx` into `leumund.json`; its cut-offs stay as they are."""
    path = target / "leumund.json"
    row = json.loads(path.read_text(encoding="utf-8"))
    row["version"] = version or row["version"]
    if themes:
        row["themes"] = {"named_from": 0.5} | row.get("themes", {}) | {"names": list(themes)}
    row["sha256"] = hashlib.sha256((target / "model.onnx").read_bytes()).hexdigest()
    path.write_text(json.dumps(row, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """Write `model.onnx` and `leumund.json` into the target folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--texts", type=Path, default=HERE / "own", help="sentences to measure ranges on (JSON lines)")
    parser.add_argument("--version", help="the new model's name; without it the old one stays")
    parser.add_argument("--held", type=int, default=0, help="how many of the lowest layers keep the bytes they have")
    parser.add_argument("--fp32", action="store_true", help="leave the products in fp32, to compare with")
    given = parser.parse_args()
    path = given.target / "model.onnx"
    weights, config = read_checkpoint(given.checkpoint)
    graph = Graph(weights, config)
    if not given.fp32:
        tokenizer = Tokenizer.from_file(str(given.checkpoint / "tokenizer.json"))
        ranges = measure_ranges(weights, config, batches(calibration_texts(given.texts), tokenizer))
        graph = Int8Graph(weights, config, ranges, held_constants(path, given.held, weights) if given.held else None)
    onnx.save(graph.model(), path)
    describe(given.target, given.version, config.get("themes", ()))
    sys.stdout.write(f"{path}: {path.stat().st_size / 1e6:.1f} MB\n")


if __name__ == "__main__":
    main()
