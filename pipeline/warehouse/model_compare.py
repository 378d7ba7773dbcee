"""How two model versions differ on the texts that both have scored."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.warehouse.connection import Connection

# One row a review, with what each version says of it; the flag and what it falls back to as in the marts.
_PAIRS = """
create or replace temp table model_pairs as
select
    reviews.review_key,
    reviews.text_hash,
    reviews.entity,
    reviews.source,
    reviews.posted_at,
    reviews.rating_stars,
    coalesce(a.language, 'unknown') as language,
    a.label as label_a,
    b.label as label_b,
    a.polarity as polarity_a,
    b.polarity as polarity_b,
    coalesce(is_negative_rule(a.label is not null, a.is_negative, reviews.rating_stars), false) as is_negative_a,
    coalesce(is_negative_rule(b.label is not null, b.is_negative, reviews.rating_stars), false) as is_negative_b
from core.current_reviews as reviews
inner join core.scores as a
    on reviews.text_hash = a.text_hash and a.model_version = $a
inner join core.scores as b
    on reviews.text_hash = b.text_hash and b.model_version = $b
"""
_TOTALS = """
select
    count(*),
    count(distinct text_hash),
    count_if(label_a is null),
    count_if(label_b is null),
    count_if(label_a is not distinct from label_b),
    corr(polarity_a, polarity_b),
    avg(polarity_b - polarity_a)
from model_pairs
"""
_TABLE = """
select coalesce(label_a, 'unscored'), coalesce(label_b, 'unscored'), count(*)
from model_pairs
group by all
"""
_SHARES = """
select
    {column},
    count(*) as n,
    count_if(is_negative_a) as n_a,
    count_if(is_negative_b) as n_b,
    count_if(is_negative_b and not is_negative_a) as gained,
    count_if(is_negative_a and not is_negative_b) as lost
from model_pairs
group by all
order by n desc, 1
"""
_STARS = """
select
    count(*),
    count_if((polarity_a < 0) = (rating_stars <= 2)),
    count_if((polarity_b < 0) = (rating_stars <= 2)),
    count_if((polarity_a < 0) = (rating_stars <= 2) and (polarity_b < 0) <> (rating_stars <= 2)),
    count_if((polarity_b < 0) = (rating_stars <= 2) and (polarity_a < 0) <> (rating_stars <= 2))
from model_pairs
where (rating_stars <= 2 or rating_stars >= 4) and polarity_a is not null and polarity_b is not null
"""
_RECENT = """
select
    entity,
    count(*) as n,
    count_if(is_negative_a) as n_a,
    count_if(is_negative_b) as n_b
from model_pairs
where posted_at >= (select max(posted_at) from model_pairs) - interval 8 week
group by entity
having count(*) >= 10 and n_a <> n_b
order by abs(n_b - n_a) / n desc, entity
limit 5
"""


@dataclass(frozen=True)
class Part:
    """One language, source or entity: reviews, how many each version calls negative, flips to and from negative."""

    name: str
    n: int
    negative_a: int
    negative_b: int
    gained: int = 0
    lost: int = 0


@dataclass(frozen=True)
class AgainstStars:
    """Reviews of 1-2 or 4-5 stars scored by both: on which side of neutral each version put them.

    `only_a` counts those that A alone has right, `only_b` likewise.
    """

    n: int
    right_a: int
    right_b: int
    only_a: int
    only_b: int


@dataclass(frozen=True)
class Comparison:
    """Two versions on the reviews whose text both have scored.

    `table` counts reviews by the labels of A and B (`unscored` where one abstains); `shift` is the mean of B's
    polarity less A's, in [-2, 2]; None where no text has both.
    """

    reviews: int
    texts: int
    abstained_a: int
    abstained_b: int
    same_label: int
    correlation: float | None
    shift: float | None
    table: dict[tuple[str, str], int]
    languages: list[Part]
    sources: list[Part]
    stars: AgainstStars
    moved: list[Part]


def compare(con: Connection, a: str, b: str) -> Comparison:
    """How version `b` reads what version `a` has read; `moved` names entities by their last eight weeks."""
    con.execute(_PAIRS, {"a": a, "b": b})
    try:
        reviews, texts, out_a, out_b, same, correlation, shift = con.execute(_TOTALS).fetchone() or (0,) * 7
        stars: tuple[int, ...] = con.execute(_STARS).fetchone() or ()
        return Comparison(
            reviews,
            texts,
            out_a,
            out_b,
            same,
            correlation,
            shift,
            table={(one, other): n for one, other, n in con.execute(_TABLE).fetchall()},
            languages=_parts(con, "language"),
            sources=_parts(con, "source"),
            stars=AgainstStars(*stars),
            moved=[Part(*row) for row in con.execute(_RECENT).fetchall()],
        )
    finally:
        con.execute("drop table model_pairs")


def _parts(con: Connection, column: str) -> list[Part]:
    return [Part(*row) for row in con.execute(_SHARES.replace("{column}", column)).fetchall()]
