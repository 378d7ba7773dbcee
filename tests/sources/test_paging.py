"""Every source that pages, against a loopback site: what it asks for, where it stops, and what an error ends in."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from pipeline import sources
from pipeline.errors import BadInput, SourceBlocked, SourceCut, SourceError, UsageError
from pipeline.review import RawPage
from pipeline.sources.client import Client
from pipeline.sources.refused import refusal
from pipeline.sources.source import Permission, Subscription
from tests.sources.conftest import WINDOW

Subscribe = Callable[..., Subscription]
NEW, OLD = "2026-03-08T10:00:00Z", "2026-02-01T10:00:00Z"


@dataclass(frozen=True)
class Case:
    """A source, how it is subscribed to, and the answer for the n-th request (0 is the first)."""

    source: str
    path: str
    answer: Callable[[int], Any]
    options: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    method: str = "GET"
    asked: Callable[[Request, int], bool] = lambda _request, _number: True
    """Whether the n-th request asks for the right page."""


def _dated(number: int) -> str:
    return OLD if number == 2 else NEW


def _feed(number: int) -> Any:
    entry = {"id": {"label": str(number)}, "im:rating": {"label": "3"}, "updated": {"label": _dated(number)}}
    return {"feed": {"entry": [entry]}}


def _bazaarvoice(number: int) -> Any:
    rows = [{"Id": f"{number}-{at}", "Rating": 3, "SubmissionTime": _dated(number)} for at in range(100)]
    return {"HasErrors": False, "Results": rows, "TotalResults": 300}


def _yotpo(number: int) -> Any:
    rows = [{"id": number * 1000 + at, "content": "x", "score": 3, "created_at": _dated(number)} for at in range(100)]
    return {"response": {"reviews": rows, "total_reviews": 300}}


def _addons(number: int) -> Any:
    row = {"id": number, "score": 3, "created": _dated(number)}
    return {"count": 3, "next": "yes", "results": [row]}


def _posts(number: int) -> Any:
    return {"latest_posts": [{"id": 100 - number, "cooked": "x", "created_at": _dated(number)}]}


def _timeline(number: int) -> Any:
    return [{"id": str(100 - number), "content": "x", "created_at": _dated(number), "account": {"acct": "a"}}]


def _hits(number: int) -> Any:
    size = 1000 if number < 2 else 5
    at = 1_772_900_000 - number * 1000
    return {"hits": [{"objectID": f"{number}-{n}", "comment_text": "x", "created_at_i": at - n} for n in range(size)]}


def _play(number: int) -> str:
    seconds = 1_770_000_000 if number == 2 else 1_772_960_000
    row = [f"id-{number}", ["a"], 3, None, "x", [seconds, 0], 0, None, None, None, None, None, []]
    inner = json.dumps([[row], [None, f"token-{number}"]])
    return ")]}'\n\n" + json.dumps([["wrb.fr", "UsvDTd", inner, None, None, None, "generic"]])


def _trustpilot(number: int) -> str:
    row = {"id": f"{number:024x}", "rating": 3, "text": "x", "dates": {"publishedDate": _dated(number)}}
    inner = {"reviews": [row], "filters": {"pagination": {"totalCount": 80, "totalPages": 4}}}
    return f'<script id="__NEXT_DATA__">{json.dumps({"props": {"pageProps": inner}})}</script>'


def _form(request: Request) -> str:
    return request.form["f.req"]


CASES = [
    Case(
        "app_store_feed",
        "/de/rss/customerreviews/page={page}/id=12/sortby=mostrecent/json",
        _feed,
        {"app": "12", "storefront": "DE"},
    ),
    Case(
        "bazaarvoice",
        "/data/reviews.json",
        _bazaarvoice,
        {"product": "p"},
        {"LEUMUND_BAZAARVOICE_PASSKEY": "hush"},
        asked=lambda request, n: request.args["Offset"] == str(n * 100) and request.args["passkey"] == "hush",
    ),
    Case(
        "yotpo",
        "/products/key/p/reviews.json",
        _yotpo,
        {"product": "p"},
        {"LEUMUND_YOTPO_APP_KEY": "key"},
        asked=lambda request, n: request.args["page"] == str(n + 1),
    ),
    Case(
        "mozilla_addons",
        "/api/v5/ratings/rating/",
        _addons,
        {"addon": "night"},
        asked=lambda request, n: request.args["page"] == str(n + 1),
    ),
    Case(
        "discourse",
        "/posts.json",
        _posts,
        asked=lambda request, n: request.args.get("before") == (str(101 - n) if n else None),
    ),
    Case(
        "mastodon",
        "/api/v1/timelines/tag/nordlicht",
        _timeline,
        {"tag": "#nordlicht"},
        asked=lambda request, n: request.args.get("max_id") == (str(101 - n) if n else None),
    ),
    Case(
        "hacker_news",
        "/api/v1/search_by_date",
        _hits,
        asked=lambda request, n: (
            n == 0 or f"created_at_i<={1_772_900_000 - (n - 1) * 1000 - 999}" in request.args["numericFilters"]
        ),
    ),
    Case(
        "trustpilot_page",
        "/review/nordlicht.example",
        _trustpilot,
        {"domain": "nordlicht.example"},
        asked=lambda request, n: (
            request.args.get("page") == (str(n + 1) if n else None)
            and (request.args["languages"], request.args["sort"]) == ("all", "recency")
        ),
    ),
    Case(
        "google_play_page",
        "/_/PlayStoreUi/data/batchexecute",
        _play,
        {"app": "com.nordlicht"},
        method="POST",
        asked=lambda request, n: n == 0 or f"token-{n - 1}" in _form(request),
    ),
]


@pytest.fixture(params=CASES, ids=lambda case: case.source)
def case(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Case:
    found: Case = request.param
    for name, value in found.secrets.items():
        monkeypatch.setenv(name, value)
    return found


def _subscription(case: Case, subscribe: Subscribe, site: HTTPServer, **options: str) -> Subscription:
    root = site.url_for("")
    made = subscribe("", case.source, base_url=root, **case.options, **options)
    basis = Permission("contract", "Ines Falk", date(2026, 1, 5), "contract of 5 January 2026, section 3")
    return replace(made, permission=basis, url=root)


def _serve(case: Case, site: HTTPServer) -> list[bool]:
    """Answer by the count of requests; what each asked for was right?"""
    right: list[bool] = []

    def handle(request: Request) -> Response:
        number = len(right)
        right.append(case.asked(request, number) and request.path == case.path.format(page=number + 1))
        body = case.answer(number)
        return Response(body if isinstance(body, str) else json.dumps(body), content_type="application/json")

    for page in range(1, 12):
        site.expect_request(case.path.format(page=page), method=case.method).respond_with_handler(handle)
    return right


def _fetch(subscription: Subscription, client: Client) -> list[RawPage]:
    pages: Iterator[RawPage] = sources.get(subscription.source).fetch(subscription, WINDOW, client)
    return list(pages)


def test_it_pages_until_all_is_older_than_the_window(
    case: Case, client: Client, open_site: HTTPServer, subscribe: Subscribe
) -> None:
    right = _serve(case, open_site)
    pages = _fetch(_subscription(case, subscribe, open_site), client)
    assert right == [True, True, True]
    assert len(pages) == 3
    assert all("hush" not in page.url and b"hush" not in page.body for page in pages)
    source = sources.get(case.source)
    identifiers = [review.source_review_id for page in pages for review in source.parse(page)]
    assert len(set(identifiers)) == len(identifiers) >= 3


def test_it_stops_where_the_site_repeats_itself(
    case: Case, client: Client, open_site: HTTPServer, subscribe: Subscribe
) -> None:
    _serve(replace(case, answer=lambda _number: case.answer(0), asked=lambda *_: True), open_site)
    subscription = _subscription(case, subscribe, open_site, max_pages="8")
    with pytest.raises(SourceCut):  # never an end that looks like the last page
        _fetch(subscription, client)


def test_an_error_is_no_success(case: Case, client: Client, open_site: HTTPServer, subscribe: Subscribe) -> None:
    open_site.expect_request(case.path.format(page=1), method=case.method).respond_with_data("down", status=500)
    with pytest.raises(SourceError):
        _fetch(_subscription(case, subscribe, open_site), client)


def test_a_login_page_is_handed_on_to_be_set_aside(
    case: Case, client: Client, open_site: HTTPServer, subscribe: Subscribe
) -> None:
    open_site.expect_request(case.path.format(page=1), method=case.method).respond_with_data("<html>Log in</html>")
    (page,) = _fetch(_subscription(case, subscribe, open_site), client)
    with pytest.raises(BadInput, match=r"not JSON|no answer|no review page"):
        sources.get(case.source).parse(page)


@pytest.mark.parametrize(
    "source",
    [
        "app_store_feed",
        "google_play_page",
        "bazaarvoice",
        "yotpo",
        "mozilla_addons",
        "mastodon",
        "trustpilot_page",
        "wordpress_org",
    ],
)
def test_what_is_missing_is_named(source: str, client: Client, subscribe: Subscribe) -> None:
    basis = Permission("contract", "Ines Falk", date(2026, 1, 5), "section 3")
    with pytest.raises(UsageError, match=r"Add |Set "):
        _fetch(replace(subscribe(source=source), permission=basis, options={}, url=None), client)


@pytest.mark.parametrize("source", ["app_store_feed", "google_play_page", "trustpilot_page"])
@pytest.mark.parametrize(("basis", "note"), [("own site", "x"), ("contract", " ")])
def test_a_legal_basis_is_asked_for(source: str, basis: str, note: str, client: Client, subscribe: Subscribe) -> None:
    permission = Permission(basis, "Ines Falk", date(2026, 1, 5), note)
    with pytest.raises(SourceBlocked, match="legal basis"):
        _fetch(replace(subscribe(source=source, app="12"), permission=permission), client)


@pytest.mark.parametrize(
    "url",
    [
        "https://www.tripadvisor.de/Hotel_Review-x",
        "https://www.google.com/maps/place/x",
        "https://maps.googleapis.com/maps/api/place/details/json",
        "https://www.yelp.com/biz/x",
        "https://www.booking.com/reviews/x",
        "https://www.glassdoor.de/x",
        "https://www.g2.com/products/x/reviews",
        "https://www.capterra.com.de/x",
        "https://www.kununu.com/de/firma/kommentare/2",
        "https://de-de.facebook.com/firma/reviews",
    ],
)
def test_a_site_that_forbids_it_is_refused_with_the_way_out(url: str, client: Client, subscribe: Subscribe) -> None:
    with pytest.raises(SourceBlocked, match="Instead, ") as error:
        client.get(url, subscribe())
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "url",
    [
        "https://www.kununu.com/de/firma",
        "https://notyelp.example/",
        "https://mybooking.com/x",
        "http://[",
        "https://www.google.com/shop",
    ],
)
def test_others_are_not(url: str) -> None:
    assert refusal(url) is None
