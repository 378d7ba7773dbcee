import csv
import io
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import feedparser
import requests
from bs4 import BeautifulSoup

from pipeline import sources
from pipeline.demo import payloads
from pipeline.demo.history import history_csv
from pipeline.demo.opinion import end_of_day
from pipeline.demo.site import STORE_PATH, ReviewSite, subscriptions
from pipeline.demo.world import World
from pipeline.review import ParsedReview, RawPage, Review
from pipeline.settings import SubscriptionSettings
from pipeline.sources import file_rows
from pipeline.text import prepare
from tests.demo.conftest import ANCHOR


def get(site: ReviewSite, path: str, **headers: str) -> requests.Response:
    return requests.get(site.base_url + path, headers=headers, timeout=10)


def ld(page: requests.Response) -> dict[str, list[dict[str, str]]]:
    script = BeautifulSoup(page.text, "lxml").find("script", type="application/ld+json")
    assert script is not None
    return dict(json.loads(script.get_text()))


def test_portal_a_pages_newest_first_by_rel_next(site: ReviewSite) -> None:
    first = get(site, "/portal-a/morgenrot/hamburg")
    dates = [datetime.fromisoformat(node["datePublished"]) for node in ld(first)["review"]]
    assert len(dates) == 20
    assert dates == sorted(dates, reverse=True)
    link = BeautifulSoup(first.text, "lxml").find("link", rel="next")
    assert link is not None
    second = get(site, str(link["href"]))
    assert datetime.fromisoformat(ld(second)["review"][0]["datePublished"]) <= dates[-1]
    assert get(site, "/portal-a/morgenrot/hamburg?page=9999").status_code == 404


def test_portal_b_has_microdata_commas_and_bare_dates(site: ReviewSite) -> None:
    soup = BeautifulSoup(get(site, "/portal-b/morgenrot/wien").text, "lxml")
    reviews = soup.find_all(attrs={"itemprop": "review"})
    assert len(reviews) == 20
    values = {review.find(attrs={"itemprop": "ratingValue"}).get_text() for review in reviews}
    assert values <= {"0", "2,5", "5", "7,5", "10"}
    assert all(len(review.find("time")["datetime"]) == 10 for review in reviews)


def test_store_pages_to_an_answer_without_reviews(site: ReviewSite) -> None:
    seen: list[str] = []
    cursor = "*"
    while True:
        answer = requests.get(
            site.base_url + STORE_PATH,
            {"appid": "731900", "num_per_page": "100", "cursor": cursor},
            timeout=10,
        ).json()["response"]
        assert ("total_reviews" in answer["query_summary"]) == (cursor == "*")
        if "reviews" not in answer:
            break
        seen += [row["recommendationid"] for row in answer["reviews"]]
        cursor = answer["cursor"]
    assert len(seen) == len(set(seen)) > 700
    empty = requests.get(site.base_url + STORE_PATH, {"appid": "1"}, timeout=10).json()
    assert "reviews" not in empty["response"]


def test_feed_and_export_hold_the_newest(site: ReviewSite) -> None:
    found = feedparser.parse(get(site, "/feed/morgenrot.xml").content)
    assert len(found.entries) == 50
    assert not found.bozo
    body = get(site, "/export/morgenrot.csv").content
    assert body.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(body.decode("utf-8-sig")), delimiter=";"))
    assert tuple(rows[0]) == payloads.EXPORT_COLUMNS
    assert len(rows) > 20


def test_clock_hides_the_future_and_shows_it_later(site: ReviewSite) -> None:
    site.advance_to(ANCHOR - timedelta(days=5))
    early = get(site, "/feed/morgenrot.xml")
    newest = max(entry.published for entry in feedparser.parse(early.content).entries)
    assert newest[:10] <= (ANCHOR - timedelta(days=5)).isoformat()
    site.advance_to(ANCHOR - timedelta(days=1))
    assert get(site, "/feed/morgenrot.xml").content != early.content


