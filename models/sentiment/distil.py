"""Trains a smaller reader, or the same again, to say what trained ones say: of every text, also of unlabelled ones.

    python models/sentiment/distil.py SAMPLES_FILE TEACHER STUDENT [--layers 8] [--others CHECKPOINT ...] [--stars-only]

`TEACHER` is a checkpoint of train.py. The student begins with as many of its layers, evenly spread, and learns its
theme maps, its last hidden states, and its distribution of stars: the mean over the teacher and `--others`, and of our
own sentences half what their stars say (https://arxiv.org/abs/1910.01108, https://arxiv.org/abs/1909.10351). Spans with
known themes teach, too; with `--stars-only` they alone teach themes, and hidden states are free. A distribution tells
more than a label: how near the other stars are, and that a text with wrong stars is wrong. Needs what train.py needs;
some epochs with fewer layers take a GPU.
"""

from __future__ import annotations

import argparse
import copy
import random
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from mix import read_mix
from safetensors.torch import load_file
from sample import Sample, batches, read_samples
from torch.nn.functional import layer_norm, log_softmax
from train import (
    FULL,
    WEIGHTS,
    Plan,
    Reader,
    RunningMean,
    build,
    freeze,
    keep_full,
    load,
    padded,
    save,
    soft_target,
    themes_of,
    train,
)

# A theme map's figures are logits, up to some tens apart.
MAP_SCALE = 10.0
OWN_SHARE = 0.5


def student_of(teacher: Reader, layers: int) -> Reader:
    """A copy of the teacher that keeps `layers` of its layers, the first and the last among them.

    Its theme head reads the layer that came from the teacher's nearest one.
    """
    depth = teacher.config.num_hidden_layers
    kept = [round(place * (depth - 1) / (layers - 1)) for place in range(layers)]
    student = copy.deepcopy(teacher)
    student.bert.encoder.layer = torch.nn.ModuleList(student.bert.encoder.layer[place] for place in kept)
    student.config.num_hidden_layers = student.bert.config.num_hidden_layers = layers
    theme_layer = min(range(layers), key=lambda place: abs(kept[place] - (teacher.config.theme_layer - 1))) + 1
    student.config.theme_layer = student.bert.config.theme_layer = theme_layer
    return student


def taught(samples: Sequence[Sample], teachers: Sequence[Reader], mix: Mapping[str, Any]) -> list[Sample]:
    """The samples with the distribution of stars that a student shall give: the mean of the teachers' ones.

    Our own sentences are labelled with more care than the teachers read them: of those, half is their label's.
    """
    made: list[Sample] = []
    for place, batch in enumerate(batches(samples, 4 * mix["batch_tokens"], random.Random(0))):  # noqa: S311 - order
        ids = padded(batch, teachers[0].config.pad_token_id, teachers[0].device)
        with torch.inference_mode(), torch.autocast(ids.device.type, torch.bfloat16):
            found = torch.stack([teacher.read(ids)[0].float().softmax(-1) for teacher in teachers]).mean(0)
        for item, shares in zip(batch, found.tolist(), strict=True):
            if item.source.startswith("own") and item.stars is not None:
                label = soft_target(item.stars, mix["soft_target"])
                shares = [
                    OWN_SHARE * mine + (1 - OWN_SHARE) * theirs for mine, theirs in zip(label, shares, strict=True)
                ]
            made.append(replace(item, shares=shares))
        if place % 20 == 0:
            sys.stdout.write(f"\rtaught {len(made)}/{len(samples)} texts")
            sys.stdout.flush()
    sys.stdout.write("\n")
    return made


