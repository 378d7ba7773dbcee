"""Fine-tunes the base encoder on the mix of mix.toml and writes a checkpoint for export.py.

    python models/sentiment/train.py CORPUS_FOLDER BASE_FOLDER CHECKPOINT [--minutes N] [--from FP32_FILE] [--hold]

Two stages suit a shared machine: a long one at a held learning rate (`--hold`), which can be stopped and taken up again
from `CHECKPOINT/model.safetensors`, then a short one that lets the rate fall to zero and mixes in our own sentences.

`BASE_FOLDER` holds an encoder in the packed form that export.py reads (config.json, model.q4e8.safetensors,
tokenizer.json, tokenizer_config.json). Word embeddings stay frozen, so their 4-bit codes go into the checkpoint as they
came. Needs torch, transformers, safetensors, duckdb and ftfy; no GPU.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import time
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import torch
from safetensors.torch import load_file, save_file
from torch.nn.functional import log_softmax
from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

from pipeline.text.clean import clean

HERE = Path(__file__).resolve().parent
WEIGHTS = "model.q4e8.safetensors"
FULL = "model.safetensors"
KEEP_S = 600.0
LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pt")
# Never trained on, whatever mix.toml says: their licences allow research only.
RESEARCH_ONLY = frozenset(
    (
        "marc",
        "umsab",
        "tweeteval_sentiment",
        "germeval2017",
        "sentipolc16_it",
        "semeval_absa_multi",
        "semeval16_rest_en",
        "gerestaurant",
        "sb10k",
        "potts",
        "airline_tweets",
        "tourism_es",
        "opener_multibooked",
    )
)
# A label without stars stands between two: 1.5, 3 or 4.5. md5 of the id orders the rows: the same choice everywhere.
_ROWS = """
with starred as (
    select text, lang, md5($seed || id) as place,
        coalesce(stars, case label when 'neg' then 1.5 when 'pos' then 4.5 when 'neu' then 3.0 end)::double as star
    from read_parquet($path)
    where list_contains($languages, lang) and length(text) >= 3
        and coalesce(extra, '') not like '%"split": "test"%'
        and ($without = '' or not regexp_matches(coalesce(extra, ''), $without))
        and not list_has_any([left(md5(coalesce(nullif(entity, ''), id)), n) for n in [1, 3]], $held_out)
)
select text, star from starred where star is not null
qualify row_number() over (partition by lang, star order by place) <= $cap
order by place
"""


@dataclass(frozen=True)
class Sample:
    """Token ids of a text between the start and end marks, and its stars (1-5)."""

    tokens: list[int]
    stars: float


@dataclass(frozen=True)
class Plan:
    """How long to train: `epochs` at most, `minutes` at most (0: no limit); `hold` keeps the learning rate up."""

    epochs: int
    minutes: float
    hold: bool
    seed: int


def read_samples(corpus: Path, mix: Mapping[str, Any], tokenizer: Any, limit: int | None) -> list[Sample]:
    """The cleaned, tokenised samples of the mix in a fixed random order, `limit` at most."""
    rows: list[tuple[str, float]] = []
    for name, rule in mix["sets"].items():
        if name in RESEARCH_ONLY:
            sys.exit(f"{name}: research only, must not train weights that ship; remove it from mix.toml")
        values = {
            "path": str(corpus / f"{name}.parquet"),
            "languages": list(rule.get("languages", LANGUAGES)),
            "cap": rule["cap"],
            "without": rule.get("without", ""),
            "seed": str(mix["seed"]),
            "held_out": mix["held_out"],
        }
        found = duckdb.execute(_ROWS, values).fetchall()
        sys.stdout.write(f"{name}: {len(found)} texts\n")
        rows += found
    random.Random(mix["seed"]).shuffle(rows)  # noqa: S311 - order, no secret
    rows = rows[:limit]
    return tokenised(rows, tokenizer, mix)


def read_own(folder: Path, tokenizer: Any, mix: Mapping[str, Any]) -> list[Sample]:
    """Our own sentences: every file of `folder`, lines of {"text", "stars"} or {"text", "label"}, taken `own_times`."""
    stars_of = {"negative": 1.5, "neutral": 3.0, "positive": 4.5}
    rows: list[tuple[str, float]] = []
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            item = json.loads(line)
            rows.append((item["text"], float(item["stars"] if "stars" in item else stars_of[item["label"]])))
    sys.stdout.write(f"own sentences: {len(rows)}\n")
    return tokenised(rows * mix["own_times"], tokenizer, mix)


def tokenised(rows: Sequence[tuple[str, float]], tokenizer: Any, mix: Mapping[str, Any]) -> list[Sample]:
    """Cleaned as in serving, cut to token ids; what holds no token is left out."""
    if not rows:
        return []
    texts = [clean(text) for text, _ in rows]
    ids = tokenizer(texts, truncation=True, max_length=mix["max_length"])["input_ids"]
    return [Sample(tokens, stars) for tokens, (_, stars) in zip(ids, rows, strict=True) if len(tokens) > 2]


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


def batches(samples: Sequence[Sample], budget: int, shuffle: random.Random) -> list[list[Sample]]:
    """Batches of texts of like length, `budget` tokens each at most, in random order."""
    made: list[list[Sample]] = [[]]
    for sample in sorted(samples, key=lambda item: len(item.tokens) + shuffle.random()):
        if made[-1] and (len(made[-1]) + 1) * len(sample.tokens) > budget:
            made.append([])
        made[-1].append(sample)
    shuffle.shuffle(made)
    return made


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
    return {name if name.startswith(("bert.", "classifier.")) else f"bert.{name}": w for name, w in weights.items()}


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


def build(base: Path, packed: Mapping[str, torch.Tensor]) -> BertForSequenceClassification:
    """A classifier over five stars on the base's weights; its head and, where the base has none, pooler are new."""
    # Drawing dropout masks took 40 % of a step on a CPU, and one pass over the data leaves little to overfit.
    config = BertConfig.from_pretrained(
        str(base), num_labels=5, classifier_dropout=0.1, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0
    )
    model = BertForSequenceClassification(config)
    left = model.load_state_dict(unpack(packed), strict=False)
    unknown = [name for name in left.missing_keys if "pooler" not in name and "classifier" not in name]
    if unknown or left.unexpected_keys:
        sys.exit(f"{base}: does not fit, e.g. {(unknown + left.unexpected_keys)[0]}")
    model.bert.embeddings.word_embeddings.weight.requires_grad_(False)
    return model


