"""Keys and hashes: which review it is, whether it changed, whether its text was seen. Authors only as pseudonyms."""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime

import numpy as np

_ANONYMOUS = frozenset(
    ("", "anonymous", "anonym", "anonyme", "anónimo", "anonimo", "anoniem", "guest", "gast", "n/a", "-")
)
_WORD = re.compile(r"\w+")
_SHINGLE = 3
MIN_WORDS = 5  # shorter texts ("Super!") are written by many people; they are no sign of a copy
_BANDS = 4
MAX_DISTANCE = 3


def digest(*parts: object, size: int = 16) -> str:
    """A hex digest of the parts, each told apart from its neighbours and None from the empty text."""
    hasher = hashlib.blake2b(digest_size=size)
    for part in parts:
        encoded = b"\x00" if part is None else b"\x01" + str(part).encode("utf-8", "surrogatepass")
        hasher.update(len(encoded).to_bytes(8, "big") + encoded)
    return hasher.hexdigest()


def author_key(author: str | None, source: str, secret: bytes) -> str | None:
    """A pseudonym of an author on one source: HMAC-SHA-256, 32 hex digits; None for nobody and the anonymous.

    The source is part of it, so that one person cannot be followed across sites.
    """
    name = unicodedata.normalize("NFKC", author or "").strip().casefold()
    if name in _ANONYMOUS:
        return None
    return hmac.new(secret, f"{source}\0{name}".encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:32]


def review_key(
    *,
    source: str,
    entity: str,
    location: str | None,
    source_review_id: str | None,
    author: str | None,
    posted: datetime | date | None,
    text_hash: str | None,
    is_ambiguous: bool = False,
) -> str:
    """The stable key of a review: the site's id, else author and date; the text only where those do not tell it apart.

    An edited text so stays the same review. `is_ambiguous` says that another review of the same page has the same
    author and date.
    """
    if source_review_id:
        return digest("id", source, entity, source_review_id)
    day = posted.isoformat() if posted is not None else None
    needs_text = is_ambiguous or author is None or day is None
    return digest("made", source, entity, location, author, day, text_hash if needs_text else None)


def text_hash(title: str | None, text: str | None) -> str | None:
    """A digest of what the model reads: cleaned, masked title and text; None where both are empty."""
    whole = scored_text(title, text)
    return digest("text", whole) if whole else None


def scored_text(title: str | None, text: str | None) -> str:
    """What the model reads: the title, a line end, the text; a title that begins the text is not read twice."""
    if title and text and not text.casefold().startswith(title.casefold()):
        return f"{title}\n{text}"
    return text or title or ""


def near_hash(text: str) -> int | None:
    """A signed 64-bit SimHash over word triples; near-equal texts differ in few bits. None below five words.

    Charikar 2002; Manku et al. 2007 take 64 bits and a distance of 3.
    """
    words = _WORD.findall(text.casefold())
    if len(words) < MIN_WORDS:
        return None
    shingles = {" ".join(words[at : at + _SHINGLE]) for at in range(len(words) - _SHINGLE + 1)}
    digests = b"".join(
        hashlib.blake2b(shingle.encode("utf-8", "replace"), digest_size=8).digest() for shingle in shingles
    )
    bits = np.unpackbits(np.frombuffer(digests, dtype=np.uint8).reshape(len(shingles), 8), axis=1)
    majority = np.packbits(bits.sum(axis=0) * 2 > len(shingles))
    return int.from_bytes(majority.tobytes(), "big", signed=True)


def near_duplicates(hashes: Sequence[int | None]) -> list[list[int]]:
    """Groups of positions whose hashes differ in at most 3 bits, each group sorted; single positions are left out.

    With 4 bands of 16 bits two such hashes share at least one band, so only those are compared.
    """
    parent = list(range(len(hashes)))

    def root(position: int) -> int:
        while parent[position] != position:
            parent[position] = parent[parent[position]]
            position = parent[position]
        return position

    first_of: dict[int, int] = {}
    distinct: list[int] = []
    for position, value in enumerate(hashes):
        if value is None:
            continue
        if value in first_of:
            parent[position] = root(first_of[value])
        else:
            first_of[value] = position
            distinct.append(value)
    for one, other in _close_pairs(distinct):
        parent[root(first_of[other])] = root(first_of[one])
    groups: dict[int, list[int]] = defaultdict(list)
    for position, value in enumerate(hashes):
        if value is not None:
            groups[root(position)].append(position)
    return sorted(group for group in groups.values() if len(group) > 1)


def _close_pairs(values: Sequence[int]) -> Iterable[tuple[int, int]]:
    for band in range(_BANDS):
        buckets: dict[int, list[int]] = defaultdict(list)
        for value in values:
            buckets[(value >> (16 * band)) & 0xFFFF].append(value)
        for bucket in buckets.values():
            for at, one in enumerate(bucket):
                for other in bucket[at + 1 :]:
                    if ((one ^ other) & 0xFFFF_FFFF_FFFF_FFFF).bit_count() <= MAX_DISTANCE:
                        yield one, other
