"""One sample a model learns from, batches of samples, and the file that carries samples to another machine.

The file holds token ids and labels, no text, so that a machine which trains needs neither the corpus nor a tokenizer.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file


@dataclass(frozen=True)
class Span:
    """Tokens `start` up to `end` (not included) of a text and what is known of each theme there.

    `present` holds 1 or 0 a theme, `polarity` a value in [-1, 1]; NaN where it is not known.
    """

    start: int
    end: int
    present: Sequence[float]
    polarity: Sequence[float]


@dataclass(frozen=True)
class Sample:
    """Token ids of a text between the start and end marks, its stars (1-5, None where not known), and theme spans.

    `source` names the set of the corpus, or `own`, `themes` (of the corpus) and `joined` (several of our own in a row).
    `shares` is the distribution over one to five stars that teachers gave the text, where they were asked (distil.py).
    """

    tokens: Sequence[int]
    stars: float | None
    spans: tuple[Span, ...] = ()
    source: str = ""
    shares: Sequence[float] | None = None


def batches(samples: Sequence[Sample], budget: int, shuffle: random.Random) -> list[list[Sample]]:
    """Batches of texts of like length, `budget` tokens each at most, in random order."""
    made: list[list[Sample]] = [[]]
    for sample in sorted(samples, key=lambda item: len(item.tokens) + shuffle.random()):
        if made[-1] and (len(made[-1]) + 1) * len(sample.tokens) > budget:
            made.append([])
        made[-1].append(sample)
    shuffle.shuffle(made)
    return made


def write_samples(path: Path, samples: Sequence[Sample], names: Sequence[str]) -> None:
    """Write the samples as safetensors: flat token ids with lengths, stars, and the spans with the sample of each.

    `names` are the themes in the order in which the spans tell of them.
    """
    sources = sorted({item.source for item in samples})
    spans = [(place, span) for place, item in enumerate(samples) for span in item.spans]
    arrays = {
        "tokens": np.array([token for item in samples for token in item.tokens], np.int32),
        "lengths": np.array([len(item.tokens) for item in samples], np.int32),
        "stars": np.array([np.nan if item.stars is None else item.stars for item in samples], np.float32),
        "sources": np.array([sources.index(item.source) for item in samples], np.int32),
        "spans": np.array([(place, span.start, span.end) for place, span in spans], np.int32).reshape(-1, 3),
        "present": np.array([span.present for _, span in spans], np.float32),
        "polarity": np.array([span.polarity for _, span in spans], np.float32),
    }
    save_file(arrays, path, {"sources": json.dumps(sources), "names": json.dumps(list(names))})


def read_samples(path: Path) -> tuple[list[Sample], list[str]]:
    """The samples of a file of `write_samples`, in its order, and the names of the themes."""
    with safe_open(path, "numpy") as stored:
        sources, names = (json.loads(stored.metadata()[part]) for part in ("sources", "names"))
        arrays = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118 - no mapping
    ends = arrays["lengths"].cumsum()
    known: list[list[Span]] = [[] for _ in ends]
    for (place, start, end), present, polarity in zip(
        arrays["spans"].tolist(), arrays["present"].tolist(), arrays["polarity"].tolist(), strict=True
    ):
        known[place].append(Span(start, end, present, polarity))
    samples = [
        Sample(tokens.tolist(), None if np.isnan(stars) else stars, tuple(spans), sources[source])
        for tokens, stars, spans, source in zip(
            np.split(arrays["tokens"], ends[:-1]), arrays["stars"].tolist(), known, arrays["sources"], strict=True
        )
    ]
    return samples, names