def schedule(warmup_steps: int, progress: Callable[[int], float], *, hold: bool) -> Callable[[int], float]:
    """The factor of the learning rate at a step: up linearly, then held, or down to zero as `progress` nears 1."""
    return lambda step: min((step + 1) / warmup_steps, 1.0 if hold else max(0.0, 1.0 - progress(step)))


def train(
    model: BertForSequenceClassification,
    samples: Sequence[Sample],
    mix: Mapping[str, Any],
    plan: Plan,
    keep: Callable[[], None],
) -> None:
    """Train in place; prints the running loss and calls `keep` every ten minutes, so that little is lost."""
    free = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(free, lr=mix["learning_rate"], weight_decay=0.01, fused=True)
    shuffle = random.Random(plan.seed)  # noqa: S311 - order, no secret
    ordered = [batch for _ in range(plan.epochs) for batch in batches(samples, mix["batch_tokens"], shuffle)]
    started = kept = time.monotonic()

    def progress(step: int) -> float:
        spent = (time.monotonic() - started) / (plan.minutes * 60) if plan.minutes else 0.0
        return max(spent, step / len(ordered))

    rate = torch.optim.lr_scheduler.LambdaLR(optimizer, schedule(mix["warmup_steps"], progress, hold=plan.hold))
    model.train()
    mean, seen = 0.0, 0
    for step, batch in enumerate(ordered, start=1):
        if progress(step - 1) >= 1:
            break
        loss = _loss(model, batch, mix["soft_target"])
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(free, 1.0)
        optimizer.step()
        rate.step()
        optimizer.zero_grad()
        seen += len(batch)
        mean = loss.item() if step == 1 else 0.98 * mean + 0.02 * loss.item()
        if step % 50 == 1:
            minutes = (time.monotonic() - started) / 60
            sys.stdout.write(f"step {step}/{len(ordered)}, {seen} texts, loss {mean:.4f}, {minutes:.1f} min\n")
            sys.stdout.flush()
        if time.monotonic() - kept > KEEP_S:
            keep()
            kept = time.monotonic()


