"""The APIs with the owner's credentials on loopback: what they are asked for, where a walk ends, what is an error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from pytest_httpserver import HTTPServer

from pipeline import sources
from pipeline.errors import BadInput, SourceBlocked, SourceCut, SourceError, SourceUnreachable, UsageError
from pipeline.review import RawPage
from pipeline.sources.client import Client
from pipeline.sources.source import Subscription
from tests.sources.conftest import WINDOW
from tests.sources.owner_cases import CASES, HUSH, TOKEN, Case, grant, serve

Subscribe = Callable[..., Subscription]


@pytest.fixture(params=CASES, ids=str)
def case(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Case:
    found: Case = request.param
    for name, value in found.secrets.items():
        monkeypatch.setenv(name, value)
    return found


def _subscription(case: Case, subscribe: Subscribe, site: HTTPServer, **options: str) -> Subscription:
    root = site.url_for("").rstrip("/")
    return subscribe("", case.source, **{"base_url": root, "token_url": f"{root}/token", **case.options, **options})


def _fetch(subscription: Subscription, client: Client) -> list[RawPage]:
    return list(sources.get(subscription.source).fetch(subscription, WINDOW, client))


def _named(name: str) -> Case:
    return next(case for case in CASES if case.name == name)


def test_it_asks_page_by_page_and_stops_at_the_windows_start_or_the_sites_end(
    case: Case, client: Client, open_site: HTTPServer, subscribe: Subscribe
) -> None:
    right = serve(case, open_site)
    pages = _fetch(_subscription(case, subscribe, open_site), client)
    assert right == [True] * case.pages
    source = sources.get(case.source)
    identifiers = [review.source_review_id for page in pages for review in source.parse(page)]
    assert len(set(identifiers)) == len(identifiers) == 3


def test_an_empty_page_is_not_the_end(case: Case, client: Client, open_site: HTTPServer, subscribe: Subscribe) -> None:
    if not case.has_cursor:
        pytest.skip("an empty page is this site's only sign of the end")

    def answer(number: int, root: str) -> object:
        body = case.answer(number, root)
        if number != 1:
            return body
        if case.source == "reddit":
            return body | {"data": body["data"] | {"children": []}}
        return {name: [] if isinstance(value, list) else value for name, value in body.items()}

    serve(replace(case, answer=answer), open_site)
    pages = _fetch(_subscription(case, subscribe, open_site), client)
    assert len(pages) == case.pages


def test_a_site_that_repeats_itself_is_told_and_left(
    case: Case, client: Client, open_site: HTTPServer, subscribe: Subscribe
) -> None:
    right = serve(replace(case, answer=lambda _number, root: case.answer(0, root)), open_site)
    with pytest.raises(SourceCut, match="repeats"):
        _fetch(_subscription(case, subscribe, open_site), client)
    assert len(right) in (2, 3)  # a cursor told twice, or a page shown thrice


def test_a_walk_that_does_not_reach_the_windows_start_is_told(
    case: Case, client: Client, open_site: HTTPServer, subscribe: Subscribe
) -> None:
    serve(case, open_site)
    with pytest.raises(SourceCut, match="max_pages"):
        _fetch(_subscription(case, subscribe, open_site, max_pages="2"), client)


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (400, "request is refused"),
        (401, "credentials are refused"),
        (403, "do not suffice"),
        (404, "is not there"),
        (429, "too many requests"),
        (500, "answers 500"),
    ],
)
def test_a_refusal_says_what_to_do_and_holds_no_secret(
    status: int, says: str, case: Case, client: Client, open_site: HTTPServer, subscribe: Subscribe
) -> None:
    grant(case, open_site)
    echo = f"{HUSH} {TOKEN} is wrong"  # APIs repeat what they were sent
    open_site.expect_request(case.path).respond_with_data(echo, status=status)
    with pytest.raises(SourceError) as error:
        _fetch(_subscription(case, subscribe, open_site), client)
    if case.secrets:
        assert says in str(error.value)
    assert error.value.remedy
    _assert_quiet(error.value)


def _assert_quiet(error: BaseException) -> None:
    cause: BaseException | None = error
    while cause is not None:
        assert HUSH not in str(cause)
        assert TOKEN not in str(cause)
        assert "PRIVATE KEY" not in str(cause)
        cause = cause.__cause__ or cause.__context__


@pytest.mark.parametrize(
    "body", ["<html>Log in</html>", '{"error": "x"}', '{"errors": [{"code": "X", "detail": "y"}]}']
)
def test_a_login_page_or_an_error_in_an_answer_is_handed_on_to_be_set_aside(
    body: str, case: Case, client: Client, open_site: HTTPServer, subscribe: Subscribe
) -> None:
    serve(replace(case, answer=lambda _number, _root: body), open_site)
    (page,) = _fetch(_subscription(case, subscribe, open_site), client)
    with pytest.raises(BadInput, match=r"not JSON|an error instead of|no listing"):
        sources.get(case.source).parse(page)


@pytest.mark.parametrize(
    "body",
    [
        f'{{"error": {{"code": 403, "status": "DENIED", "message": "{HUSH}"}}}}',
        f'{{"error": "{HUSH}"}}',
        f'{{"errors": ["{HUSH}"]}}',
        f'{{"message": "{HUSH}", "code": 1}}',
        f'{{"fault": {{"faultstring": "{HUSH}"}}}}',
    ],
)
def test_the_message_of_an_error_body_is_not_repeated(
    body: str, case: Case, client: Client, open_site: HTTPServer, subscribe: Subscribe
) -> None:
    serve(replace(case, answer=lambda _number, _root: body), open_site)
    (page,) = _fetch(_subscription(case, subscribe, open_site), client)
    with pytest.raises(BadInput) as error:
        sources.get(case.source).parse(page)
    _assert_quiet(error.value)


def test_without_its_options_or_secrets_it_says_what_to_set(
    case: Case, client: Client, subscribe: Subscribe, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in case.secrets:
        monkeypatch.delenv(name)
    bare = replace(subscribe(source=case.source), options={}, entity="")
    with pytest.raises(UsageError, match=r"Add options|Set the environment variable LEUMUND_"):
        _fetch(bare, client)


@pytest.mark.parametrize("name", ["app_store_connect", "zendesk ratings", "zendesk tickets"])
def test_a_next_page_on_another_host_is_refused(
    name: str, client: Client, open_site: HTTPServer, subscribe: Subscribe, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = _named(name)
    for variable, value in case.secrets.items():
        monkeypatch.setenv(variable, value)
    serve(replace(case, answer=lambda number, _root: case.answer(number, "https://elsewhere.example")), open_site)
    with pytest.raises(SourceBlocked, match="another host"):
        _fetch(_subscription(case, subscribe, open_site), client)


def test_several_locations_are_read_each_with_its_name(
    client: Client, open_site: HTTPServer, subscribe: Subscribe, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = _named("google_business")
    for variable, value in case.secrets.items():
        monkeypatch.setenv(variable, value)
    grant(case, open_site)
    for number in (2, 3):
        row = {"reviewId": f"r{number}", "starRating": "ONE", "createTime": "2026-03-08T10:00:00Z"}
        open_site.expect_request(f"/v4/accounts/1/locations/{number}/reviews").respond_with_json(
            {"reviews": [row], "totalReviewCount": 7}
        )
    pages = _fetch(_subscription(case, subscribe, open_site, locations="2 = Kiel, accounts/1/locations/3"), client)
    source = sources.get("google_business")
    assert [(each.location, each.source_review_id) for page in pages for each in source.parse(page)] == [
        ("Kiel", "r2"),
        ("3", "r3"),
    ]
    assert [source.total(page) for page in pages] == [None, None]  # type: ignore[attr-defined]


def test_a_closed_location_is_told_and_does_not_hide_the_others(
    client: Client, open_site: HTTPServer, subscribe: Subscribe, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = _named("google_business")
    for variable, value in case.secrets.items():
        monkeypatch.setenv(variable, value)
    grant(case, open_site)
    row = {"reviewId": "r3", "starRating": "ONE", "createTime": "2026-03-08T10:00:00Z"}
    open_site.expect_request("/v4/accounts/1/locations/3/reviews").respond_with_json({"reviews": [row]})
    open_site.expect_request("/v4/accounts/1/locations/2/reviews").respond_with_data("gone", status=404)
    fetched = sources.get("google_business").fetch(
        _subscription(case, subscribe, open_site, locations="2, 3"), WINDOW, client
    )
    assert next(fetched).location == "3"
    with pytest.raises(SourceUnreachable, match="1 of 2 locations not read, first is not there"):
        next(fetched)


@pytest.mark.parametrize(
    ("name", "option"),
    [
        ("trustpilot", "access"),
        ("trustpilot", "paging"),
        ("zendesk ratings", "collect"),
        ("zendesk ratings", "auth"),
        ("freshdesk ratings", "collect"),
        ("reddit search", "collect"),
    ],
)
def test_a_misspelt_choice_is_told(
    name: str,
    option: str,
    client: Client,
    open_site: HTTPServer,
    subscribe: Subscribe,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case = _named(name)
    for variable, value in case.secrets.items():
        monkeypatch.setenv(variable, value)
    with pytest.raises(UsageError, match=f"{option} is 'tikets'"):
        _fetch(_subscription(case, subscribe, open_site, **{option: "tikets"}), client)
    assert not open_site.log


def test_a_business_unit_is_found_by_its_domain(
    client: Client, open_site: HTTPServer, subscribe: Subscribe, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = _named("trustpilot")
    for variable, value in case.secrets.items():
        monkeypatch.setenv(variable, value)
    right = serve(case, open_site)
    open_site.expect_request("/v1/business-units/find", query_string="name=nordlicht.example").respond_with_json(
        {"id": "bu1", "displayName": "Nordlicht"}
    )
    subscription = _subscription(case, subscribe, open_site, domain="nordlicht.example")
    by_domain = replace(
        subscription, options={key: each for key, each in subscription.options.items() if key != "business_unit"}
    )
    assert len(_fetch(by_domain, client)) == 3
    assert all(right)


def test_google_plays_seven_days_are_told_when_they_do_not_reach_back(
    client: Client, open_site: HTTPServer, subscribe: Subscribe, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = _named("google_play_developer")
    for variable, value in case.secrets.items():
        monkeypatch.setenv(variable, value)
    serve(case, open_site)
    subscription = _subscription(case, subscribe, open_site)
    source, now = sources.get("google_play_developer"), client_clock(client, open_site, subscription)
    serve(case, open_site)
    late = replace(WINDOW, end=now, since=now - timedelta(days=20))
    with pytest.raises(SourceCut, match="play_console"):
        list(source.fetch(subscription, late, client))
    in_time = replace(WINDOW, end=now, since=now - timedelta(days=6 + subscription.overlap_days))
    assert list(source.fetch(subscription, in_time, client))
    backfill = replace(WINDOW, end=now - timedelta(days=90), since=now - timedelta(days=93))
    assert list(source.fetch(subscription, backfill, client))


def client_clock(client: Client, site: HTTPServer, subscription: Subscription):  # type: ignore[no-untyped-def]
    """The client's own now, as its pages carry it."""
    site.expect_request("/now").respond_with_data("x")
    page = client.get(site.url_for("/now"), subscription)
    assert page is not None
    return page.fetched_at


