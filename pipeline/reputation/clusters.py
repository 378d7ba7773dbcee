"""Groups short texts that say much the same: TF-IDF over stems and pairs of them, latent topics, average linkage.

Deterministic: the same texts in the same order give the same groups. A text counts a term once, so that shouting one
word does not make a topic.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.sparse.linalg import svds

from pipeline.reputation.stop_words import ALL_STOP_WORDS
from pipeline.reputation.words import told_words

Array = npt.NDArray[np.float64]

# Distances of all pairs take memory by the square of this; the other texts join the nearest group.
LINKED = 1000
TOPICS = 24
FAR = 0.7
_STEM = 6
_MIN_TEXTS = 2
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Grouping:
    """For each text the number of its group (0 is the largest; -1 says nothing), and how near it is to its middle."""

    group: npt.NDArray[np.int64]
    nearness: Array

    @property
    def sizes(self) -> list[int]:
        """How many texts each group has."""
        return [int(size) for size in np.bincount(self.group[self.group >= 0])]


def group_texts(texts: Sequence[str]) -> Grouping:
    """The groups of these texts, largest first; a text without a telling word is in none."""
    terms = [_terms(text) for text in texts]
    told = [row for row, found in enumerate(terms) if found]
    group = np.full(len(texts), -1, dtype=np.int64)
    nearness = np.zeros(len(texts))
    if not told:
        return Grouping(group, nearness)
    points = _points(_tf_idf([terms[row] for row in told]))
    labels = _linked(points[:LINKED])
    middles = _middles(points[: len(labels)], labels)
    near = points @ middles.T
    joined = near.argmax(axis=1)
    joined[: len(labels)] = labels
    best = near[np.arange(len(told)), joined]
    # One that is far from every group is a group of its own.
    lone = np.flatnonzero((best < 1 - FAR) & (np.arange(len(told)) >= len(labels)))
    joined[lone] = len(middles) + np.arange(len(lone))
    order = _largest_first(joined)
    group[told], nearness[told] = order[joined], best
    return Grouping(group, nearness)


def _terms(text: str) -> set[str]:
    """Stems of the telling words, and pairs of neighbours among them."""
    known = told_words(text)
    words = [word for word in (w.casefold() for w in _WORD.findall(text.replace("’", "'"))) if word in known]
    stems = [word[:_STEM] for word in words if len(word) >= 3 and word not in ALL_STOP_WORDS]
    return {*stems, *(f"{one} {other}" for one, other in itertools.pairwise(stems) if one != other)}


def _tf_idf(terms: Sequence[set[str]]) -> sparse.csr_matrix:
    """One row a text, of length 1; terms of a single text cannot make texts alike and are left out."""
    seen = Counter(term for found in terms for term in found)
    kept = sorted(term for term, count in seen.items() if count >= _MIN_TEXTS)
    column = {term: index for index, term in enumerate(kept)}
    rows = [row for row, found in enumerate(terms) for term in found if term in column]
    columns = [column[term] for found in terms for term in sorted(found) if term in column]
    weight = np.log((1 + len(terms)) / (1 + np.array([seen[term] for term in kept], dtype=np.float64))) + 1
    matrix = sparse.csr_matrix(
        (weight[columns] if columns else np.zeros(0), (rows, columns)), shape=(len(terms), max(len(kept), 1))
    )
    length = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    scaled: sparse.csr_matrix = sparse.diags(1 / np.where(length > 0, length, 1)) @ matrix
    return scaled.tocsr()


def _points(matrix: sparse.csr_matrix) -> Array:
    """The texts in the space of their strongest topics, each of length 1 (0 where it shares no term with another)."""
    wanted = min(TOPICS, *(side - 1 for side in matrix.shape))
    if wanted < 2 or matrix.nnz == 0:
        dense: Array = np.asarray(matrix.todense(), dtype=np.float64)
        return dense
    # A fixed start makes the iteration give the same topics each time.
    left, strength, _ = svds(matrix, k=wanted, v0=np.ones(min(matrix.shape)))
    points: Array = left * strength
    length = np.linalg.norm(points, axis=1)
    return points / np.where(length > 1e-9, length, 1)[:, None]


def _linked(points: Array) -> npt.NDArray[np.int64]:
    """Group numbers from 0 by average linkage, cut where texts are further apart than `FAR` by cosine."""
    if len(points) == 1:
        return np.zeros(1, dtype=np.int64)
    apart = np.clip(1 - points @ points.T, 0, 2)
    pairs = apart[np.triu_indices(len(points), k=1)]
    labels = fcluster(linkage(pairs, method="average"), t=FAR, criterion="distance")
    return labels.astype(np.int64) - 1


def _middles(points: Array, labels: npt.NDArray[np.int64]) -> Array:
    total = np.zeros((int(labels.max()) + 1, points.shape[1]))
    np.add.at(total, labels, points)
    length = np.linalg.norm(total, axis=1)
    return total / np.where(length > 1e-9, length, 1)[:, None]


def _largest_first(labels: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The new number of each label: by size, then by the first text."""
    found, first, count = np.unique(labels, return_index=True, return_counts=True)
    order = np.full(int(labels.max()) + 1, -1, dtype=np.int64)
    order[found[np.lexsort((first, -count))]] = np.arange(len(found))
    return order
