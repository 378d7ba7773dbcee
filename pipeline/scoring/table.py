"""Rows of any table with the model's columns beside them: the work of `leumund score`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from pipeline.errors import BadInput
from pipeline.review import Score
from pipeline.scoring.engine import Engine, Text
from pipeline.scoring.remembered import Remembered
from pipeline.text import clean, language

COLUMNS = (
    "lm_lang", "lm_label", "lm_polarity", "lm_p_neg", "lm_p_neu", "lm_p_pos", "lm_stars", "lm_confidence",
    "lm_abstained", "lm_themes", "lm_model",
)  # fmt: skip


def score_rows(
    engine: Engine, batches: Iterable[Sequence[Mapping[str, Any]]], text_column: str
) -> Iterator[dict[str, Any]]:
    """Every row in its order with all its columns and the lm_ columns. A text that repeats is scored once.

    Raises:
        BadInput: there is no such column, or no row.
    """
    count = 0
    with Remembered() as remembered:
        for batch in batches:
            if not batch:
                continue
            if count == 0 and text_column not in batch[0]:
                raise BadInput(
                    f"no column {text_column!r}", where="--text-column", remedy=f"Columns: {', '.join(batch[0])}"
                )
            count += len(batch)
            texts = [clean.clean(str(row[text_column])) if row.get(text_column) is not None else "" for row in batch]
            digests = [_digest(text) for text in texts]
            known = remembered.find(dict.fromkeys(digests))
            fresh = {digest: text for digest, text in zip(digests, texts, strict=True) if digest not in known}
            found = _scored(engine, fresh)
            remembered.add(found.items())
            known |= found
            for row, digest in zip(batch, digests, strict=True):
                yield {**row, **json.loads(known[digest])}
    if count == 0:
        raise BadInput("the table is empty", remedy="Give a table with at least one row")


def _scored(engine: Engine, texts: Mapping[bytes, str]) -> dict[bytes, bytes]:
    guesses = language.detect_many((text, None) for text in texts.values())
    items = [Text(digest.hex(), text, guess.code) for (digest, text), guess in zip(texts.items(), guesses, strict=True)]
    return {
        digest: json.dumps(_columns(score), ensure_ascii=False).encode()
        for digest, score in zip(texts, engine.score(items), strict=True)
    }


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).digest()


def _columns(score: Score) -> dict[str, Any]:
    return {
        "lm_lang": score.language,
        "lm_label": score.label,
        "lm_polarity": score.polarity,
        "lm_p_neg": score.p_neg,
        "lm_p_neu": score.p_neu,
        "lm_p_pos": score.p_pos,
        "lm_stars": score.stars,
        "lm_confidence": score.confidence,
        "lm_abstained": score.abstained,
        "lm_themes": json.dumps([asdict(mention) for mention in score.themes], ensure_ascii=False),
        "lm_model": score.model_version,
    }
