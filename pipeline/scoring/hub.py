"""Any classifier of the Hugging Face hub, or a folder of that form, in place of the shipped model. Needs torch.

Its labels are mapped to stars: one to five as they are, negative, neutral and positive to one, three and five. All that
follows (label, polarity, alarm flag) is then read from the stars as with the shipped model, so that marts and alerts
mean the same whichever model scored.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import ModelError
from pipeline.scoring import sentiment
from pipeline.scoring.engine import SUPPORTED, WINDOW, Engine, Reading, batches_of
from pipeline.scoring.rules import read_text_rules

STARS_OF = {"negative": 1, "neg": 1, "neutral": 3, "neu": 3, "positive": 5, "pos": 5}
_STARS = re.compile(r"^([1-5])(?:[ _]?stars?)?$")
# Between the classes' own stars: a text goes where most of its probability lies.
CUTS = sentiment.Cuts(negative=2.5, positive=3.5, alarm={"": 2.5}, temperature={"": 1.0})
_WEIGHTS = ("*.safetensors", "pytorch_model*.bin")


@dataclass(frozen=True)
class HubModel:
    """Which model: a hub id or a folder, a revision of it, what its labels mean where their names do not say it.

    `labels` maps a label to negative, neutral, positive or a number of stars; `languages` are those it may score.
    """

    name: str
    revision: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    languages: frozenset[str] = SUPPORTED


class HubEngine(Engine):
    """Scores with torch what a transformers sequence classifier says."""

    _model: Any
    _star_of_label: NDArray[np.int64]

    @classmethod
    def load_hub(cls, hub: HubModel, cue_dir: Path, *, threads: int | None = None) -> HubEngine:
        """The engine of a hub model; an id is fetched once into the Hugging Face cache, a folder is read as it is.

        Raises:
            ModelError: torch is missing, the model cannot be loaded, or what its labels mean is not known.
        """
        folder = Path(hub.name)
        is_local = folder.is_dir()
        os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
        try:
            import torch
        except ImportError as error:
            raise ModelError(
                "torch is not installed", where=hub.name, remedy="pip install 'leumund[torch]', or remove model.hub"
            ) from error
        from transformers import AutoModelForSequenceClassification, AutoTokenizer
        from transformers.utils.logging import disable_progress_bar

        disable_progress_bar()  # type: ignore[no-untyped-call]
        if threads is not None:
            torch.set_num_threads(threads)
        try:
            settings = {"revision": hub.revision or "main", "local_files_only": is_local, "trust_remote_code": False}
            tokenizer = AutoTokenizer.from_pretrained(hub.name, **settings)
            model = AutoModelForSequenceClassification.from_pretrained(hub.name, **settings).eval()
        except Exception as error:
            raise ModelError(
                f"cannot be loaded ({type(error).__name__})",
                where=hub.name,
                remedy="Check model.hub and the network; a folder needs config.json, weights and tokenizer",
            ) from error
        stars = star_of_labels(model.config.id2label, hub)
        version = f"{_identity(hub, folder, model.config)}+{_digest(stars)}"
        engine = cls(
            tokenizer,
            version,
            CUTS,
            read_text_rules(cue_dir),
            languages=hub.languages,
        )
        engine._model = model
        engine._star_of_label = np.array([star - 1 for star in stars])
        return engine

    def readings(self, texts: Sequence[str]) -> list[Reading]:
        """The share of each star for each text; long texts are read whole, in windows weighted by length."""
        found = self._tokenizer(list(texts), truncation=True, max_length=self._window(), return_overflowing_tokens=True)
        pieces, owners = found["input_ids"], found["overflow_to_sample_mapping"]
        total, weight = np.zeros((len(texts), 5)), np.zeros((len(texts), 1))
        for batch in batches_of([len(piece) for piece in pieces]):
            shares = self._infer_labels([pieces[at] for at in batch])
            for at, share in zip(batch, shares, strict=True):
                np.add.at(total[owners[at]], self._star_of_label, share * len(pieces[at]))
                weight[owners[at]] += len(pieces[at])
        return [Reading(stars) for stars in total / np.maximum(weight, 1)]

    def _window(self) -> int:
        # A tokenizer without a limit says so with a huge number.
        return int(min(WINDOW, self._tokenizer.model_max_length))

    def _infer_labels(self, pieces: list[list[int]]) -> NDArray[np.float64]:
        import torch

        padded = self._tokenizer.pad({"input_ids": pieces}, return_tensors="pt")
        with torch.inference_mode():
            logits = self._model(input_ids=padded["input_ids"], attention_mask=padded["attention_mask"]).logits
        shares: NDArray[np.float64] = torch.softmax(logits.double(), -1).numpy()
        return shares


def star_of_labels(id2label: Mapping[int, str], hub: HubModel) -> list[int]:
    """The stars (1-5) that each class of a model stands for, in the order of its classes.

    Raises:
        ModelError: a label neither says what it means nor is declared in `hub.labels`.
    """
    declared = {label.lower(): meaning for label, meaning in hub.labels.items()}
    stars = []
    for place in sorted(id2label, key=int):
        name = str(id2label[place]).strip()
        meaning = str(declared.get(name.lower(), name)).strip().lower()
        match = _STARS.match(meaning)
        if meaning not in STARS_OF and not match:
            raise ModelError(
                f"what its label {name!r} means is not known",
                where=hub.name,
                remedy=f'Declare it: [model.labels] {name} = "negative", "neutral", "positive", or stars from 1 to 5',
            )
        stars.append(STARS_OF.get(meaning) or int(match.group(1) if match else 0))
    if min(stars) >= 3 or max(stars) <= 3:
        raise ModelError("its labels hold no two sides", where=hub.name, remedy="Check [model.labels]")
    return stars


def _identity(hub: HubModel, folder: Path, config: Any) -> str:
    """What tells two sets of weights apart: the commit of a hub model, the weights' checksum of a folder."""
    if not folder.is_dir():
        return f"{hub.name}@{str(getattr(config, '_commit_hash', None) or hub.revision or 'main')[:12]}"
    digest = hashlib.sha256()
    for path in sorted(path for pattern in _WEIGHTS for path in folder.glob(pattern)):
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return f"{folder.resolve().name}@{digest.hexdigest()[:12]}"


def _digest(stars: Sequence[int]) -> str:
    return "".join(map(str, stars))
