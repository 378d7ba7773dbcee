"""Whether the data behind an incident can be trusted: fresh sources, copies, new authors, texts not judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pipeline.reputation.statistics import excess_p
from pipeline.review import DataCheck

BAD_RUNS = ("failed", "blocked", "empty", "partial", "short")
# A source that should have given five reviews is silent by chance less than once in a hundred windows.
SILENT_EXPECTED = 5.0
COPIES_SHARE, COPIES = 0.1, 2
MIN_AUTHORS, MIN_AUTHORS_BEFORE = 5, 20
RARE, CLEAR_DIFFERENCE = 0.01, 0.1
UNSCORED_MORE = 0.2
SET_ASIDE_SHARE, SET_ASIDE = 0.05, 3
IMPORTED_MORE = 0.5


@dataclass(frozen=True)
class SourceCount:
    """Reviews of one source in the days of an incident and in the normal days before; how its last run ended."""

    name: str
    n: int
    n_baseline: int
    last_status: str | None = None


@dataclass(frozen=True)
class Share:
    """How many of how many, now and in the normal days before."""

    x: int = 0
    n: int = 0
    x_baseline: int = 0
    n_baseline: int = 0

    @property
    def now(self) -> float:
        """The share in the days of the incident; 0 where there is nothing."""
        return self.x / self.n if self.n else 0.0

    @property
    def usual(self) -> float | None:
        """The share in the normal days; None where there is nothing."""
        return self.x_baseline / self.n_baseline if self.n_baseline else None


@dataclass(frozen=True)
class CheckCounts:
    """What the checks rest on; copies are left out of `n` and `n_negative` and stand in their own counts."""

    n: int = 0
    n_negative: int = 0
    n_copies: int = 0
    n_negative_copies: int = 0
    set_aside: int = 0
    new_authors: Share = Share()
    unscored: Share = Share()
    imported: Share = Share()
    sources: Sequence[SourceCount] = ()


def data_checks(counts: CheckCounts, *, days: float, baseline_days: float) -> tuple[DataCheck, ...]:
    """All checks that can be made, sources first; `days` and `baseline_days` as in `cells.Exposure`."""
    ratio = days / baseline_days if baseline_days else 0.0
    checks = [_fresh(source, ratio) for source in counts.sources]
    checks.append(_copies(counts))
    if counts.new_authors.n >= MIN_AUTHORS and counts.new_authors.n_baseline >= MIN_AUTHORS_BEFORE:
        checks.append(_authors(counts.new_authors))
    if counts.unscored.n and counts.unscored.n_baseline:
        checks.append(_more("unscored", counts.unscored, UNSCORED_MORE))
    if counts.imported.n and counts.imported.n_baseline:
        checks.append(_more("imported", counts.imported, IMPORTED_MORE))
    few = counts.set_aside < max(SET_ASIDE, SET_ASIDE_SHARE * counts.n)
    checks.append(DataCheck("set_aside", few, counts.set_aside, 0, n=counts.set_aside))
    return tuple(checks)


def _fresh(source: SourceCount, ratio: float) -> DataCheck:
    expected = source.n_baseline * ratio
    is_silent = source.n == 0 and expected >= SILENT_EXPECTED
    return DataCheck("fresh", not is_silent and source.last_status not in BAD_RUNS, source.n, expected, source.name)


def _more(code: Literal["unscored", "imported"], share: Share, limit: float) -> DataCheck:
    return DataCheck(code, share.now - (share.usual or 0.0) < limit, share.now, share.usual, n=share.x)


def _copies(counts: CheckCounts) -> DataCheck:
    n, x = counts.n + counts.n_copies, counts.n_negative + counts.n_negative_copies
    without = counts.n_negative / counts.n if counts.n else 0.0
    is_ok = counts.n_copies <= max(COPIES, COPIES_SHARE * n)
    return DataCheck("copies", is_ok, without, x / n if n else 0.0, n=counts.n_copies)


def _authors(share: Share) -> DataCheck:
    """Where everybody is new every day, new authors are no sign: only more of them than usual are."""
    usual = share.usual or 0.0
    is_rare = excess_p([share.x], share.n, [share.x_baseline], share.n_baseline)[0] < RARE
    return DataCheck("authors", not (is_rare and share.now - usual >= CLEAR_DIFFERENCE), share.now, usual, n=share.x)
