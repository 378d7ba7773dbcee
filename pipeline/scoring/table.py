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
from pipeline.text import clean, language

COLUMNS = (
    "lm_lang", "lm_label", "lm_polarity", "lm_p_neg", "lm_p_neu", "lm_p_pos", "lm_stars", "lm_confidence",
    "lm_abstained", "lm_themes", "lm_model",
)  # fmt: skip
_REMEMBERED = 200_000


def score_rows(
    engine: Engine, batches: Iterable[Sequence[Mapping[str, Any]]], text_column: str
) -> Iterator[dict[str, Any]]:
    """Every row in its order with all its columns and the lm_ columns. A text that repeats is scored once.

    Raises:
        BadInput: there is no such column, or no row.
    """
    # Of a text only its digest is remembered, of its score the written columns: a tenth of the memory.
    known: dict[bytes, bytes] = {}
    count = 0
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
        fresh = {digest: text for digest, text in zip(digests, texts, strict=True) if digest not in known}
        guesses = language.detect_many((text, None) for text in fresh.values())
        items = [
            Text(digest.hex(), text, guess.code) for (digest, text), guess in zip(fresh.items(), guesses, strict=True)
        ]
        for digest, score in zip(fresh, engine.score(items), strict=True):
            known[digest] = json.dumps(_columns(score), ensure_ascii=False).encode()
        for row, digest in zip(batch, digests, strict=True):
            yield {**row, **json.loads(known[digest])}
        if len(known) > _REMEMBERED:
            known.clear()
    if count == 0:
        raise BadInput("the table is empty", remedy="Give a table with at least one row")


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
