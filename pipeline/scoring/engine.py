"""The sentiment model at work: texts in, scores out. The only user of transformers and ONNX Runtime.

A text's score never depends on its neighbours: products are exact sums of int8 values whose scales were fixed when the
model was exported, so batches, order, padding and threads leave every figure as it is (tests hold this to 1e-4;
measured 0).
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import ModelError
from pipeline.review import Score
from pipeline.scoring import sentiment
from pipeline.scoring.escalation import Opinion
from pipeline.scoring.rules import TextRules, read_text_rules

MODEL_FILE = "model.onnx"
DESCRIPTION_FILE = "leumund.json"
SUPPORTED = frozenset(("en", "de", "fr", "es", "it", "nl", "pt"))
CHUNK = 1_024
TOKEN_BUDGET = 1_024
WINDOW = 256
# Below four tokens in all ONNX Runtime takes another kernel, which rounds otherwise; so no batch is that small.
MIN_LENGTH = 8


class Text(NamedTuple):
    """A distinct text to score; `language` as detected, None where it could not be told."""

    text_hash: str
    text: str
    language: str | None


@dataclass(frozen=True)
class _Description:
    """What lies beside the weights: their version, checksum, and cut-offs."""

    version: str
    sha256: str
    cuts: sentiment.Cuts


class Engine:
    """The shipped model, or one of the same form in another folder."""

    def __init__(
        self,
        tokenizer: Any,
        version: str,
        cuts: sentiment.Cuts,
        rules: TextRules,
        *,
        session: Any = None,
        workers: int = 1,
        languages: AbstractSet[str] = SUPPORTED,
    ) -> None:
        self._session = session
        self._workers = workers
        self._tokenizer = tokenizer
        self._cuts = cuts
        self.rules = rules
        self._languages = languages
        self.model_version = version

    @classmethod
    def load(cls, model_dir: Path, *, threads: int | None = None) -> Engine:
        """The engine of a model folder; nothing is fetched, nothing unpacked.

        `threads` batches are worked on at a time, one core each; as many as there are cores to use where it is None.

        Raises:
            ModelError: a file is missing, damaged or does not fit.
        """
        description = _describe(model_dir)
        path = model_dir / MODEL_FILE
        _verify(path, description.sha256)
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
        os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")  # it would warn that torch is missing
        os.environ.setdefault("TRANSFORMERS_NO_ADVISORY_WARNINGS", "1")
        import onnxruntime
        from transformers import AutoTokenizer

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        # Whole batches side by side: small products and element-wise steps split badly over threads.
        options.intra_op_num_threads = 1
        try:
            session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
            tokenizer = AutoTokenizer.from_pretrained(str(model_dir), local_files_only=True)
        except Exception as error:
            raise ModelError(
                f"cannot be loaded ({type(error).__name__})", where=str(path), remedy=_REINSTALL
            ) from error
        return cls(
            tokenizer,
            description.version,
            description.cuts,
            read_text_rules(model_dir),
            session=session,
            workers=threads or _cores(),
        )

    def score(self, items: Iterable[Text], *, progress: Callable[[int], None] | None = None) -> Iterator[Score]:
        """One score a text, in their order; memory stays bounded however many come.

        A text in a language the model does not know, an empty or unreadable one gets no figures but a reason. One whose
        language could not be told is scored if its letters are Latin, with halved confidence.
        """
        texts = iter(items)
        done = 0
        while chunk := list(islice(texts, CHUNK)):
            yield from self._score_chunk(chunk)
            done += len(chunk)
            if progress is not None:
                progress(done)

    def distributions(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """The share of each star for each text (n x 5); long texts are read whole, in windows weighted by length."""
        pieces: list[list[int]] = []
        owners: list[int] = []
        for owner, tokens in enumerate(self._tokenizer(list(texts), add_special_tokens=False)["input_ids"]):
            for piece in _windows(tokens):
                pieces.append(piece)
                owners.append(owner)
        shares = self._run(pieces)
        total = np.zeros((len(texts), 5))
        weight = np.zeros((len(texts), 1))
        for owner, piece, share in zip(owners, pieces, shares, strict=True):
            total[owner] += share * len(piece)
            weight[owner] += len(piece)
        return total / np.maximum(weight, 1)

    def _score_chunk(self, chunk: list[Text]) -> Iterator[Score]:
        reasons = [abstention(item.text, item.language, self._languages) for item in chunk]
        wanted = {item.text: None for item, reason in zip(chunk, reasons, strict=True) if reason is None}
        found = dict(zip(wanted, self.distributions(list(wanted)), strict=True)) if wanted else {}
        for item, reason in zip(chunk, reasons, strict=True):
            if reason is None:
                yield self._scored(item, found[item.text])
            else:
                yield _abstained(item, self.model_version, reason, self.rules.version)

    def _scored(self, item: Text, stars: NDArray[np.float64]) -> Score:
        read = sentiment.read(stars.tolist(), item.language, self._cuts)
        confidence = round(read.confidence * (1.0 if item.language else 0.5), 6)
        opinion = Opinion(read.label, round(read.p_neg, 6), confidence)
        found = self.rules.read(item.text, item.language, round(read.polarity, 6), opinion)
        return Score(
            text_hash=item.text_hash,
            model_version=self.model_version,
            language=item.language,
            label=read.label,
            is_negative=read.is_negative,
            polarity=round(read.polarity, 6),
            p_neg=round(read.p_neg, 6),
            p_neu=round(read.p_neu, 6),
            p_pos=round(read.p_pos, 6),
            stars=round(read.stars, 6),
            confidence=confidence,
            abstained=None,
            themes=found.themes,
            escalation=found.escalation,
            billing=found.billing,
            rules_version=self.rules.version,
        )

    def _run(self, pieces: list[list[int]]) -> NDArray[np.float64]:
        """The distributions of token windows, batched by length so that little padding is multiplied."""
        batches = batches_of([len(piece) for piece in pieces])
        shares = np.zeros((len(pieces), 5))
        with ThreadPoolExecutor(self._workers) as pool:
            found = pool.map(self._infer, ([pieces[at] for at in batch] for batch in batches))
            for batch, stars in zip(batches, found, strict=True):
                shares[batch] = stars
        return shares

    def _infer(self, batch: list[list[int]]) -> NDArray[np.float32]:
        length = max(MIN_LENGTH, *map(len, batch))
        ids = np.full((len(batch), length), self._tokenizer.pad_token_id, dtype=np.int64)
        mask = np.zeros((len(batch), length), dtype=np.int32)
        for row, tokens in enumerate(batch):
            ids[row, : len(tokens)] = tokens
            mask[row, : len(tokens)] = 1
        stars: NDArray[np.float32] = self._session.run(None, {"input_ids": ids, "mask": mask})[0]
        return stars


_REINSTALL = "Reinstall Leumund, or mend model.directory in the settings"
_START, _END = 0, 2  # <s> and </s> of the XLM-R vocabulary


def _windows(tokens: list[int]) -> list[list[int]]:
    """Token windows of a text, each between the start and end marks; equal parts, so that no tail is a mere stub."""
    room = WINDOW - 2
    count = max(1, -(-len(tokens) // room))
    size = -(-len(tokens) // count) if tokens else 0
    return [[_START, *tokens[at * size : (at + 1) * size], _END] for at in range(count)]


def batches_of(lengths: Sequence[int]) -> list[list[int]]:
    """Places of texts of like length together, at most TOKEN_BUDGET tokens with their padding; the longest first.

    The longest first, so that the last batch at work is a short one and no core waits long for another.
    """
    batches: list[list[int]] = []
    for at in sorted(range(len(lengths)), key=lambda place: (-lengths[place], place)):
        longest = max(MIN_LENGTH, lengths[batches[-1][0]]) if batches else 0
        if not batches or (len(batches[-1]) + 1) * longest > TOKEN_BUDGET:
            batches.append([])
        batches[-1].append(at)
    return batches


def _cores() -> int:
    """The cores this process may use; a container often grants fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def abstention(text: str, language: str | None, languages: AbstractSet[str] = SUPPORTED) -> str | None:
    """Why a text is left unscored, or None: `empty`, `unreadable`, `language:<code>` or `language:unknown`."""
    if not text.strip():
        return "empty"
    letters = [sign for sign in text[:2000] if sign.isalpha()]
    if not letters:
        return "unreadable"
    if language is not None:
        return None if language in languages else f"language:{language}"
    latin = sum(sign < "\u0250" for sign in letters)
    return None if latin * 2 > len(letters) else "language:unknown"


def _abstained(item: Text, version: str, reason: str, rules_version: str) -> Score:
    return Score(
        text_hash=item.text_hash,
        model_version=version,
        language=item.language,
        label=None,
        is_negative=None,
        polarity=None,
        p_neg=None,
        p_neu=None,
        p_pos=None,
        stars=None,
        confidence=None,
        abstained=reason,
        rules_version=rules_version,
    )


def _describe(model_dir: Path) -> _Description:
    path = model_dir / DESCRIPTION_FILE
    try:
        row = json.loads(path.read_text(encoding="utf-8"))
        cuts = sentiment.Cuts(row["negative_below"], row["positive_above"], row["alarm_below"], row["temperature"])
        return _Description(row["version"], row["sha256"], cuts)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError("no model description", where=str(path), remedy=_REINSTALL) from error


def _verify(path: Path, expected: str) -> None:
    try:
        with path.open("rb") as file:
            actual = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError("the weights are missing", where=str(path), remedy=_REINSTALL) from error
    if actual != expected:
        raise ModelError("the weights are damaged (checksum differs)", where=str(path), remedy=_REINSTALL)
