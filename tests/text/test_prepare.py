"""From parsed to kept: days and times, what is rejected, and that the order of a batch does not matter."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.review import ParsedReview, Rating, Reply
from pipeline.text.prepare import Prepared, prepare

_NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
_ONE = ParsedReview(
    source="web_page",
    source_review_id=None,
    entity=None,
    location=None,
    rating=Rating(2.0),
    posted_at=date(2026, 3, 5),
    posted_precision=None,
    edited_at=None,
    language_declared=None,
    title=None,
    text="The parcel came two weeks late.",
    url=None,
    author="Ines Falk",
)


def _prepare(*parsed: ParsedReview, time_zone: str = "Europe/Berlin", entity: str | None = "Brio") -> Prepared:
    return prepare(
        parsed,
        seen_at=_NOW,
        secret=b"secret",
        run_id="r1",
        raw_ref=None,
        is_imported=False,
        entity=entity,
        location=None,
        time_zone=time_zone,
    )


@pytest.mark.parametrize(
    ("posted", "utc", "precision"),
    [
        (date(2026, 1, 15), "2026-01-14T23:00", "day"),
        (date(2026, 7, 15), "2026-07-14T22:00", "day"),
        (date(2026, 3, 29), "2026-03-28T23:00", "day"),  # the day clocks go forward still begins in winter time
        (date(2026, 3, 30), "2026-03-29T22:00", "day"),
        (date(2026, 10, 25), "2026-10-24T22:00", "day"),  # the day they go back begins in summer time
        (date(2026, 10, 26), "2026-10-25T23:00", "day"),
        (datetime(2026, 10, 25, 2, 30), "2026-10-25T00:30", "second"),  # there twice: the first is taken
        (datetime(2026, 3, 29, 2, 30), "2026-03-29T01:30", "second"),  # never there: as if clocks had not changed yet
        (datetime(2026, 7, 1, 8, 0), "2026-07-01T06:00", "second"),
        (datetime(2026, 7, 1, 8, 0, tzinfo=UTC), "2026-07-01T08:00", "second"),
        (datetime(2026, 7, 1, 8, 0, tzinfo=timezone(timedelta(hours=-5))), "2026-07-01T13:00", "second"),
    ],
)
def test_days_and_times_become_utc(posted: date, utc: str, precision: str) -> None:
    (review,) = _prepare(replace(_ONE, posted_at=posted)).reviews
    assert review.posted_at is not None
    assert review.posted_at.utcoffset() == timedelta(0)
    assert review.posted_at.isoformat()[:16] == utc
    assert review.posted_precision == precision


def test_a_precision_that_the_site_gave_stays() -> None:
    (review,) = _prepare(replace(_ONE, posted_precision="month")).reviews
    assert review.posted_precision == "month"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"posted_at": date(2026, 11, 24)}, "dated in the future (2026-11-23)"),
        ({"posted_at": date(1970, 1, 1)}, "dated before reviews were online"),
        ({"rating": None, "text": None}, "neither rating nor text"),
        ({"rating": None, "text": " <br> \u200b"}, "neither rating nor text"),
    ],
)
def test_what_cannot_be_kept_is_rejected_with_its_place(change: dict[str, object], reason: str) -> None:
    found = _prepare(_ONE, replace(_ONE, **change), replace(_ONE, author="x"))  # type: ignore[arg-type]
    assert len(found.reviews) == 2
    assert [each.index for each in found.rejected] == [1]
    assert found.rejected[0].reason.startswith(reason)


def test_without_entity_a_review_is_rejected() -> None:
    assert "--entity" in _prepare(_ONE, entity=None).rejected[0].reason
    assert _prepare(replace(_ONE, entity="Own"), entity=None).reviews[0].entity == "Own"


@pytest.mark.parametrize(
    "posted", [date(9999, 12, 31), datetime(9999, 12, 31, 23, 59, tzinfo=timezone(-timedelta(hours=9)))]
)
def test_dates_at_the_end_of_the_calendar_do_not_crash(posted: date) -> None:
    found = _prepare(replace(_ONE, posted_at=posted), time_zone="America/New_York")
    assert len(found.reviews) + len(found.rejected) == 1


def test_a_rating_outside_its_scale_is_dropped_and_counted() -> None:
    found = _prepare(replace(_ONE, rating=Rating(9.0)))
    assert found.odd_ratings == 1
    assert found.reviews[0].rating_value is None
    assert found.reviews[0].text is not None


def test_nothing_personal_leaves() -> None:
    text = "Mail me: jane@mail.example or 040/123 456-78, @jane_doe"
    parsed = replace(_ONE, title=text, text=text + " again", reply=Reply(text, date(2026, 3, 6)), author="Jane Doe")
    written = repr(_prepare(parsed).reviews[0])
    assert not [word for word in ("jane@", "123 456", "jane_doe", "Jane Doe") if word in written]
    assert written.count("[e-mail]") == 3


def test_an_edit_keeps_the_key_and_changes_the_content() -> None:
    (old,) = _prepare(_ONE).reviews
    (new,) = _prepare(replace(_ONE, text="The parcel never came.", edited_at=date(2026, 3, 8))).reviews
    assert new.review_key == old.review_key
    assert new.content_hash != old.content_hash
    (moved,) = _prepare(replace(_ONE, url="https://elsewhere.example/", extra={"useful": 3})).reviews
    assert moved.content_hash == old.content_hash


def test_two_reviews_of_an_author_on_a_day_are_two() -> None:
    keys = {each.review_key for each in _prepare(_ONE, replace(_ONE, text="And the box was torn.")).reviews}
    assert len(keys) == 2


_BATCH = [
    _ONE,
    replace(_ONE, text="And the box was torn."),
    replace(_ONE, author=None),
    replace(_ONE, source_review_id="7"),
    replace(_ONE, posted_at=date(2026, 3, 6)),
    replace(_ONE, rating=None, text=None),
    replace(_ONE, text="Schlecht", language_declared="de"),
]


@given(st.permutations(_BATCH))
def test_the_order_of_a_batch_does_not_matter(batch: list[ParsedReview]) -> None:
    found = _prepare(*batch)
    assert {repr(each) for each in found.reviews} == {repr(each) for each in _prepare(*_BATCH).reviews}
    assert [batch[each.index].text for each in found.rejected] == [None]