def test_live_edit_and_removal_are_seen_on_the_pages(site: ReviewSite, world: World) -> None:
    edited = next(
        review
        for review in world.reviews
        if review.edited_at and review.edited_at.date() == ANCHOR - timedelta(days=2) and review.edited_at.hour == 12
    )
    removed = next(
        review
        for review in world.reviews
        if review.removed_at and review.removed_at.date() == ANCHOR - timedelta(days=1) and review.removed_at.hour == 12
    )
    for review, is_there in ((edited, True), (removed, False)):
        shown = world.shown(review.source, review.entity, review.location, end_of_day(ANCHOR - timedelta(days=1)))
        assert (review.number in {each.number for each in shown}) == is_there
        earlier = world.shown(review.source, review.entity, review.location, end_of_day(ANCHOR - timedelta(days=4)))
        assert review.number in {each.number for each in earlier}


def test_unchanged_page_answers_304_and_faults_show(site: ReviewSite) -> None:
    path = "/portal-a/kranichhof/kranichsee"
    first = get(site, path)
    assert get(site, path, **{"If-None-Match": first.headers["ETag"]}).status_code == 304
    site.set_fault("meinungshafen", "broken")
    assert get(site, path).status_code == 503
    site.set_fault("meinungshafen", None)
    site.advance_to(ANCHOR - timedelta(days=30))
    site.set_fault("meinungshafen", "stale")
    old = get(site, path).content
    site.advance_to(ANCHOR - timedelta(days=1))
    assert get(site, path).content == old
    assert get(site, "/robots.txt").text.startswith("User-agent: *\nAllow: /")
    assert get(site, "/portal-a/nobody/nowhere").status_code == 404


def test_subscriptions_are_few_and_valid_settings(site: ReviewSite, world: World) -> None:
    found = subscriptions(world, site.base_url)
    assert len(found) <= 22
    for row in found:
        SubscriptionSettings.model_validate({key: value for key, value in row.items() if value is not None})


def _pages(site: ReviewSite, world: World) -> list[tuple[dict[str, object], list[ParsedReview]]]:
    found = []
    for row in subscriptions(world, site.base_url):
        url = str(row["url"] or "")
        if row["source"] == "steam":
            url += "?appid=731900&num_per_page=100&cursor=*"
        answer = requests.get(url, timeout=10)
        page = RawPage(
            str(row["source"]),
            url,
            datetime.now(UTC),
            200,
            answer.headers["Content-Type"],
            answer.content,
            str(row["entity"]),
            str(row["location"]) if row["location"] else None,
        )
        found.append((row, list(sources.get(str(row["source"])).parse(page))))
    return found


def _prepared(parsed: list[ParsedReview], entity: str | None, location: str | None) -> list[Review]:
    return prepare.prepare(
        parsed,
        seen_at=datetime(2027, 1, 1, tzinfo=UTC),
        secret=b"test",
        run_id="test",
        raw_ref=None,
        is_imported=False,
        entity=entity,
        location=location,
        time_zone="Europe/Berlin",
    ).reviews


def test_history_and_live_pages_give_the_same_reviews(site: ReviewSite, world: World) -> None:
    site.advance_to(date(2026, 11, 22))
    parsed = list(
        file_rows.parse_bytes(
            history_csv(world, ANCHOR), source="history", entity=None, location=None, layout="generic"
        )
    )
    history = [review for review in parsed if isinstance(review, ParsedReview)]
    assert len(history) == len(parsed)
    keys = {review.review_key: review.content_hash for review in _prepared(history, None, None)}
    assert len(keys) == len(history)
    for row, reviews in _pages(site, world):
        assert reviews, row["name"]
        entity, location = str(row["entity"]), str(row["location"]) if row["location"] else None
        # A page calls the firm by its full name; the subscription decides whose reviews they are.
        owned = [replace(review, source=str(row["site"]), entity=entity) for review in reviews]
        for review in _prepared(owned, entity, location):
            assert keys.get(review.review_key) == review.content_hash, (row["name"], review.posted_at)
