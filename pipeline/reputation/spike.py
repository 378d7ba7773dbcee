"""Finds sudden rises of negative reviews: a window scan of three kinds of evidence, for one series or thousands.

Nothing on a day depends on later days. `detect` is the form for one series, `scan` the one for the daily run.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from pipeline.reputation import baseline, evidence
from pipeline.reputation.abnormal import abnormal
from pipeline.reputation.tails import Array

if TYPE_CHECKING:
    import pandas as pd

# Just below five false alerts per 1,000 series-weeks on the simulated benchmark series, all volumes pooled.
DEFAULT_THRESHOLD = 3.2
DEFAULT_SHARE = 0.2
RULE_VERSION = "scan-3"
# Cells (series x days) worked on at once: bounds the memory to some 100 MB.
_CHUNK_CELLS = 150_000


@dataclass(frozen=True)
class Scan:
    """Evidence for the last days of each series, all arrays (series, days).

    `window` is the number of days in the strongest window (its first day is the likely start); `observed`, `n` and
    `expected` count in that window; `low` and `high` bound 95 % of normal windows; `share_baseline` is in (0, 1);
    `share_score`, `count_score` (negatives) and `volume_score` (all reviews) are the parts; `is_usable` is false where
    history is too short to judge.
    """

    score: Array
    window: npt.NDArray[np.int64]
    share_score: Array
    count_score: Array
    volume_score: Array
    observed: Array
    n: Array
    expected: Array
    low: Array
    high: Array
    share_baseline: Array
    is_usable: npt.NDArray[np.bool_]


def detect(series: pd.DataFrame, *, threshold: float = DEFAULT_THRESHOLD) -> pd.DataFrame:
    """Date, alarm and score (larger = rarer) of each row of a daily table (date, n_reviews, n_negative, mean_score).

    Dates are consecutive and ascending; the mean score is not used, for it loses the counts.
    """
    import pandas as pd  # whoever has such a table has it; the pipeline itself needs none

    n = series["n_reviews"].to_numpy(dtype=np.float64)[None, :]
    y = series["n_negative"].to_numpy(dtype=np.float64)[None, :]
    score = scan(n, y, last_days=n.shape[1]).score[0]
    return pd.DataFrame({"date": series["date"].to_numpy(), "alarm": score > threshold, "score": score})


def scan(
    n: Array,
    y: Array,
    *,
    parent_share: npt.ArrayLike = DEFAULT_SHARE,
    last_days: int = 1,
    muted: npt.NDArray[np.bool_] | None = None,
) -> Scan:
    """Evidence on the `last_days` days of the (series, days) counts of reviews `n` and negatives `y`.

    `parent_share` (one number, or one a series, in (0, 1)) is what a series without history is taken for. `muted` marks
    days known to be incidents, which then do not count as normal. What lies two years back no longer matters.

    Raises:
        ValueError: the shapes differ, or a day has more negatives than reviews.
    """
    n, y = np.asarray(n, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if n.shape != y.shape or n.ndim != 2 or bool((y > n).any()) or bool((y < 0).any()):
        raise ValueError("counts need the same (series, days) shape and 0 <= negatives <= reviews")
    series, days = n.shape
    last_days = min(last_days, days)
    parent = np.broadcast_to(np.asarray(parent_share, dtype=np.float64), (series,))
    size = max(1, _CHUNK_CELLS // max(days, 1))
    pieces = []
    for first in range(0, max(series, 1), size):
        rows = slice(first, first + size)
        known = (np.cumsum(n[rows], axis=1) > 0) & ~abnormal(n[rows], y[rows])
        if muted is not None:
            known &= ~muted[rows]
        pieces.append(_chunk(n[rows], y[rows], known, parent[rows], last_days))
    return Scan(*(np.concatenate(column) for column in zip(*pieces, strict=True)))


def _chunk(
    n: Array, y: Array, known: npt.NDArray[np.bool_], parent: Array, last_days: int
) -> tuple[npt.NDArray[np.generic], ...]:
    base = baseline.estimate(n, y, known, parent)
    found = evidence.weigh(n, y, base, last_days)
    ends = np.maximum(np.arange(n.shape[1] - last_days, n.shape[1]) - baseline.LAG, 0)
    is_usable = base.days[:, ends] >= baseline.MIN_DAYS
    # A band for people, so the normal approximation of the square root scale is enough.
    root, spread = np.sqrt(found.expected), np.sqrt(found.variance / np.maximum(found.expected, 1e-9)) * 0.98
    low, high = np.floor(np.maximum(root - spread, 0) ** 2), np.ceil((root + spread) ** 2)
    return (
        found.score, found.window, found.share_score, found.count_score, found.volume_score,
        found.observed, found.n, found.expected, low, high, found.share, is_usable,
    )  # fmt: skip


def window_start(day: date, window: int) -> date:
    """The first day of a window of so many days that ends on `day`."""
    return date.fromordinal(day.toordinal() - window + 1)
