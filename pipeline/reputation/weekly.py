"""The records of a weekly report: what the warehouse reads and the page shows.

Shares are in [0, 1], net sentiment in [-100, 100], ratings in [1, 5]. A figure that rests on too few reviews is None.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from pipeline.review import Incident, Quote, Severity

Verdict = Literal["clear", "likely", "none", "too_few"]


@dataclass(frozen=True)
class Interval:
    """A figure with its 95 % band."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class WeekFigures:
    """One ISO week of one entity (all locations and sources): counts, and M1-M3 with bands."""

    week_start: date
    n: int
    n_negative: int
    n_neutral: int
    n_positive: int
    n_text: int
    n_scored: int
    neg_share: Interval | None
    net_sentiment: Interval | None
    rating: Interval | None
    rating_mean: float | None
    is_complete: bool


@dataclass(frozen=True)
class Change:
    """A week against the eight weeks before it (M5); `diff` and its band are differences of shares or points."""

    n: int
    n_baseline: int
    value: float | None
    baseline: float | None
    diff: float | None
    low: float | None
    high: float | None
    p_value: float | None
    q_value: float | None
    verdict: Verdict


@dataclass(frozen=True)
class ThemeCount:
    """Negative reviews of a theme group in a week and in its baseline; of k groups in a review each gets 1/k (M14)."""

    group: str
    n_negative: float
    n_negative_baseline: float


@dataclass(frozen=True)
class Contribution:
    """A theme group's part of the change of the negative share (M14); the parts add up to the change exactly."""

    group: str
    share: float
    share_baseline: float
    delta: float


@dataclass(frozen=True)
class WordSign:
    """A word or phrase over-represented in this week's negatives; counts are reviews that contain it."""

    term: str
    n_now: int
    n_reference: int
    z: float


@dataclass(frozen=True)
class LocationFigures:
    """Nine-week counts of one location, for the funnel."""

    location: str
    n: int
    n_negative: int


@dataclass(frozen=True)
class SourceFreshness:
    """When a source was last read and what it gave; `expected` is the usual weekly number from its history."""

    source: str
    newest_posted_at: datetime | None
    last_run_at: datetime | None
    last_status: str | None
    n_week: int
    expected_week: float | None
    is_stale: bool


@dataclass(frozen=True)
class Trust:
    """What the figures rest on."""

    n: int
    n_star_only: int
    n_unscored_language: int
    n_set_aside: int
    n_removed: int
    n_edited: int
    n_duplicate: int
    n_contradictory: int
    n_date_only: int
    sources: tuple[SourceFreshness, ...]
    n_tests: int
    smallest_visible_change: float | None
    model_version: str | None


@dataclass(frozen=True)
class Escalation:
    """A review that waits for a person: why (reason codes), how urgent, and by when; `text` is a masked excerpt."""

    review_key: str
    priority: Severity
    reasons: tuple[str, ...]
    due_at: datetime
    is_overdue: bool
    text: str
    source: str
    url: str | None = None


@dataclass(frozen=True)
class WeekReport:
    """Everything one weekly page shows, in the manager's order. `figures` ends with the reported week."""

    entity: str
    entity_name: str
    week_start: date
    time_zone: str
    as_of: datetime
    figures: tuple[WeekFigures, ...]
    neg_change: Change
    net_change: Change
    rating_change: Change
    reply_share: Interval | None
    n_reply_cohort: int
    reply_cohort_week: date | None
    contributions: tuple[Contribution, ...]
    words: tuple[WordSign, ...]
    locations: tuple[LocationFigures, ...]
    quotes: tuple[Quote, ...]
    praise: tuple[Quote, ...]
    incidents: tuple[Incident, ...]
    events: tuple[str, ...]
    trust: Trust
    escalations: tuple[Escalation, ...] = ()
    n_escalations: int = 0
