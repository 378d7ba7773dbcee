"""What single fields of the owner's APIs mean: enums, faces, thumbs, translations, clocks, and what is left out."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from pipeline import sources
from pipeline.review import ParsedReview
from tests.sources.conftest import page_of


def _parse(source: str, body: Any) -> list[ParsedReview]:
    return sources.get(source).parse(page_of(source, json.dumps(body).encode()))


def _stars(review: ParsedReview) -> float | None:
    return review.rating.stars if review.rating else None


@pytest.mark.parametrize(
    ("written", "stars"),
    [("ONE", 1), ("FIVE", 5), ("three", 3), (4, 4), ("STAR_RATING_UNSPECIFIED", None), (None, None), ("", None)],
)
def test_googles_star_words_are_numbers(written: object, stars: float | None) -> None:
    (review,) = _parse("google_business", [{"reviewId": "a", "starRating": written}])
    assert _stars(review) == stars


@pytest.mark.parametrize(
    ("comment", "own", "is_translation"),
    [
        ("Gut.", "Gut.", None),
        ("Gut.\n\n(Translated by Google)\nGood.", "Gut.", None),
        ("(Translated by Google) Good.\n\n(Original)\nGut.", "Gut.", None),
        ("(Übersetzt von Google) Gut.\n\n(Original)\nBien.", "Bien.", None),
        ("(Traduit par Google) Bien.", "Bien.", True),
        ("(translated by google)", None, True),
        ("I wrote (Original) myself", "I wrote (Original) myself", None),
        (None, None, None),
    ],
)
def test_of_a_translated_comment_the_original_is_taken(
    comment: str | None, own: str | None, is_translation: bool
) -> None:
    (review,) = _parse("google_business", {"reviews": [{"reviewId": "a", "starRating": "ONE", "comment": comment}]})
    assert (review.text, review.extra.get("is_translation")) == (own, is_translation)


@pytest.mark.parametrize(
    ("value", "stars"),
    [
        (-103, 1.0),
        (-102, 5 / 3),
        (-101, 7 / 3),
        (100, 3.0),
        (101, 11 / 3),
        (102, 13 / 3),
        (103, 5.0),
        (7, None),
        (None, None),
    ],
)
def test_freshdesks_faces_are_steps_of_equal_width(value: int | None, stars: float | None) -> None:
    (review,) = _parse("freshdesk", [{"id": 1, "ratings": {"default_question": value}, "feedback": "x"}])
    assert _stars(review) == (pytest.approx(stars) if stars is not None else None)


@pytest.mark.parametrize(
    ("score", "stars"),
    [("good", 5), ("bad", 1), ("good_with_comment", 5), ("badwithcomment", 1), ("offered", None), ("unoffered", None)],
)
def test_zendesks_scores_are_thumbs(score: str, stars: float | None) -> None:
    (review,) = _parse("zendesk", {"satisfaction_ratings": [{"id": 1, "score": score, "ticket_id": 2, "comment": "x"}]})
    assert _stars(review) == stars
    assert review.rating is None or review.rating.is_binary


@pytest.mark.parametrize(
    ("written", "title", "text"),
    [
        ("a\tb", "a", "b"),
        ("\tb", None, "b"),
        ("b", None, "b"),
        ("a\t", "a", None),
        ("", None, None),
        ("a\tb\tc", "a", "b\tc"),
    ],
)
def test_googles_tab_parts_title_and_words(written: str, title: str | None, text: str | None) -> None:
    comments = [{"userComment": {"text": written, "starRating": 3, "lastModified": {"seconds": "1772964000"}}}]
    (review,) = _parse("google_play_developer", {"reviews": [{"reviewId": "a", "comments": comments}]})
    assert (review.title, review.text) == (title, text)


def test_a_territory_is_a_location_where_the_subscription_names_none() -> None:
    body = {"data": [{"type": "customerReviews", "id": "a", "attributes": {"rating": 1, "territory": "DEU"}}]}
    page = page_of("app_store_connect", json.dumps(body).encode())
    source = sources.get("app_store_connect")
    assert source.parse(page)[0].location == "Kiel"
    assert source.parse(replace(page, location=None))[0].location == "DEU"


def test_what_was_deleted_is_no_mention() -> None:
    rows = [
        {"kind": "t1", "data": {"name": "t1_a", "body": "[deleted]", "author": "x", "created_utc": 1772964000}},
        {
            "kind": "t3",
            "data": {"name": "t3_b", "title": "Still here", "selftext": "[removed]", "created_utc": 1772964000},
        },
        {"kind": "t3", "data": {"name": "t3_c", "title": "[deleted]", "selftext": "", "created_utc": 1772964000}},
        {"kind": "t5", "data": {"name": "t5_d", "title": "a subreddit"}},
    ]
    (review,) = _parse("reddit", {"kind": "Listing", "data": {"children": rows}})
    assert (review.source_review_id, review.text, review.title) == ("t3_b", "Still here", None)


@pytest.mark.parametrize(
    ("written", "indexed", "taken"),
    [
        ("2026-03-08T10:00:00Z", "2026-03-08T10:00:05Z", "2026-03-08T10:00:00+00:00"),
        ("2031-01-01T00:00:00Z", "2026-03-08T10:00:05Z", "2026-03-08T10:00:05+00:00"),
        ("never", "2026-03-08T10:00:05Z", "2026-03-08T10:00:05+00:00"),
        (None, "2026-03-08T10:00:05Z", "2026-03-08T10:00:05+00:00"),
        ("2026-03-08T10:00:00Z", None, "2026-03-08T10:00:00+00:00"),
        ("2026-03-08T10:00:00", "2026-03-08T10:00:05Z", "2026-03-08T10:00:00"),
    ],
)
def test_an_authors_clock_that_runs_ahead_is_not_believed(written: str | None, indexed: str | None, taken: str) -> None:
    post = {"uri": "at://x", "record": {"text": "x", "createdAt": written}, "indexedAt": indexed}
    (review,) = _parse("bluesky", {"posts": [post]})
    assert review.posted_at is not None
    assert review.posted_at.isoformat() == taken


def test_feefos_relative_dates_are_no_dates() -> None:
    rows = [{"FEEDBACKID": at, "DATE": each, "CUSTOMERCOMMENT": "x"} for at, each in enumerate(
        ["40 Hour(s) ago", "29-Feb-2016", "31-Feb-2016", "1-Xyz-2016", "", None])]  # fmt: skip
    found = [
        (review.posted_at and review.posted_at.isoformat(), review.posted_precision)
        for review in _parse("feefo", {"FEEDBACKLIST": {"FEEDBACK": rows}})
    ]
    assert found == [(None, None), ("2016-02-29", "day"), *[(None, None)] * 4]


def test_feefos_ratings_keep_their_own_scale() -> None:
    scales = [{"rating": 8, "min": 0, "max": 10}, {"rating": 3, "min": 1, "max": 5}, {"rating": 4}]
    rows = [{"service": {"id": str(at), "review": "x", "rating": each}} for at, each in enumerate(scales)]
    assert [_stars(review) for review in _parse("feefo", {"reviews": rows})] == [pytest.approx(4.2), 3.0, 4.0]


def test_of_trustpilots_events_those_of_standing_reviews_count() -> None:
    names = [
        "service-review-created",
        "service-review-updated",
        "product-review-created",
        "service-review-deleted",
        "foo",
    ]
    events = [{"eventName": each, "eventData": {"id": each, "stars": 3}} for each in names]
    assert [review.source_review_id for review in _parse("trustpilot", {"events": events})] == names[:3]
    assert [review.source_review_id for review in _parse("trustpilot", events[0])] == names[:1]
    assert _parse("trustpilot", {"events": []}) == []


@pytest.mark.parametrize(
    ("customer", "author"),
    [
        ({"firstName": "Gesa", "lastName": "Martens"}, "Gesa M."),
        ({"firstName": "Gesa", "lastName": "M."}, "Gesa M."),
        ({"firstName": "Gesa"}, "Gesa"),
        ({"lastName": "Martens"}, None),
        ({}, None),
    ],
)
def test_a_surname_is_shortened_as_on_the_profile_page(customer: dict[str, str], author: str | None) -> None:
    (review,) = _parse("trusted_shops", {"items": [{"id": "a", "rating": 3, "comment": "x", "customer": customer}]})
    assert review.author == author


def test_a_spam_mark_of_the_shop_is_kept_and_told() -> None:
    row = {"id": 1, "rating": 1, "body": "broke at once", "curated": "spam", "hidden": True, "reviewer": {"name": "a"}}
    (review,) = _parse("judge_me", {"reviews": [row]})
    assert (review.extra["curated"], review.extra["hidden"]) == ("spam", True)


@pytest.mark.parametrize("source", ["google_business", "google_play_developer"])
def test_googles_empty_object_is_no_reviews(source: str) -> None:
    assert _parse(source, {}) == []


@pytest.mark.parametrize(
    ("source", "key", "count"),
    [
        ("google_business", {"totalReviewCount": 7, "reviews": []}, 7),
        ("app_store_connect", {"data": [], "meta": {"paging": {"total": 7}}}, 7),
        ("feefo", {"reviews": [], "summary": {"meta": {"count": 7}}}, 7),
        ("google_business", {"totalReviewCount": True}, None),
        ("app_store_connect", {"meta": 5}, None),
        ("feefo", [], None),
    ],
)
def test_a_sites_own_count_is_told_where_it_gives_one(source: str, key: object, count: int | None) -> None:
    page = page_of(source, json.dumps(key).encode())
    assert sources.get(source).total(page) == count  # type: ignore[attr-defined]