def _loss(model: BertForSequenceClassification, batch: Sequence[Sample], keep: float) -> torch.Tensor:
    length = max(len(item.tokens) for item in batch)
    ids = torch.full((len(batch), length), model.config.pad_token_id)
    for row, item in enumerate(batch):
        ids[row, : len(item.tokens)] = torch.tensor(item.tokens)
    wanted = torch.tensor([soft_target(item.stars, keep) for item in batch])
    logits = model(input_ids=ids, attention_mask=(ids != model.config.pad_token_id).long()).logits
    return -(wanted * log_softmax(logits, -1)).sum(-1).mean()


def save(model: BertForSequenceClassification, packed: Mapping[str, torch.Tensor], base: Path, target: Path) -> None:
    """Write the checkpoint: weights, configuration and tokenizer."""
    target.mkdir(parents=True, exist_ok=True)
    save_file(pack({name: value.detach() for name, value in model.state_dict().items()}, packed), target / WEIGHTS)
    (target / "config.json").write_text(json.dumps(model.config.to_dict(), indent=1), encoding="utf-8")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(base / name, target / name)


def keep_full(model: BertForSequenceClassification, target: Path) -> None:
    """Write the fp32 weights beside, then in place: a killed run leaves a whole file."""
    target.mkdir(parents=True, exist_ok=True)
    partial = target / f"{FULL}.partial"
    save_file(
        {name: value.detach().contiguous() for name, value in model.state_dict().items()}, partial, {"format": "pt"}
    )
    partial.replace(target / FULL)


def main() -> None:
    """Train and write the checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("base", type=Path)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--samples", type=int, help="this many of the corpus at most, for a trial")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument(
        "--minutes", type=float, default=0, help="stop after these; the learning rate falls by the clock"
    )
    parser.add_argument("--hold", action="store_true", help="keep the learning rate up: a later stage lets it fall")
    parser.add_argument("--from", dest="start", type=Path, help="go on from these fp32 weights")
    parser.add_argument("--own", type=Path, help="a folder of our own sentences to mix in")
    parser.add_argument("--rate", type=float, help="another learning rate than mix.toml's, for a last, gentle stage")
    parser.add_argument("--seed", type=int, default=0, help="added to the seed of mix.toml: another order")
    given = parser.parse_args()
    mix = tomllib.loads((HERE / "mix.toml").read_text(encoding="utf-8"))
    mix["learning_rate"] = given.rate or mix["learning_rate"]
    torch.manual_seed(mix["seed"] + given.seed)
    torch.set_flush_denormal(True)
    tokenizer = AutoTokenizer.from_pretrained(str(given.base))
    samples = read_samples(given.corpus, mix, tokenizer, given.samples)
    if given.own:
        samples += read_own(given.own, tokenizer, mix)
    packed = load_file(given.base / WEIGHTS)
    model = build(given.base, packed)
    if given.start:
        model.load_state_dict(load_file(given.start))
    plan = Plan(given.epochs, given.minutes, given.hold, mix["seed"] + given.seed)
    train(model, samples, mix, plan, lambda: keep_full(model, given.checkpoint))
    keep_full(model, given.checkpoint)
    save(model, packed, given.base, given.checkpoint)


if __name__ == "__main__":
    main()
