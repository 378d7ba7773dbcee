"""Fine-tunes the base encoder on prepared samples and writes a checkpoint for export.py.

    python models/sentiment/train.py SAMPLES_FILE BASE CHECKPOINT [--minutes N] [--from FP32_FILE] [--hold|--last]

On two cores, two stages suit a shared machine: a long one at a held learning rate (`--hold`), which can be stopped and
taken up again from `CHECKPOINT/model.safetensors`, then a short one that lets the rate fall to zero and mixes in our
own sentences. A GPU, taken where torch finds one, has time for several epochs in batches eight times as large.

`SAMPLES_FILE` comes from prepare.py. `BASE`, a folder, holds an encoder in the packed form that export.py reads
(config.json, model.q4e8.safetensors, tokenizer.json, tokenizer_config.json). Word embeddings stay frozen, so their
4-bit codes go into the checkpoint as they came. Needs torch, transformers and safetensors; no GPU.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import torch
from mix import read_mix
from packing import pack, unpack
from safetensors.torch import load_file, save_file
from sample import Sample, batches, read_samples
from theme_head import PARTS, theme_loss
from torch.nn.functional import log_softmax
from transformers import BertConfig, BertForSequenceClassification

HERE = Path(__file__).resolve().parent
WEIGHTS = "model.q4e8.safetensors"
FULL = "model.safetensors"
KEEP_S = 600.0
THEME_LAYER, THEME_SIZE = 10, 256
HEADS = ("bert.pooler.", "classifier.", "themes.")


@dataclass(frozen=True)
class Plan:
    """How long to train: `epochs` at most, `minutes` at most (0: no limit); `hold` keeps the learning rate up."""

    epochs: int
    minutes: float
    hold: bool
    seed: int


def soft_target(stars: float, keep: float) -> list[float]:
    """The wanted shares of one to five stars: linear between whole stars, the rest of `keep` on the neighbours."""
    shares = [0.0] * 5
    low = min(4, int(stars))
    for star, weight in ((low, low + 1 - stars), (low + 1, stars - low)):
        neighbours = [other for other in (star - 1, star + 1) if 1 <= other <= 5]
        shares[star - 1] += weight * keep
        for other in neighbours:
            shares[other - 1] += weight * (1 - keep) / len(neighbours)
    return shares


class Reader(BertForSequenceClassification):
    """The encoder with two heads: stars on its first token, themes on all tokens of a layer before the last.

    What a text is about is clearest some layers below the top, where the stars have not yet claimed all room.
    """

    def __init__(self, config: BertConfig) -> None:
        super().__init__(config)
        self.themes = torch.nn.Sequential(
            torch.nn.Linear(config.hidden_size, config.theme_size),
            torch.nn.GELU(),
            torch.nn.Dropout(0.1),
            torch.nn.Linear(config.theme_size, PARTS * len(config.themes)),
        )

    def read(self, ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Star logits (texts x 5) and theme maps (texts x tokens x 3 themes) of padded token ids."""
        return self.read_all(ids)[:2]

    def read_all(self, ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """The same, and the last hidden states (texts x tokens x width)."""
        found = self.bert(
            input_ids=ids, attention_mask=(ids != self.config.pad_token_id).long(), output_hidden_states=True
        )
        stars = self.classifier(self.dropout(found.pooler_output))
        return stars, self.themes(found.hidden_states[self.config.theme_layer]), found.last_hidden_state


def build(base: Path, packed: Mapping[str, torch.Tensor], names: Sequence[str], dropout: float = 0.0) -> Reader:
    """A classifier over five stars on the base's weights; its head and, where the base has none, pooler are new."""
    config = BertConfig.from_pretrained(
        str(base), num_labels=5, classifier_dropout=0.1, hidden_dropout_prob=dropout, attention_probs_dropout_prob=0.0
    )
    # In bf16 on a CPU a step with torch's own fused attention takes 1.6 times as long.
    config._attn_implementation = "sdpa" if torch.cuda.is_available() else "eager"
    config.themes, config.theme_size = list(names), THEME_SIZE
    config.theme_layer = getattr(config, "theme_layer", THEME_LAYER)
    model = Reader(config)
    load(model, unpack(packed), str(base))
    model.bert.embeddings.word_embeddings.weight.requires_grad_(False)
    return model


def load(model: Reader, weights: Mapping[str, torch.Tensor], source: str) -> None:
    """Take the weights of a checkpoint; heads that it has not got stay new."""
    left = model.load_state_dict(weights, strict=False)
    unknown = [name for name in left.missing_keys if not name.startswith(HEADS)]
    if unknown or left.unexpected_keys:
        sys.exit(f"{source}: does not fit, e.g. {(unknown + left.unexpected_keys)[0]}")


def freeze(model: Reader, layers: int) -> None:
    """Leave the embeddings and the lowest layers as they are: they change least, and their backward pass is saved."""
    for part in [model.bert.embeddings, *model.bert.encoder.layer[:layers]] if layers else []:
        part.requires_grad_(False)


def schedule(warmup_steps: int, progress: Callable[[int], float], *, hold: bool) -> Callable[[int], float]:
    """The factor of the learning rate at a step: up linearly, then held, or down to zero as `progress` nears 1."""
    return lambda step: min((step + 1) / warmup_steps, 1.0 if hold else max(0.0, 1.0 - progress(step)))


def train(
    model: Reader,
    samples: Sequence[Sample],
    mix: Mapping[str, Any],
    plan: Plan,
    mean: RunningMean,
    keep: Callable[[], None],
    loss_of: Callable[[Reader, Sequence[Sample], Mapping[str, Any]], torch.Tensor] | None = None,
) -> None:
    """Train in place; prints the running loss and calls `keep` every ten minutes, so that little is lost.

    `loss_of` is what a batch costs: by its labels (`labelled_loss`) unless told otherwise.
    """
    free = [weight for weight in model.parameters() if weight.requires_grad]
    head = list(model.themes.parameters())
    others = [weight for weight in free if all(weight is not own for own in head)]
    rates = [{"params": others}, {"params": head, "lr": mix["head_rate"]}]
    optimizer = torch.optim.AdamW(rates, lr=mix["learning_rate"], weight_decay=0.01, fused=True)
    shuffle = random.Random(plan.seed)  # noqa: S311 - order, no secret
    first = batches(samples, mix["batch_tokens"], shuffle)
    later = (batch for _ in range(1, plan.epochs) for batch in batches(samples, mix["batch_tokens"], shuffle))
    steps = len(first) * plan.epochs
    started = kept = time.monotonic()

    def progress(step: int) -> float:
        spent = (time.monotonic() - started) / (plan.minutes * 60) if plan.minutes else 0.0
        return max(spent, step / steps)

    rate = torch.optim.lr_scheduler.LambdaLR(optimizer, schedule(mix["warmup_steps"], progress, hold=plan.hold))
    model.train()
    running = torch.zeros((), device=model.device)
    seen = 0
    for step, batch in enumerate(chain(first, later), start=1):
        if progress(step - 1) >= 1:
            break
        loss = (loss_of or labelled_loss)(model, batch, mix)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(free, 1.0)
        optimizer.step()
        rate.step()
        optimizer.zero_grad()
        mean.update(step)
        seen += len(batch)
        # Reading the loss makes the processor wait for the GPU, so only every fiftieth is read.
        running.lerp_(loss.detach(), 1.0 if step == 1 else 0.02)
        if step % 50 == 1:
            minutes = (time.monotonic() - started) / 60
            loss_now = running.item()
            sys.stdout.write(f"step {step}/{steps}, {seen} texts, loss {loss_now:.4f}, {minutes:.1f} min\n")
            sys.stdout.flush()
        if time.monotonic() - kept > KEEP_S:
            keep()
            kept = time.monotonic()


class RunningMean:
    """The exponential mean of a model's trained weights over its steps: what a falling learning rate would bring."""

    def __init__(self, model: torch.nn.Module, decay: float) -> None:
        self._live = {name: weight for name, weight in model.named_parameters() if weight.requires_grad}
        self.weights = {name: weight.detach().clone() for name, weight in self._live.items()}
        self._decay = decay

    def update(self, step: int) -> None:
        """Take in the weights after a step; the first steps count alike."""
        share = max(1 - self._decay, 1 / (step + 1))
        live = [weight.detach() for weight in self._live.values()]
        torch._foreach_lerp_(list(self.weights.values()), live, share)


def padded(batch: Sequence[Sample], padding: int, device: torch.device) -> torch.Tensor:
    """The token ids of a batch, texts x tokens, filled up with `padding`."""
    length = max(len(item.tokens) for item in batch)
    rows = [[*item.tokens, *[padding] * (length - len(item.tokens))] for item in batch]
    return torch.tensor(rows).to(device, non_blocking=True)


def labelled_loss(model: Reader, batch: Sequence[Sample], mix: Mapping[str, Any]) -> torch.Tensor:
    """What the model's reading of a batch costs, by the labels of its texts and spans."""
    ids = padded(batch, model.config.pad_token_id, model.device)
    with torch.autocast(model.device.type, torch.bfloat16):
        logits, maps = model.read(ids)
    known = [(row, item.stars) for row, item in enumerate(batch) if item.stars is not None]
    loss = _star_loss(logits[[row for row, _ in known]].float(), [stars for _, stars in known], mix)
    return loss + themes_of(batch, maps, mix)


def themes_of(batch: Sequence[Sample], maps: torch.Tensor, mix: Mapping[str, Any]) -> torch.Tensor | float:
    """What the theme maps of a batch cost, by the themes that are known of its spans; weighed as the mix says."""
    spans = [(row, span) for row, item in enumerate(batch) for span in item.spans]
    return mix["theme_weight"] * theme_loss(maps.float(), spans) if spans else 0.0


def _star_loss(logits: torch.Tensor, stars: Sequence[float], mix: Mapping[str, Any]) -> torch.Tensor:
    shares = [[*soft_target(value, mix["soft_target"]), value] for value in stars]
    wanted = torch.tensor(shares).reshape(-1, 6).to(logits.device, non_blocking=True)
    losses = -(wanted[:, :5] * log_softmax(logits, -1)).sum(-1)
    # Five stars under a curse, one star under praise: people mix up the ends of the scale.
    expected = (logits.detach().softmax(-1) * torch.arange(1, 6, device=logits.device)).sum(-1)
    kept = (expected - wanted[:, 5]).abs() < mix["trust"]
    return (losses * kept).sum() / kept.sum().clamp_min(1)


def save(
    model: Reader,
    weights: Mapping[str, torch.Tensor],
    packed: Mapping[str, torch.Tensor],
    base: Path,
    target: Path,
) -> None:
    """Write the checkpoint: weights, configuration and tokenizer."""
    target.mkdir(parents=True, exist_ok=True)
    save_file(pack({name: value.detach() for name, value in weights.items()}, packed), target / WEIGHTS)
    (target / "config.json").write_text(json.dumps(model.config.to_dict(), indent=1), encoding="utf-8")
    for name in ("tokenizer.json", "tokenizer_config.json") if base != target else ():
        shutil.copy(base / name, target / name)


def keep_full(weights: Mapping[str, torch.Tensor], target: Path) -> None:
    """Write the fp32 weights beside, then in place: a killed run leaves a whole file."""
    target.mkdir(parents=True, exist_ok=True)
    partial = target / f"{FULL}.partial"
    save_file({name: value.detach().contiguous() for name, value in weights.items()}, partial, {"format": "pt"})
    partial.replace(target / FULL)


def main() -> None:
    """Train and write the checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("samples", type=Path, help="a file of prepare.py")
    parser.add_argument("base", type=Path)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument(
        "--minutes", type=float, default=0, help="stop after these; the learning rate falls by the clock"
    )
    parser.add_argument("--hold", action="store_true", help="keep the learning rate up: a later stage lets it fall")
    parser.add_argument("--from", dest="start", type=Path, help="go on from these fp32 weights")
    parser.add_argument("--rate", type=float, help="another learning rate than mix.toml's, for a last, gentle stage")
    parser.add_argument("--last", action="store_true", help="the settings of the last stage, as last.toml says")
    parser.add_argument("--seed", type=int, default=0, help="added to the seed of mix.toml: another order")
    parser.add_argument("--frozen", type=int, help="another number of frozen layers than mix.toml's")
    parser.add_argument("--own-times", type=int, help="other than mix.toml's")
    parser.add_argument("--batch-tokens", type=int, help="other than mix.toml's: 16384 suits a GPU")
    parser.add_argument(
        "--dropout", type=float, default=0.0, help="for several epochs; on a CPU it costs 40 % of a step"
    )
    given = parser.parse_args()
    mix = read_mix(last=given.last)
    mix["learning_rate"] = given.rate or mix["learning_rate"]
    mix["batch_tokens"] = given.batch_tokens or mix["batch_tokens"]
    torch.manual_seed(mix["seed"] + given.seed)
    torch.set_flush_denormal(True)
    samples, names = read_samples(given.samples)
    samples += [item for item in samples if item.source == "own"] * ((given.own_times or mix["own_times"]) - 1)
    packed = load_file(given.base / WEIGHTS)
    model = build(given.base, packed, names, given.dropout)
    if given.start:
        load(model, load_file(given.start), str(given.start))
    freeze(model, mix["frozen_layers"] if given.frozen is None else given.frozen)
    model.to("cuda" if torch.cuda.is_available() else "cpu")
    mean = RunningMean(model, mix["mean_decay"])
    plan = Plan(given.epochs, given.minutes, given.hold, mix["seed"] + given.seed)
    train(model, samples, mix, plan, mean, lambda: keep_full(model.state_dict() | mean.weights, given.checkpoint))
    weights = {name: value.cpu() for name, value in (model.state_dict() | mean.weights).items()}
    keep_full(weights, given.checkpoint)
    save(model, weights, packed, given.base, given.checkpoint)


if __name__ == "__main__":
    main()
