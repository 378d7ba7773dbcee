"""Averages the encoders of several fine-tuned checkpoints of one base: better than each of them, at the cost of one.

    python models/sentiment/average.py TARGET CHECKPOINT [CHECKPOINT ...] [--heads]

Runs that start from the same weights end in one basin, so the mean of their weights lies lower in it than they do
(model soups, https://arxiv.org/abs/2203.05482). Pooler and head are drawn anew by every run and cannot be averaged:
they come from the first checkpoint, and a short stage of train.py (`--from TARGET/model.safetensors --rate 3e-5`)
fits them to the mean. Runs that went on from one another share a head: `--heads` averages what all of them have; after
that fit_themes.py fits the theme head to the new encoder. Needs safetensors and torch.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

AVERAGED = ("bert.encoder.", "bert.embeddings.")
FULL = "model.safetensors"
BESIDE = ("config.json", "model.q4e8.safetensors", "tokenizer.json", "tokenizer_config.json")


def average(checkpoints: list[dict[str, torch.Tensor]], *, heads: bool) -> dict[str, torch.Tensor]:
    """The mean of the encoders, and with `heads` of all that every checkpoint has; the rest of the first checkpoint."""
    first = checkpoints[0]
    shared = {name for name in first if all(name in each for each in checkpoints)}
    averaged = {name for name in shared if heads or name.startswith(AVERAGED)}
    return {
        name: _mean([each[name] for each in checkpoints]) if name in averaged else value
        for name, value in first.items()
    }


def _mean(weights: list[torch.Tensor]) -> torch.Tensor:
    """The mean; weights that did not learn stay as they are to the last bit, so that export.py can hold their bytes."""
    if all(torch.equal(weights[0], other) for other in weights[1:]):
        return weights[0]
    return torch.stack(weights).mean(0)


def main() -> None:
    """Write the averaged checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", type=Path)
    parser.add_argument("checkpoints", type=Path, nargs="+")
    parser.add_argument("--heads", action="store_true", help="average the heads, too: of runs that share one")
    given = parser.parse_args()
    given.target.mkdir(parents=True, exist_ok=True)
    mean = average([load_file(folder / FULL) for folder in given.checkpoints], heads=given.heads)
    save_file(mean, given.target / FULL, {"format": "pt"})
    for name in BESIDE:
        shutil.copy(given.checkpoints[0] / name, given.target / name)


if __name__ == "__main__":
    main()