def test_a_reddit_listing_that_ends_at_its_limit_is_told(
    client: Client, open_site: HTTPServer, subscribe: Subscribe, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = _named("reddit search")
    for variable, value in case.secrets.items():
        monkeypatch.setenv(variable, value)

    def answer(number: int, _root: str) -> object:
        rows = [
            {"kind": "t3", "data": {"name": f"t3_{number}_{at}", "title": "x", "created_utc": 1_772_964_000}}
            for at in range(100)
        ]
        return {"kind": "Listing", "data": {"children": rows, "after": f"t3_{number}" if number < 9 else None}}

    serve(replace(case, answer=answer), open_site)
    with pytest.raises(SourceCut, match="ends after 1000"):
        _fetch(_subscription(case, subscribe, open_site), client)


def test_of_people_who_ask_to_be_shown_to_members_only_nothing_is_kept(
    client: Client, open_site: HTTPServer, subscribe: Subscribe, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = _named("bluesky")
    for variable, value in case.secrets.items():
        monkeypatch.setenv(variable, value)

    def answer(number: int, root: str) -> object:
        body = case.answer(number, root)
        label = {"val": "!no-unauthenticated"}
        author = {"handle": "shy.example", "labels": [label]}
        shy = {"uri": "at://x", "author": author, "record": {"text": "shy words", "createdAt": "2026-03-08T10:00:00Z"}}
        return {"posts": [*body["posts"], shy]}

    serve(replace(case, answer=answer), open_site)
    (page,) = _fetch(_subscription(case, subscribe, open_site), client)
    assert b"shy" not in page.body
    assert len(sources.get("bluesky").parse(page)) == 1
