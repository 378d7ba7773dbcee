"""Sites without mark-up: what a subscription declares is read as it says, and what finds nothing is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pytest
from pytest_httpserver import HTTPServer

from pipeline import sources
from pipeline.errors import PageChanged, UsageError
from pipeline.review import ParsedReview, RawPage
from pipeline.sources.client import Client
from pipeline.sources.source import Subscription
from tests.sources.conftest import WINDOW, page_of

PAGE = """<html lang="de"><body>
<ul class="opinions">
  <li class="opinion note-8" data-key="a1"><h4>Gern wieder</h4><span class="who">Mara Lind</span>
    <span class="when">am 5. März 2026</span><span class="stars"><i class="on"></i><i class="on"></i><i></i></span>
    <p>Erster Absatz.<br>Zweite Zeile.</p><p>Zweiter <b>Absatz</b>.</p>
    <div class="owner">Danke! <time datetime="2026-03-06T09:00:00+01:00">gestern</time></div>
    <a class="more" href="/meinung/a1">mehr</a></li>
  <li class="opinion note-2" data-key="a2"><h4></h4><span class="who">Tom</span>
    <span class="when">am 4. März 2026</span>
    <span class="stars"></span><p></p></li>
  <li class="opinion" data-key=""><h4> </h4><p></p></li>
</ul><nav><a class="weiter" href="?seite=2">weiter</a></nav></body></html>"""
OPTIONS = {
    "select_review": "li.opinion",
    "select_id": "@data-key",
    "select_title": "h4",
    "select_text": "p",
    "select_author": ".who",
    "select_date": ".when",
    "date_pattern": r"am (.+)",
    "select_rating": "@class",
    "rating_pattern": r"note-(\d+)",
    "rating_best": "10",
    "rating_worst": "0",
    "select_reply": ".owner",
    "select_reply_date": ".owner time@datetime",
    "select_url": "a.more@href",
}


def _read(options: dict[str, str], body: str = PAGE) -> list[ParsedReview]:
    return sources.get("web_page", options).parse(page_of("web_page", body.encode()))


def _page(selector: str, text: str) -> str:
    return f'<html><body><div class="r"><p>x</p><i class="{selector}">{text}</i></div></body></html>'


def test_every_place_is_read() -> None:
    first, second = _read(OPTIONS)
    assert (first.source_review_id, first.title, first.author) == ("a1", "Gern wieder", "Mara Lind")
    assert first.text == "Erster Absatz.\nZweite Zeile.\nZweiter Absatz."
    assert first.rating is not None
    assert (first.rating.value, first.rating.best, first.rating.worst, first.rating.stars) == (8, 10, 0, 4.2)
    assert (first.posted_at, first.posted_precision) == (date(2026, 3, 5), "day")
    assert first.url == "https://nordlicht.example/meinung/a1"
    assert first.reply is not None
    assert (first.reply.text, str(first.reply.replied_at)) == ("Danke! gestern", "2026-03-06 09:00:00+01:00")
    assert (second.source_review_id, second.title, second.text) == ("a2", None, None)
    assert second.rating is not None
    assert second.rating.stars == 1.8


def test_filled_stars_are_counted() -> None:
    first, second = _read({"select_review": "li.opinion[data-key^=a]", "select_rating": "count: .stars .on"})
    assert first.rating is not None
    assert second.rating is not None
    assert (first.rating.value, second.rating.value) == (2, 0)


@pytest.mark.parametrize(
    ("options", "written", "read", "precision"),
    [
        ({"date_format": "%d/%m/%Y"}, "05/03/2026", date(2026, 3, 5), "day"),
        ({"date_format": "%d/%m/%Y %H:%M"}, "05/03/2026 10:11", datetime(2026, 3, 5, 10, 11), "minute"),
        ({"date_format": "%m.%Y"}, "03.2026", date(2026, 3, 1), "month"),
        ({"date_order": "month"}, "05/03/2026", date(2026, 5, 3), "day"),
        ({"date_order": "day"}, "05/03/2026", date(2026, 3, 5), "day"),
        ({}, "05/03/2026", None, None),
        ({}, "vor 2 Wochen", None, None),
        ({"date_format": "%d/%m/%Y"}, "gestern", None, None),
        ({"date_pattern": r"\d{4}-\d\d-\d\d"}, "Visited 2026-03-05.", date(2026, 3, 5), "day"),
    ],
)
def test_dates_are_read_as_declared(
    options: dict[str, str], written: str, read: date | None, precision: str | None
) -> None:
    (review,) = _read({"select_review": ".r", "select_text": "p", "select_date": ".d", **options}, _page("d", written))
    assert (review.posted_at, review.posted_precision) == (read, precision)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"select_text": "p"}, "select_review"),
        ({"rating_best": "5"}, "select_review"),
        ({"select_review": "li[", "select_text": "p"}, "no CSS selector"),
        ({"select_review": ".r", "select_stars": "p"}, "no option select_stars"),
        ({"select_review": ".r", "rating_pattern": "("}, "no pattern"),
        ({"select_review": ".r", "date_order": "year"}, "day or month"),
        ({"select_review": ".r", "select_text": "count:"}, "no selector in select_text"),
    ],
)
def test_options_that_cannot_be_meant_are_told(options: dict[str, str], says: str) -> None:
    with pytest.raises(UsageError, match=says) as error:
        _read(options)
    assert "\n" not in str(error.value)


def test_selectors_that_find_nothing_are_a_changed_page() -> None:
    with pytest.raises(PageChanged, match="nothing matches"):
        _read({"select_review": ".gone", "select_text": "p"})
    with pytest.raises(PageChanged, match="3 nodes match select_review, but none"):
        _read({"select_review": "li.opinion", "select_text": ".gone"})


def test_a_page_that_says_it_has_no_reviews_is_none() -> None:
    options = {"select_review": ".r", "select_text": "p", "select_none": ".empty"}
    assert _read(options, '<html><p class="empty">Noch keine Bewertungen</p></html>') == []


def test_an_empty_template_changes_nothing_for_pages_without_options() -> None:
    assert sources.get("web_page").parse(page_of("web_page", PAGE.encode())) == []


def test_pages_are_followed_by_the_declared_link(
    client: Client, open_site: HTTPServer, subscribe: Callable[..., Subscription]
) -> None:
    def page(day: int, following: str) -> str:
        link = f'<a class="weiter" href="{following}">weiter</a>' if following else ""
        return f'<html><div class="r"><p>x</p><i>2026-03-{day:02}</i></div>{link}</html>'

    for number, day in enumerate((9, 8, 7), start=1):
        following = f"/p{number + 1}" if number < 3 else ""
        open_site.expect_request(f"/p{number}").respond_with_data(page(day, following), content_type="text/html")
    options = {"select_review": ".r", "select_text": "p", "select_date": "i", "select_next": "a.weiter"}
    pages: list[RawPage] = list(sources.get("web_page").fetch(subscribe("/p1", **options), WINDOW, client))
    assert [page.url.rsplit("/", 1)[1] for page in pages] == ["p1", "p2", "p3"]
