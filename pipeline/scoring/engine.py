"""The sentiment model at work: texts in, scores out. The only user of transformers and ONNX Runtime.

A text's score never depends on its neighbours: products are exact sums of int8 values whose scales were fixed when the
model was exported, so batches, order, padding and threads leave every figure as it is (tests hold this to 1e-4;
measured 0).
"""

from __future__ import annotations

import hashlib
import json
import os
from bisect import bisect_right
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
from pipeline.scoring.theme_maps import ThemeOutputs, join_sentences, read_sentences
from pipeline.scoring.themes import sentence_starts

MODEL_FILE = "model.onnx"
DESCRIPTION_FILE = "leumund.json"
SUPPORTED = frozenset(("en", "de", "fr", "es", "it", "nl", "pt"))
CHUNK = 1_024
TOKEN_BUDGET = 512
WINDOW = 256
# Below four tokens in all ONNX Runtime takes another kernel, which rounds otherwise; so no batch is that small.
MIN_LENGTH = 8


class Text(NamedTuple):
    """A distinct text to score; `language` as detected, None where it could not be told."""

    text_hash: str
    text: str
    language: str | None


class Piece(NamedTuple):
    """A window of token ids between the marks, and the first token (marks not counted) of each sentence in it."""

    tokens: list[int]
    starts: list[int]


class Reading(NamedTuple):
    """What the model reads: the shares of one to five stars; with a theme head, presence and polarity of each theme."""

    stars: NDArray[Any]
    present: NDArray[np.floating[Any]] | None = None
    polarity: NDArray[np.floating[Any]] | None = None


@dataclass(frozen=True)
class _Description:
    """What lies beside the weights: their version, checksum, and cut-offs."""

    version: str
    sha256: str
    cuts: sentiment.Cuts
    themes: ThemeOutputs | None


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
        themes: ThemeOutputs | None = None,
    ) -> None:
        self._session = session
        self._workers = workers
        self._tokenizer = tokenizer
        self._cuts = cuts
        self.rules = rules
        self._languages = languages
        self._themes = themes
        self.model_version = version

    @property
    def reads_themes(self) -> bool:
        """Whether the model itself reads themes; if not, the cues of the rules find them."""
        return self._themes is not None

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
        # It plans one block of memory for each shape of batch; ours take a hundred shapes, and the blocks pile up.
        options.enable_mem_pattern = False
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
            themes=description.themes,
        )

    def score(self, items: Iterable[Text], *, progress: Callable[[int], None] | None = None) -> Iterator[Score]:
        """One score a text, in their order; memory stays bounded however many come.

        A text in a language the model does not know, an empty or unreadable one gets no figures but a reason. One whose
        language could not be told is scored if its letters are Latin, with halved confidence.
        """
        done = 0
        # The rules run in Python on one core; meanwhile the model reads the next chunk on all of them.
        with ThreadPoolExecutor(1) as ahead:
            for chunk in _ahead(ahead, self._read_chunk, items):
                for item, found in chunk:
                    if isinstance(found, Reading):
                        yield self._scored(item, found)
                    else:
                        yield _abstained(item, self.model_version, found, self.rules.version)
                done += len(chunk)
                if progress is not None:
                    progress(done)

    def readings(self, texts: Sequence[str]) -> list[Reading]:
        """What the model reads in each text; long texts are read whole, in windows weighted by length."""
        found = self._tokenizer(list(texts), add_special_tokens=False, return_offsets_mapping=self._themes is not None)
        pieces: list[Piece] = []
        owners: list[int] = []
        for owner, tokens in enumerate(found["input_ids"]):
            breaks = _sentence_breaks(texts[owner], found["offset_mapping"][owner]) if self._themes else []
            for piece in _windows(tokens, breaks):
                pieces.append(piece)
                owners.append(owner)
        parts: list[list[tuple[Piece, Reading]]] = [[] for _ in texts]
        for owner, piece, reading in zip(owners, pieces, self._run(pieces), strict=True):
            parts[owner].append((piece, reading))
        return [_joined(each) for each in parts]

    def distributions(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """The share of each star for each text (n x 5)."""
        return np.array([reading.stars for reading in self.readings(texts)]).reshape(len(texts), 5)

    def _read_chunk(self, chunk: Sequence[Text]) -> list[tuple[Text, Reading | str]]:
        """Each text with what the model reads in it, or with why it is left unscored; equal texts are read once."""
        reasons = [abstention(item.text, item.language, self._languages) for item in chunk]
        wanted = {item.text: None for item, reason in zip(chunk, reasons, strict=True) if reason is None}
        found = dict(zip(wanted, self.readings(list(wanted)), strict=True)) if wanted else {}
        return [(item, reason or found[item.text]) for item, reason in zip(chunk, reasons, strict=True)]

    def _scored(self, item: Text, reading: Reading) -> Score:
        read = sentiment.read(reading.stars.tolist(), item.language, self._cuts)
        confidence = round(read.confidence * (1.0 if item.language else 0.5), 6)
        opinion = Opinion(read.label, round(read.p_neg, 6), confidence)
        found = self.rules.read(item.text, item.language, round(read.polarity, 6), opinion)
        themes = found.themes
        if self._themes is not None and reading.present is not None and reading.polarity is not None:
            cues = {f"{mention.group}.{mention.theme}" for mention in found.themes if mention.group != "none"}
            themes = self._themes.mentions(reading.present, reading.polarity, read.polarity, cues)
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
            themes=themes,
            escalation=found.escalation,
            billing=found.billing,
            rules_version=self.rules.version,
        )

    def _run(self, pieces: list[Piece]) -> list[Reading]:
        """The readings of token windows, batched by length so that little padding is multiplied."""
        batches = batches_of([len(piece.tokens) for piece in pieces])
        read: dict[int, Reading] = {}
        with ThreadPoolExecutor(self._workers) as pool:
            found = pool.map(self._infer, ([pieces[at] for at in batch] for batch in batches))
            for batch, readings in zip(batches, found, strict=True):
                read.update(zip(batch, readings, strict=True))
        return [read[at] for at in range(len(pieces))]

    def _infer(self, batch: list[Piece]) -> list[Reading]:
        length = max(MIN_LENGTH, *(len(piece.tokens) for piece in batch))
        ids = np.full((len(batch), length), self._tokenizer.pad_token_id, dtype=np.int64)
        mask = np.zeros((len(batch), length), dtype=np.int32)
        for row, piece in enumerate(batch):
            ids[row, : len(piece.tokens)] = piece.tokens
            mask[row, : len(piece.tokens)] = 1
        outputs = ["stars", "themes"] if self._themes else ["stars"]
        stars, *maps = self._session.run(outputs, {"input_ids": ids, "mask": mask})
        if not maps:
            return [Reading(share) for share in stars]
        return [
            Reading(share, *read_sentences(found[1 : len(piece.tokens) - 1], piece.starts))
            if piece.starts
            else Reading(share)
            for share, found, piece in zip(stars, maps[0], batch, strict=True)
        ]


