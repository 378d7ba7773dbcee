"""The records that travel between the rooms: frozen, typed, without any I/O.

Times are aware `datetime`s in UTC. A value the source did not give is None, never "" or 0.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

Precision = Literal["second", "minute", "day", "week", "month", "year"]
Label = Literal["negative", "neutral", "positive"]
Severity = Literal["P1", "P2", "P3"]
Kind = Literal["worse", "more_and_worse", "more", "drift", "manipulation", "positive_surge", "data"]


@dataclass(frozen=True)
class RawPage:
    """One fetched or imported payload, unchanged.

    `body` holds the bytes after transport decoding (gzip undone), never re-encoded.
    """

    source: str
    url: str
    fetched_at: datetime
    status: int
    content_type: str
    body: bytes
    entity: str | None = None
    location: str | None = None


@dataclass(frozen=True)
class Rating:
    """A rating as the site shows it, on the site's own scale."""

    value: float
    best: float = 5.0
    worst: float = 1.0
    is_binary: bool = False

    @property
    def stars(self) -> float | None:
        """The rating on 1-5: 1 + 4 (value - worst)/(best - worst); None where that is undefined or outside."""
        if self.best <= self.worst:
            return None
        stars = 1 + 4 * (self.value - self.worst) / (self.best - self.worst)
        return stars if 1 <= stars <= 5 else None


@dataclass(frozen=True)
class Reply:
    """The owner's public answer to a review."""

    text: str
    replied_at: datetime | date | None = None


@dataclass(frozen=True)
class ParsedReview:
    """One review as a site shows it: what a `parse` function returns. Unmasked; never leaves memory as such."""

    source: str
    source_review_id: str | None
    entity: str | None
    location: str | None
    rating: Rating | None
    posted_at: datetime | date | None
    posted_precision: Precision | None
    edited_at: datetime | date | None
    language_declared: str | None
    title: str | None
    text: str | None
    url: str | None
    author: str | None
    reply: Reply | None = None
    extra: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Review:
    """One version of a review, cleaned, masked and keyed: what is loaded into the core."""

    review_key: str
    source: str
    source_review_id: str | None
    entity: str
    location: str | None
    rating_value: float | None
    rating_best: float | None
    rating_worst: float | None
    rating_stars: float | None
    is_binary: bool
    posted_at: datetime | None
    posted_precision: Precision | None
    edited_at: datetime | None
    seen_at: datetime
    language: str | None
    language_confidence: float | None
    language_declared: str | None
    title: str | None
    text: str | None
    text_hash: str | None
    content_hash: str
    author_key: str | None
    url: str | None
    reply_text: str | None
    reply_at: datetime | None
    is_imported: bool
    run_id: str
    raw_ref: str | None
    extra_json: str | None = None


@dataclass(frozen=True)
class ThemeMention:
    """A theme named in a text; `polarity` in [-1, 1], `confidence` in [0, 1]; codes from themes.toml."""

    group: str
    theme: str
    polarity: float
    confidence: float


@dataclass(frozen=True)
class BillingMention:
    """A kind of billing trouble a text names (a theme of the group billing), and the amount named with it.

    `subtype` is None for an amount that stands beside none; `amount` and `currency` (ISO 4217) are None together.
    """

    subtype: str | None
    amount: Decimal | None
    currency: str | None


@dataclass(frozen=True)
class Score:
    """What the model says of one distinct text (`text_hash`) in one model version.

    `p_*` sum to 1; `stars` is the middle of the distribution over 1-5; `polarity` = p_pos - p_neg. `is_negative` uses
    the alarm threshold of the language, which is not the argmax. If `abstained` names a reason, every figure is None.
    `themes`, `escalation` and `billing` come from rules, whose version is `rules_version`: new rules are applied to the
    text again, the model is not.
    """

    text_hash: str
    model_version: str
    language: str | None
    label: Label | None
    is_negative: bool | None
    polarity: float | None
    p_neg: float | None
    p_neu: float | None
    p_pos: float | None
    stars: float | None
    confidence: float | None
    abstained: str | None
    themes: tuple[ThemeMention, ...] = ()
    escalation: tuple[str, ...] = ()
    billing: tuple[BillingMention, ...] = ()
    rules_version: str | None = None


@dataclass(frozen=True)
class Driver:
    """A cell (theme, location, source, language, version) and its part of an excess of negatives.

    `observed` and `expected` count reviews. `part` is the excess where a review of k themes counts 1/k in each, so that
    the parts of a dimension add up to the whole excess; None where no cell was counted.
    """

    dimension: str
    name: str
    observed: int
    expected: float
    part: float | None = None

    @property
    def excess(self) -> float:
        """Observed minus expected negatives; may be negative."""
        return self.observed - self.expected


