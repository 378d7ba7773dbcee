"""What people say of texts: drawn, stored, and given out again to measure a model by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Literal, NamedTuple

from pipeline.warehouse.connection import Connection, count, transaction

Draw = Literal["random", "unsure", "conflict"]
LABELS = ("negative", "neutral", "positive")

# The same seed draws the same texts; what the labeller has judged is not drawn again.
_DRAW = """
with texts as (
    select
        scores.text_hash,
        any_value(reviews.text) as text,
        any_value(reviews.title) as title,
        any_value(scores.language) as language,
        any_value(scores.confidence) as confidence,
        any_value(scores.label) as label,
        avg(reviews.rating_stars) as stars
    from core.current_reviews as reviews
    inner join core.scores as scores
        on reviews.text_hash = scores.text_hash
    inner join run.model_versions as versions
        on scores.model_version = versions.model_version and versions.is_current
    where reviews.text is not null and scores.label is not null
    group by scores.text_hash
)

select text_hash, text, language
from texts
anti join (select text_hash from core.labels where labeller = $labeller) as judged
    on texts.text_hash = judged.text_hash
where
    ($language is null or language = $language)
    and case $draw
        when 'unsure' then confidence < (select value from run.settings where setting = 'unsure_confidence')
        when 'conflict' then contradicts_stars(label, stars)
        else true
    end
order by md5($seed || text_hash)
limit $size
"""
_MERGE = """
merge into core.labels as stored
using (
    select
        $text_hash as text_hash,
        $labeller as labeller,
        $label as label,
        $drawn as drawn,
        $labelled_at as labelled_at
) as fresh
    on stored.text_hash = fresh.text_hash and stored.labeller = fresh.labeller
when matched and stored.label <> fresh.label
    then update set label = fresh.label, labelled_at = fresh.labelled_at
when not matched then insert by name
"""
_KNOWN = """
select count(*)
from core.review_versions
where text_hash = $text_hash and text is not null
"""
_EXPORT = """
with texts as (
    select
        text_hash,
        min_by(text, review_key) as text,
        min_by(language, review_key) as language,
        avg(rating_stars) as stars
    from core.review_versions
    where text is not null
    group by text_hash
)

select texts.text, texts.language, labels.label, texts.stars, labels.drawn, labels.labeller
from core.labels as labels
inner join texts
    on labels.text_hash = texts.text_hash
order by labels.text_hash, labels.labeller
"""
_PAIRS = """
select one.labeller, other.labeller, one.label, other.label, count(*)
from core.labels as one
inner join core.labels as other
    on one.text_hash = other.text_hash and one.labeller < other.labeller
group by all
order by all
"""


class DrawnText(NamedTuple):
    """A masked text to be judged."""

    text_hash: str
    text: str
    language: str | None


class Judgement(NamedTuple):
    """What a labeller says of a text."""

    text_hash: str
    label: str


class LabelledText(NamedTuple):
    """A text with what one labeller says; `stars` is the mean of its reviews, None without."""

    text: str
    language: str | None
    label: str
    stars: float | None
    drawn: str
    labeller: str


def draw(con: Connection, labeller: str, how: Draw, size: int, *, language: str | None, seed: str) -> list[DrawnText]:
    """Texts that the current model has scored and the labeller has not judged: by chance, unsure, or against stars."""
    values = {"labeller": labeller, "draw": how, "size": size, "language": language, "seed": seed}
    return [DrawnText(*row) for row in con.execute(_DRAW, values).fetchall()]


def store(con: Connection, labeller: str, drawn: str, judgements: Iterable[Judgement], moment: datetime) -> int:
    """Keep judgements, a second one in place of the first; how many were new or different."""
    with transaction(con):
        changed = 0
        for each in judgements:
            before = _label_of(con, each.text_hash, labeller)
            values = {"labeller": labeller, "drawn": drawn, "labelled_at": moment}
            con.execute(_MERGE, values | each._asdict())
            changed += before != each.label
        return changed


def is_known(con: Connection, text_hash: str) -> bool:
    """Whether the warehouse still holds that text."""
    return count(con, _KNOWN, {"text_hash": text_hash}) > 0


def labelled(con: Connection) -> Iterator[LabelledText]:
    """Every judgement with its text; those of erased texts are left out."""
    for row in con.execute(_EXPORT).fetchall():
        yield LabelledText(*row)


def pairs(con: Connection) -> list[tuple[str, str, str, str, int]]:
    """Two labellers, what each says, and of how many texts."""
    return [(str(a), str(b), str(one), str(other), int(n)) for a, b, one, other, n in con.execute(_PAIRS).fetchall()]


def _label_of(con: Connection, text_hash: str, labeller: str) -> str | None:
    row = con.execute(
        "select label from core.labels where text_hash = $text_hash and labeller = $labeller",
        {"text_hash": text_hash, "labeller": labeller},
    ).fetchone()
    return str(row[0]) if row else None
