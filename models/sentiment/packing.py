"""The packed form of a checkpoint's weights: word embeddings as 4-bit codes, matrices as int8 rows, the rest fp16.

The embeddings stay frozen in training, so that their codes go into every checkpoint as they came. Needs torch.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch


def unpack(packed: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The fp32 weights of a packed checkpoint, named as `BertForSequenceClassification` names them."""
    weights: dict[str, torch.Tensor] = {}
    for name, value in packed.items():
        if name.endswith(".q4"):
            scales = packed[name[:-3] + ".d"].float()[..., None]
            codes = torch.cat([(value & 15).float() - 8, (value >> 4).float() - 8], -1)
            weights[name[:-3]] = (codes * scales).reshape(value.shape[0], -1)
        elif name.endswith(".q"):
            weights[name[:-2]] = value.float() * packed[name[:-2] + ".s"].float()[:, None]
        elif not name.endswith((".s", ".d")):
            weights[name] = value.float()
    heads = ("bert.", "classifier.", "themes.")
    return {name if name.startswith(heads) else f"bert.{name}": weight for name, weight in weights.items()}


def pack(weights: Mapping[str, torch.Tensor], base: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The packed form of trained weights: embeddings with the codes of `base`, matrices as int8 rows, the rest fp16."""
    words = "bert.embeddings.word_embeddings.weight"
    packed = {f"{words}{tail}": _ending(base, f"word_embeddings.weight{tail}") for tail in (".q4", ".d")}
    for name, value in weights.items():
        if name == words:
            continue
        if value.ndim == 2 and value.numel() > 10_000:
            scale = value.abs().amax(1, keepdim=True).clamp_min(1e-12) / 127
            packed[f"{name}.q"] = torch.round(value / scale).clamp(-127, 127).to(torch.int8)
            packed[f"{name}.s"] = scale.squeeze(1).half()
        elif value.is_floating_point():
            packed[name] = value.half()
    return {name: value.contiguous() for name, value in packed.items()}


def _ending(weights: Mapping[str, torch.Tensor], tail: str) -> torch.Tensor:
    return next(value for name, value in weights.items() if name.endswith(tail))