@dataclass(frozen=True)
class Quote:
    """A masked excerpt of a review, at most 240 characters; `n_similar` further reviews say much the same."""

    review_key: str
    text: str
    source: str
    posted_on: date | None
    url: str | None = None
    stars: float | None = None
    n_similar: int = 0


@dataclass(frozen=True)
class Phrase:
    """A word or phrase that negative reviews use more than those they are compared with; counts are of reviews."""

    term: str
    n_now: int
    n_reference: int
    z: float


@dataclass(frozen=True)
class Topic:
    """What many of an incident's negative reviews name: `n` of `of` texts use the term, a single word in any form."""

    term: str
    n: int
    of: int


@dataclass(frozen=True)
class KnownEvent:
    """An entry of the calendar near an incident; `end` is None where only its first day is known."""

    kind: str
    title: str
    start: date
    end: date | None = None


@dataclass(frozen=True)
class DataCheck:
    """One thing that could make figures look worse than they are; `value` and `usual` as `code` says.

    `fresh`: reviews of source `name` in the window, and as many as were to be expected. `copies`: share of negatives
    without copies of a text (which are left out), and with them. `authors`: share of reviews by authors not seen
    before, and usually. `unscored`: share of texts that the model did not judge, and usually. `set_aside`: rows that no
    parser could read, and 0. `imported`: share of reviews that came from a file, and usually.
    """

    code: Literal["fresh", "copies", "authors", "unscored", "set_aside", "imported"]
    is_ok: bool
    value: float
    usual: float | None = None
    name: str = ""
    n: int = 0


@dataclass(frozen=True)
class Explanation:
    """What lies behind the days of an incident, `start_day` to `last_day`, against up to 56 normal days before.

    `n_negative` and `expected` are the negatives of all these days; `n_texts` of them have a text. `from_more` and
    `from_worse` are the parts of the incident's excess that come from more reviews and from worse ones (None without a
    known share); `usual_reviews` is how many reviews its window usually has. `compared_with` says what the phrases are
    measured against.
    """

    n_reviews: int
    n_negative: int
    n_texts: int
    expected: float
    baseline_days: int
    n_baseline: int
    from_more: float | None = None
    from_worse: float | None = None
    usual_reviews: float | None = None
    phrases: tuple[Phrase, ...] = ()
    compared_with: Literal["negatives_before", "other_reviews", "nothing"] = "nothing"
    topic: Topic | None = None
    events: tuple[KnownEvent, ...] = ()
    checks: tuple[DataCheck, ...] = ()


@dataclass(frozen=True)
class Incident:
    """One cause with a start and evidence; alerts are the messages about it.

    `observed` and `expected` count negatives in `start_day`..`alert_day` (positives in a positive surge, suspicious
    reviews in a manipulation); shares are in [0, 1]; scores are the evidence of the scan (larger = rarer), not p-values
    to be quoted. `parts` are the scopes folded into it; `parent_id` names the incident that took it over. `owed` is the
    severity people must know of; None where all evidence is history, which never notifies. `signs` are codes of what
    else was noticed, such as a safety text or the reason of a data fault. `alert_day` is the first day that alarmed,
    `noticed_day` the day of the run that saw it; late reviews set them apart.
    """

    incident_id: str
    dedup_key: str
    state: Literal["new", "updated", "acknowledged", "resolved", "false_alarm"]
    kind: Kind
    severity: Severity
    entity: str
    scope: str
    start_day: date
    alert_day: date
    last_day: date
    observed: int
    expected: float
    expected_low: int
    expected_high: int
    n_reviews: int
    share: float | None
    share_baseline: float | None
    score: float
    drivers: tuple[Driver, ...] = ()
    words: tuple[str, ...] = ()
    quotes: tuple[Quote, ...] = ()
    model_version: str | None = None
    rule_version: str = ""
    share_score: float = 0.0
    count_score: float = 0.0
    parts: tuple[str, ...] = ()
    parent_id: str | None = None
    owed: Severity | None = None
    snoozed_until: datetime | None = None
    signs: tuple[str, ...] = ()
    noticed_day: date | None = None
    explanation: Explanation | None = None

    @property
    def is_open(self) -> bool:
        """Whether people still have to do with it: neither over nor a false alarm."""
        return self.state in ("new", "updated", "acknowledged")