class Teaching:
    """The loss of a student: how far it is from the shares of its samples and from what the teacher reads, if given."""

    def __init__(self, teacher: Reader | None) -> None:
        self._teacher = teacher

    def __call__(self, model: Reader, batch: Sequence[Sample], mix: Mapping[str, Any]) -> torch.Tensor:
        """What the student's reading of a batch of `taught` samples costs."""
        ids = padded(batch, model.config.pad_token_id, model.device)
        with torch.autocast(model.device.type, torch.bfloat16):
            own_stars, own_maps, own_hidden = model.read_all(ids)
        shares = torch.tensor([item.shares for item in batch]).to(ids.device, non_blocking=True)
        loss = themes_of(batch, own_maps, mix) - (shares * log_softmax(own_stars.float(), -1)).sum(-1).mean()
        if self._teacher is None:
            return loss
        with torch.no_grad(), torch.autocast(model.device.type, torch.bfloat16):
            _, maps, hidden = self._teacher.read_all(ids)
        inside = ids != model.config.pad_token_id
        width = [hidden.shape[-1]]
        states = _distance(layer_norm(own_hidden.float(), width), layer_norm(hidden.float(), width), inside)
        themes = _distance(own_maps.float() / MAP_SCALE, maps.float() / MAP_SCALE, inside)
        return loss + states + themes


def _distance(found: torch.Tensor, wanted: torch.Tensor, inside: torch.Tensor) -> torch.Tensor:
    """The mean squared difference over the tokens that are `inside` (not filled up)."""
    return ((found - wanted).square().mean(-1) * inside).sum() / inside.sum()


def main() -> None:
    """Distil and write the student's checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("samples", type=Path, help="a file of prepare.py")
    parser.add_argument("teacher", type=Path)
    parser.add_argument("student", type=Path)
    parser.add_argument("--others", type=Path, nargs="*", default=[], help="more teachers, for the stars only")
    parser.add_argument("--layers", type=int, default=12)
    parser.add_argument("--from", dest="start", type=Path, help="go on from these fp32 weights of a student")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=0)
    parser.add_argument("--hold", action="store_true", help="keep the learning rate up: a later stage lets it fall")
    parser.add_argument("--rate", type=float, default=4e-4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--own-times", type=int)
    parser.add_argument("--theme-weight", type=float)
    parser.add_argument("--frozen", type=int, default=0, help="lowest layers that stay as the teacher has them")
    parser.add_argument("--stars-only", action="store_true", help="follow the teachers in the stars only")
    parser.add_argument("--batch-tokens", type=int)
    given = parser.parse_args()
    mix = read_mix()
    mix["learning_rate"] = given.rate
    if not given.stars_only:
        mix["head_rate"] = given.rate
    mix["batch_tokens"] = given.batch_tokens or mix["batch_tokens"]
    mix["theme_weight"] = given.theme_weight or mix["theme_weight"]
    torch.manual_seed(mix["seed"] + given.seed)
    samples, names = read_samples(given.samples)
    packed = load_file(given.teacher / WEIGHTS)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    teachers = []
    for folder in (given.teacher, *given.others):
        teachers.append(build(folder, load_file(folder / WEIGHTS), names))
        load(teachers[-1], load_file(folder / FULL), str(folder))
        teachers[-1].to(device).eval()
    student = student_of(teachers[0], given.layers)
    if given.start:
        load(student, load_file(given.start), str(given.start))
    samples = taught(samples, teachers, mix)
    samples += [item for item in samples if item.source == "own"] * ((given.own_times or mix["own_times"]) - 1)
    sys.stdout.write(f"{len(samples)} samples, {len(teachers)} teachers\n")
    freeze(student, given.frozen)
    mean = RunningMean(student, mix["mean_decay"])
    plan = Plan(given.epochs, given.minutes, given.hold, mix["seed"] + given.seed)
    train(student, samples, mix, plan, mean, lambda: None, Teaching(None if given.stars_only else teachers[0]))
    weights = {name: value.cpu() for name, value in (student.state_dict() | mean.weights).items()}
    keep_full(weights, given.student)
    save(student, weights, packed, given.teacher, given.student)


if __name__ == "__main__":
    main()
