"""Fits the theme head anew on a checkpoint whose encoder stays as it is: minutes instead of hours.

    python models/sentiment/fit_themes.py CORPUS_FOLDER CHECKPOINT [--epochs 12] [--own FOLDER] [--apart FOLDER]

What the head reads is computed once for each text of `own/`, for the sets of the corpus that mix.toml maps to
themes, and for reviews made up of several of our own sentences; only the head learns, from where it stands.
`--own` names another folder of sentences to learn from, `--apart` one to measure on. Writes the head back into the
checkpoint.
Needs what train.py needs.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from mix import read_mix
from safetensors.torch import load_file
from sample import Sample, batches
from samples import encoded
from theme_head import read_spans, theme_loss
from theme_samples import Lesson, joined, read_corpus, read_labelled, read_own, theme_names
from train import FULL, HERE, WEIGHTS, Reader, build, keep_full, load, save
from transformers import AutoTokenizer

Featured = list[tuple[list[Sample], torch.Tensor]]
RATE = 2e-3


def features(model: Reader, samples: Sequence[Sample], budget: int) -> Featured:
    """The states that the theme head reads, of batches of samples; in bf16 to spare memory."""
    made: Featured = []
    found = batches([sample for sample in samples if sample.spans], budget, random.Random(0))  # noqa: S311 - order
    for place, batch in enumerate(found, start=1):
        ids = torch.full((len(batch), max(len(item.tokens) for item in batch)), model.config.pad_token_id)
        for row, item in enumerate(batch):
            ids[row, : len(item.tokens)] = torch.tensor(item.tokens)
        mask = (ids != model.config.pad_token_id).long()
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
            states = model.bert(input_ids=ids, attention_mask=mask, output_hidden_states=True).hidden_states
            made.append((batch, states[model.config.theme_layer].bfloat16()))
        if place % 50 == 0:
            sys.stdout.write(f"\rencoded {place}/{len(found)} batches")
            sys.stdout.flush()
    sys.stdout.write("\n")
    return made


def fit(model: Reader, known: Featured, epochs: int, seed: int) -> None:
    """Train the head in place; the learning rate falls to zero."""
    optimizer = torch.optim.AdamW(model.themes.parameters(), lr=RATE, weight_decay=0.05)
    rate = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, epochs * len(known))
    order = random.Random(seed)  # noqa: S311 - order, no secret
    model.themes.train()
    for epoch in range(1, epochs + 1):
        total = 0.0
        for batch, states in order.sample(known, len(known)):
            loss = theme_loss(model.themes(states.float()), _spans(batch))
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            rate.step()
            total += loss.item()
        sys.stdout.write(f"epoch {epoch}: loss {total / len(known):.3f}\n")
        sys.stdout.flush()
    model.themes.eval()


def measure(model: Reader, known: Featured, names: Sequence[str], cut: float) -> str:
    """F1 of each group, their mean, and the share of right signs where a theme is present, at one cut."""
    hits: dict[str, list[int]] = {name: [0, 0, 0] for name in names}
    signs: list[bool] = []
    for batch, states in known:
        with torch.inference_mode():
            for (_, span), shares, polarity in _read(model, batch, states):
                for name, truth, sign, share, found in zip(
                    names, span.present, span.polarity, shares, polarity, strict=True
                ):
                    hits[name][0] += truth == 1 and share >= cut
                    hits[name][1] += truth == 1
                    hits[name][2] += share >= cut
                    if "." not in name and truth == 1 and abs(sign) == 1:
                        signs.append((found > 0) == (sign > 0))
    f1 = {name: 2 * both / max(1, true + given) for name, (both, true, given) in hits.items()}
    groups = {name: value for name, value in f1.items() if "." not in name}
    codes = [value for name, value in f1.items() if "." in name]
    parts = ", ".join(f"{name} {value:.2f}" for name, value in groups.items())
    return (
        f"cut {cut:.2f}: groups {sum(groups.values()) / len(groups):.3f} ({parts}); "
        f"codes {sum(codes) / len(codes):.3f}; right signs {sum(signs) / max(1, len(signs)):.3f}"
    )


def _read(
    model: Reader, batch: Sequence[Sample], states: torch.Tensor
) -> Iterator[tuple[tuple[int, Any], list[float], list[float]]]:
    maps = model.themes(states.float())
    place = torch.arange(maps.shape[1])
    for row, span in _spans(batch):
        inside = ((place >= span.start) & (place < span.end))[None]
        present, polarity = read_spans(maps, torch.tensor([row]), inside)
        yield (row, span), present.sigmoid()[0].tolist(), polarity[0].tolist()


def _spans(batch: Sequence[Sample]) -> list[tuple[int, Any]]:
    return [(row, span) for row, item in enumerate(batch) for span in item.spans]


def _lessons(folder: Path, corpus: Path, mix: Mapping[str, Any], names: Sequence[str]) -> list[list[Lesson]]:
    own = [each for each in read_own(folder, names) if each.present]
    labelled = read_labelled(corpus, HERE / "labels", names)
    made = [[each] for each in [*own * mix["own_times"], *labelled, *read_corpus(corpus, mix, names)]]
    return made + joined(own, mix["joined"], mix["seed"])


def main() -> None:
    """Fit, measure on what was kept apart, write back."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--own", type=Path, default=HERE / "own", help="a folder of our own sentences")
    parser.add_argument("--apart", type=Path, help="a folder of sentences to measure on")
    given = parser.parse_args()
    mix = read_mix()
    torch.manual_seed(mix["seed"])
    names = theme_names(HERE / "themes.toml")
    tokenizer = AutoTokenizer.from_pretrained(str(given.checkpoint))
    packed = load_file(given.checkpoint / WEIGHTS)
    model = build(given.checkpoint, packed, names)
    load(model, load_file(given.checkpoint / FULL), str(given.checkpoint))
    model.eval()
    # Read before the long part, so that a file that does not fit costs nothing.
    apart = [[each] for each in read_own(given.apart, names) if each.present] if given.apart else []
    lessons = _lessons(given.own, given.corpus, mix, names)
    known = features(model, encoded(lessons, names, tokenizer, mix["max_length"]), 2 * mix["batch_tokens"])
    fit(model, known, given.epochs, mix["seed"])
    if apart:
        held = features(model, encoded(apart, names, tokenizer, mix["max_length"]), mix["batch_tokens"])
        for cut in (0.3, 0.4, 0.5, 0.6, 0.7):
            sys.stdout.write(measure(model, held, names, cut) + "\n")
    weights = model.state_dict()
    keep_full(weights, given.checkpoint)
    save(model, weights, packed, given.checkpoint, given.checkpoint)


if __name__ == "__main__":
    main()
