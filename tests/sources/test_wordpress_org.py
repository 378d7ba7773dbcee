"""WordPress.org reaches back beyond its feed by the list, and tells its forms apart from what is none of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from pipeline import sources
from pipeline.errors import PageChanged, SourceUnreachable
from pipeline.sources.client import Client
from pipeline.sources.source import CountsReviews, Subscription
from tests.sources.conftest import WINDOW, page_of
from tests.sources.test_fixtures import CASES

ROOT = "/support/plugin/calendar/reviews/"
Subscribe = Callable[..., Subscription]


def _feed(*days: int) -> str:
    items = "".join(
        f"<item><link>https://wordpress.org/support/topic/day-{day}/</link><title>Day {day}</title>"
        f"<pubDate>{day:02} Mar 2026 10:00:00 +0000</pubDate>"
        f"<description><![CDATA[<p>Replies: 0</p><p>Rating: 4 stars</p><p>Text {day}</p>]]></description></item>"
        for day in days
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>x</title>{items}</channel></rss>'


def _list(*days: int, following: bool) -> str:
    rows = "".join(
        f'<ul class="topic"><a class="bbp-topic-permalink" href="/support/topic/day-{day}/">Day {day}</a>'
        f'<div class="wporg-ratings" data-rating="4"></div></ul>'
        for day in days
    )
    return rows + ('<div class="bbp-pagination-links"><a class="next page-numbers" href="x">next</a></div>' * following)


def _topic(day: int) -> str:
    return (
        f'<h1 class="page-title">Day {day}</h1><div class="topic"><a class="bbp-topic-permalink" '
        f'title="March {day}, 2026 at 10:00 am"></a><div class="bbp-topic-content">'
        f'<div class="wporg-ratings" data-rating="4"></div><p>Text {day}</p></div></div>'
    )


@pytest.fixture
def site(open_site: HTTPServer) -> HTTPServer:
    """A forum with a review a day, three in its feed and two on a page of its list."""

    def topic(request: Request) -> Response:
        return Response(_topic(int(request.path.rstrip("/").rsplit("-", 1)[1])), content_type="text/html")

    pages = {ROOT: (9, 8), ROOT + "page/2/": (7, 6), ROOT + "page/3/": (5, 4), ROOT + "page/4/": (3, 2)}
    for path, days in pages.items():
        body = _list(*days, following=days != (3, 2))
        open_site.expect_request(path).respond_with_data(body, content_type="text/html")
    for day in range(1, 10):
        open_site.expect_request(f"/support/topic/day-{day}/").respond_with_handler(topic)
    return open_site


def _subscription(subscribe: Subscribe, site: HTTPServer, **options: str) -> Subscription:
    return subscribe("", "wordpress_org", plugin="calendar", base_url=site.url_for(""), **options)


def _titles(client: Client, subscription: Subscription) -> list[str | None]:
    source = sources.get("wordpress_org")
    pages = source.fetch(subscription, WINDOW, client)
    return [review.title for page in pages for review in source.parse(page)]


def test_a_feed_that_reaches_back_is_enough(client: Client, site: HTTPServer, subscribe: Subscribe) -> None:
    site.expect_request(ROOT + "feed/").respond_with_data(_feed(9, 8, 5), content_type="application/rss+xml")
    assert _titles(client, _subscription(subscribe, site)) == ["Day 9", "Day 8", "Day 5"]
    assert [request.path for request, _ in site.log] == ["/robots.txt", ROOT + "feed/"]


def test_older_reviews_come_from_their_own_pages_each_once(
    client: Client, site: HTTPServer, subscribe: Subscribe
) -> None:
    site.expect_request(ROOT + "feed/").respond_with_data(_feed(9, 8, 7), content_type="application/rss+xml")
    # Page 1 of the list holds nothing new, so it goes on only as long as something is.
    assert _titles(client, _subscription(subscribe, site)) == ["Day 9", "Day 8", "Day 7", "Day 6", "Day 5", "Day 4"]


def test_a_filter_goes_by_the_list_alone(client: Client, site: HTTPServer, subscribe: Subscribe) -> None:
    titles = _titles(client, _subscription(subscribe, site, filter="4"))
    assert titles == ["Day 9", "Day 8", "Day 7", "Day 6", "Day 5", "Day 4"]
    asked = [request.args.get("filter") for request, _ in site.log if request.path.startswith(ROOT)]
    assert set(asked) == {"4"}


def test_an_error_is_no_success(client: Client, open_site: HTTPServer, subscribe: Subscribe) -> None:
    open_site.expect_request(ROOT + "feed/").respond_with_data("down", status=503)
    with pytest.raises(SourceUnreachable):
        _titles(client, _subscription(subscribe, open_site))


def test_a_changed_list_is_handed_on_to_be_set_aside(
    client: Client, open_site: HTTPServer, subscribe: Subscribe
) -> None:
    open_site.expect_request(ROOT + "feed/").respond_with_data(_feed(9), content_type="application/rss+xml")
    open_site.expect_request(ROOT).respond_with_data("<html><p>New look</p></html>", content_type="text/html")
    source = sources.get("wordpress_org")
    *_, last = source.fetch(_subscription(subscribe, open_site), WINDOW, client)
    with pytest.raises(PageChanged, match="layout"):
        source.parse(last)


@pytest.mark.parametrize(
    "body", [b'{"error":"Plugin not found."}', b"[]", b"<html><h1>Log in</h1></html>", b'{"name":"x"}']
)
def test_another_answer_is_one_line(body: bytes) -> None:
    with pytest.raises(PageChanged):
        sources.get("wordpress_org").parse(page_of("wordpress_org", body, content_type=""))


@pytest.mark.parametrize(
    "body",
    [
        b'{"name":"x","num_ratings":0}',
        b'{"name":"x","sections":{"description":"y"}}',
        b'<div class="bbp-template-notice"><p>Oh bother! No topics were found here!</p></div>',
        b'<div class="bbp-topic-content"><p>How do I install it?</p></div>',
    ],
)
def test_no_review_is_no_error(body: bytes) -> None:
    assert sources.get("wordpress_org").parse(page_of("wordpress_org", body, content_type="")) == []


def test_the_totals_are_read() -> None:
    source = sources.get("wordpress_org")
    assert isinstance(source, CountsReviews)
    totals = {path.name: source.total(page_of("wordpress_org", path.read_bytes())) for path in CASES
              if path.parent.name == "wordpress_org"}  # fmt: skip
    assert totals == {"feed.xml": None, "list.html": 1234, "plugin_information.json": 36, "topic.html": None}