def _ahead(
    pool: ThreadPoolExecutor, read: Callable[[list[Text]], list[tuple[Text, Reading | str]]], items: Iterable[Text]
) -> Iterator[list[tuple[Text, Reading | str]]]:
    """What `read` makes of each chunk, in order; while one is worked on, `pool` reads the next."""
    texts = iter(items)
    coming = None
    while chunk := list(islice(texts, CHUNK)):
        done, coming = coming, pool.submit(read, chunk)
        if done is not None:
            yield done.result()
    if coming is not None:
        yield coming.result()


_REINSTALL = "Reinstall Leumund, or mend model.directory in the settings"
_START, _END = 0, 2  # <s> and </s> of the XLM-R vocabulary


def _windows(tokens: list[int], breaks: Sequence[int]) -> list[Piece]:
    """Token windows of a text, each between the start and end marks; equal parts, so that no tail is a mere stub.

    `breaks` holds the first token of each sentence, the first of them 0; a sentence cut by a window counts in both.
    """
    room = WINDOW - 2
    count = max(1, -(-len(tokens) // room))
    size = -(-len(tokens) // count) if tokens else 0
    pieces = []
    for low in range(0, max(1, len(tokens)), max(1, size)):
        part = tokens[low : low + size]
        starts = [0, *(at - low for at in breaks if low < at < low + len(part))] if breaks and part else []
        pieces.append(Piece([_START, *part, _END], starts))
    return pieces


def _sentence_breaks(text: str, offsets: Sequence[tuple[int, int]]) -> list[int]:
    """The first token of each sentence; no two the same."""
    ends = [end for _, end in offsets]
    return sorted({bisect_right(ends, at) for at in sentence_starts(text)} - {len(ends)} | {0}) if ends else []


def _joined(parts: Sequence[tuple[Piece, Reading]]) -> Reading:
    """One reading of a text from those of its windows."""
    if len(parts) == 1:
        stars = parts[0][1].stars.astype(np.float64)
    else:
        weights = np.array([len(piece.tokens) for piece, _ in parts], dtype=np.float64)
        stars = np.average([reading.stars for _, reading in parts], axis=0, weights=weights)
    seen = [reading for _, reading in parts if reading.present is not None and reading.polarity is not None]
    if not seen:
        return Reading(stars)
    present = np.concatenate([reading.present for reading in seen])
    polarity = np.concatenate([reading.polarity for reading in seen])
    return Reading(stars, *join_sentences(present, polarity))


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
        cuts = sentiment.Cuts(
            row["negative_below"],
            row["positive_above"],
            row["alarm_below"],
            row["temperature"],
            {name: [(x, y) for x, y in points] for name, points in row.get("confidence", {}).items()},
            row.get("star_temperature"),
        )
        themes = ThemeOutputs(**row["themes"] | {"names": tuple(row["themes"]["names"])}) if "themes" in row else None
        return _Description(row["version"], row["sha256"], cuts, themes)
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
