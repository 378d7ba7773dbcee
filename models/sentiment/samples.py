"""The samples a model learns from: texts as token ids, with their stars and what is known of their themes."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
from permitted import LANGUAGES, permitted
from sample import Sample, Span
from theme_samples import UNKNOWN, Lesson

from pipeline.text.clean import clean

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


def read_starred(corpus: Path, mix: Mapping[str, Any], limit: int | None) -> list[Lesson]:
    """The texts of the mix with their stars, in a fixed random order, `limit` at most."""
    found: list[Lesson] = []
    for name, rule in mix["sets"].items():
        values = {
            "path": str(corpus / f"{permitted(name)}.parquet"),
            "languages": list(rule.get("languages", LANGUAGES)),
            "cap": rule["cap"],
            "without": rule.get("without", ""),
            "seed": str(mix["seed"]),
            "held_out": mix["held_out"],
        }
        rows = duckdb.execute(_ROWS, values).fetchall()
        sys.stdout.write(f"{name}: {len(rows)} texts\n")
        found += [Lesson(text, stars, {}, source=name) for text, stars in rows]
    random.Random(mix["seed"]).shuffle(found)  # noqa: S311 - order, no secret
    return found[:limit]


def encoded(groups: Iterable[Sequence[Lesson]], names: Sequence[str], tokenizer: Any, longest: int) -> list[Sample]:
    """One sample for each group of lessons in a row: cleaned as in serving, cut to token ids, a span for each lesson.

    The stars are the lessons' own where there is one, not known where there are several. What holds no token is left
    out, and what lies beyond `longest` tokens.
    """
    together = list(groups)
    flat = [clean(lesson.text) for group in together for lesson in group]
    ids = iter(tokenizer(flat, add_special_tokens=False)["input_ids"] if flat else ())
    start, end = tokenizer.cls_token_id, tokenizer.sep_token_id
    samples = []
    for group in together:
        tokens: list[int] = []
        spans = []
        for lesson in group:
            at = len(tokens)
            tokens = (tokens + next(ids))[: longest - 2]
            if lesson.present and len(tokens) > at:
                spans.append(_span(lesson, at + 1, len(tokens) + 1, names))
        if tokens:
            stars = group[0].stars if len(group) == 1 else None
            source = group[0].source if len(group) == 1 else "joined"
            samples.append(Sample([start, *tokens, end], stars, tuple(spans), source))
    return samples


def _span(lesson: Lesson, start: int, end: int, names: Sequence[str]) -> Span:
    return Span(
        start,
        end,
        [lesson.present.get(name, UNKNOWN) for name in names],
        [lesson.polarity.get(name, UNKNOWN) for name in names],
    )
