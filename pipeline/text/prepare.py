"""From a parsed review to one that may be kept: cleaned, language told, masked, keyed. Nothing unmasked leaves here."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from pipeline.review import ParsedReview, Precision, Review
from pipeline.text import clean, identity, language, mask

# Clocks of sites run ahead by some hours; a review from next week is a misread date.
_AHEAD = timedelta(days=2)
_OLDEST_YEAR = 1990


@dataclass(frozen=True)
class Rejected:
    """A review that cannot be kept: its position in the batch, and why."""

    index: int
    reason: str


@dataclass(frozen=True)
class Prepared:
    """Reviews ready to load, in the order of the batch, and those that are set aside.

    `odd_ratings` counts reviews kept without their rating because it lay outside its own scale.
    """

    reviews: list[Review]
    rejected: list[Rejected]
    odd_ratings: int = 0


@dataclass(frozen=True)
class _Draft:
    parsed: ParsedReview
    entity: str
    location: str | None
    title: str | None
    text: str | None
    author: str | None
    posted_at: datetime | None
    precision: Precision | None


def prepare(
    parsed: Sequence[ParsedReview],
    *,
    seen_at: datetime,
    secret: bytes,
    run_id: str,
    raw_ref: str | None,
    is_imported: bool,
    entity: str | None,
    location: str | None,
    time_zone: str = "UTC",
) -> Prepared:
    """The batch, ready to load. `entity` and `location` stand in where a review names none.

    A date without a time becomes midnight of that day in `time_zone`, with precision `day`; a time without a zone is
    taken as that zone's (the first of the two where clocks go back).
    """
    zone = ZoneInfo(time_zone)
    drafts: list[tuple[int, _Draft]] = []
    rejected: list[Rejected] = []
    for index, review in enumerate(parsed):
        draft = _draft(review, entity, location, secret, zone)
        reason = _fault(draft, seen_at)
        if reason is None:
            drafts.append((index, draft))
        else:
            rejected.append(Rejected(index, reason))
    alike = Counter(_who_and_when(draft) for _, draft in drafts)
    guesses = language.detect_many(
        (identity.scored_text(draft.title, draft.text), draft.parsed.language_declared) for _, draft in drafts
    )
    reviews = [
        _review(draft, guess, alike[_who_and_when(draft)] > 1, seen_at, run_id, raw_ref, is_imported, zone)
        for (_, draft), guess in zip(drafts, guesses, strict=True)
    ]
    odd = sum(1 for _, draft in drafts if draft.parsed.rating is not None and draft.parsed.rating.stars is None)
    return Prepared(reviews, rejected, odd)


def _draft(review: ParsedReview, entity: str | None, location: str | None, secret: bytes, zone: ZoneInfo) -> _Draft:
    posted_at, precision = _moment(review.posted_at, review.posted_precision, zone)
    return _Draft(
        parsed=review,
        entity=(review.entity or entity or "").strip(),
        location=(review.location or location or "").strip() or None,
        title=_safe(review.title),
        text=_safe(review.text),
        author=identity.author_key(review.author, review.source, secret),
        posted_at=posted_at,
        precision=precision,
    )


def _safe(text: str | None) -> str | None:
    return mask.mask(clean.clean(text)) or None if text else None


def _fault(draft: _Draft, seen_at: datetime) -> str | None:
    if not draft.entity:
        return "no entity: name it with --entity, or in a column"
    if draft.parsed.rating is None and not draft.title and not draft.text:
        return "neither rating nor text"
    if draft.posted_at is not None and draft.posted_at > seen_at + _AHEAD:
        return f"dated in the future ({draft.posted_at:%Y-%m-%d})"
    if draft.posted_at is not None and draft.posted_at.year < _OLDEST_YEAR:
        return f"dated before reviews were online ({draft.posted_at:%Y-%m-%d})"
    return None


def _moment(
    value: datetime | date | None, precision: Precision | None, zone: ZoneInfo
) -> tuple[datetime | None, Precision | None]:
    if value is None:
        return None, None
    try:
        if isinstance(value, datetime):
            aware = value if value.tzinfo else value.replace(tzinfo=zone)
            return aware.astimezone(UTC), precision or "second"
        midnight = datetime(value.year, value.month, value.day, tzinfo=zone)
        return midnight.astimezone(UTC), precision or "day"
    except OverflowError:  # year 1 or 9999 in a zone that would leave the calendar
        return None, None


def _who_and_when(draft: _Draft) -> tuple[object, ...] | None:
    if draft.parsed.source_review_id:
        return ("id", draft.parsed.source, draft.entity, draft.parsed.source_review_id, id(draft))
    return (draft.parsed.source, draft.entity, draft.location, draft.author, draft.parsed.posted_at)


def _review(
    draft: _Draft,
    guess: language.LanguageGuess,
    is_ambiguous: bool,
    seen_at: datetime,
    run_id: str,
    raw_ref: str | None,
    is_imported: bool,
    zone: ZoneInfo,
) -> Review:
    parsed, rating = draft.parsed, draft.parsed.rating
    stars = rating.stars if rating else None
    known = rating if stars is not None else None
    text_hash = identity.text_hash(draft.title, draft.text)
    reply_text = _safe(parsed.reply.text) if parsed.reply else None
    reply_at = _moment(parsed.reply.replied_at, None, zone)[0] if parsed.reply else None
    edited_at = _moment(parsed.edited_at, None, zone)[0]
    whole = identity.scored_text(draft.title, draft.text)
    return Review(
        review_key=identity.review_key(
            source=parsed.source,
            entity=draft.entity,
            location=draft.location,
            source_review_id=parsed.source_review_id,
            author=draft.author,
            posted=draft.posted_at,
            text_hash=text_hash,
            is_ambiguous=is_ambiguous,
        ),
        source=parsed.source,
        source_review_id=parsed.source_review_id,
        entity=draft.entity,
        location=draft.location,
        rating_value=known.value if known else None,
        rating_best=known.best if known else None,
        rating_worst=known.worst if known else None,
        rating_stars=stars,
        is_binary=known.is_binary if known else False,
        posted_at=draft.posted_at,
        posted_precision=draft.precision,
        edited_at=edited_at,
        seen_at=seen_at.astimezone(UTC),
        language=guess.code if whole else None,
        language_confidence=guess.confidence if whole else None,
        language_declared=parsed.language_declared,
        title=draft.title,
        text=draft.text,
        text_hash=text_hash,
        # A vote count or a page address that moved is no new version; words, stars and the answer are.
        content_hash=identity.digest(known and known.value, stars, draft.title, draft.text, reply_text),
        author_key=draft.author,
        url=parsed.url,
        reply_text=reply_text,
        reply_at=reply_at,
        is_imported=is_imported,
        run_id=run_id,
        raw_ref=raw_ref,
        extra_json=json.dumps(parsed.extra, ensure_ascii=False, sort_keys=True, default=str) if parsed.extra else None,
    )
