"""Keys and hashes: which review it is, whether it changed, whether its text was seen. Authors only as pseudonyms."""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
import zlib
from collections.abc import Iterator, Sequence
from datetime import date, datetime

import numpy as np
import numpy.typing as npt

_ANONYMOUS = frozenset(
    ("", "anonymous", "anonym", "anonyme", "anónimo", "anonimo", "anoniem", "guest", "gast", "n/a", "-")
)
_WORD = re.compile(r"\w+")
MIN_COPY_WORDS = 8
MIN_EDITED_WORDS = 12
LIKENESS = 0.6
_BANDS = 20
_ROWS = 4
_CHUNK = 20_000
_TRIES = 8
_HASHES = np.random.default_rng(1997).integers(0, 2**63, (_BANDS * _ROWS, 2), dtype=np.uint64) | np.uint64(1)


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


def find_copies(texts: Sequence[str], fresh_from: int = 0) -> dict[int, int]:
    """Which texts nearly repeat an earlier one: position -> position of that one, which itself repeats none.

    Two texts are copies if words and pairs of words overlap by `LIKENESS` (Jaccard), below `MIN_EDITED_WORDS` words
    only if they are the same, and below `MIN_COPY_WORDS` never: many people write those. Texts before `fresh_from` are
    known to repeat none and are not compared with each other. A text joins the earliest that it resembles and never
    moves on: what was found once stays found whatever comes later.

    MinHash with banding (Broder 1997; Leskovec, Rajaraman, Ullman, chapter 3): 20 bands of 4 find 94 % of the pairs of
    likeness 0.6 and 99.6 % of those of 0.7. Measured on 65,000 real reviews in docs/decisions/copies.md.
    """
    words = [_WORD.findall(text.casefold()) for text in texts]
    long = [position for position, each in enumerate(words) if len(each) >= MIN_COPY_WORDS]
    if len(long) < 2 or long[-1] < fresh_from:
        return {}
    features = [_features(words[position]) for position in long]
    found: dict[int, int] = {}
    # Sorted by the later of the two, then the earlier: a text that joined another is no leader for those after it.
    for later, earlier in _candidates(features):
        if long[later] < fresh_from or long[later] in found or long[earlier] in found:
            continue
        is_short = min(len(words[long[later]]), len(words[long[earlier]])) < MIN_EDITED_WORDS
        if _likeness(features[later], features[earlier]) >= (1.0 if is_short else LIKENESS):
            found[long[later]] = long[earlier]
    return found


def _features(words: Sequence[str]) -> npt.NDArray[np.uint64]:
    """The distinct words and pairs of words of a text as numbers."""
    one = np.array([zlib.crc32(word.encode("utf-8", "replace")) for word in words], dtype=np.uint64)
    two = one[:-1] * np.uint64(0x9E3779B97F4A7C15) + one[1:]
    return np.unique(_mixed(np.concatenate([one, two])))


def _mixed(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """The numbers with their bits well mixed (the finaliser of MurmurHash3)."""
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        values = (values ^ (values >> np.uint64(33))) * np.uint64(factor)
    return values ^ (values >> np.uint64(33))


def _likeness(one: npt.NDArray[np.uint64], other: npt.NDArray[np.uint64]) -> float:
    shared = np.intersect1d(one, other, assume_unique=True).size
    return float(shared / (one.size + other.size - shared))


def _candidates(features: Sequence[npt.NDArray[np.uint64]]) -> Iterator[tuple[int, int]]:
    """Pairs (later, earlier) that agree in a whole band of their sketches, in order."""
    keys = np.concatenate([_bands(features[at : at + _CHUNK]) for at in range(0, len(features), _CHUNK)])
    pairs = np.zeros(0, dtype=np.int64)
    for band in range(_BANDS):
        column = keys[:, band]
        order = np.argsort(column, kind="stable")
        edges = np.flatnonzero(np.diff(column[order])) + 1
        starts, ends = np.append(0, edges), np.append(edges, len(order))
        found = [pairs]
        for at in np.flatnonzero(ends - starts > 1):
            alike = order[starts[at] : ends[at]]
            # What many texts share is tried against the first of them only: there the leader is.
            later, earlier = np.meshgrid(alike[1:], alike[:_TRIES], indexing="ij")
            found.append(((later << 32) | earlier)[earlier < later])
        pairs = np.unique(np.concatenate(found))
    for pair in pairs:
        yield int(pair) >> 32, int(pair) & 0xFFFF_FFFF


def _bands(features: Sequence[npt.NDArray[np.uint64]]) -> npt.NDArray[np.uint64]:
    """One number for each text and band: equal where the smallest of its four hashes are."""
    every = np.concatenate(features)
    starts = np.append(0, np.cumsum([each.size for each in features])[:-1])
    keys = np.zeros((len(features), _BANDS), dtype=np.uint64)
    for number, (factor, shift) in enumerate(_HASHES):
        least = np.minimum.reduceat((every * factor + shift) >> np.uint64(32), starts)
        band = number // _ROWS
        keys[:, band] = _mixed(keys[:, band] + least)
    return keys
