"""The client against a real server on loopback: what it asks, what it refuses, and what it says then."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from pipeline.errors import PipelineError, SourceBlocked, SourceUnreachable
from pipeline.sources import address, exchange, robots
from pipeline.sources.client import Client
from pipeline.sources.pace import Pace
from pipeline.sources.source import Subscription

Subscribe = Callable[..., Subscription]


def _asked(site: HTTPServer, path: str = "/reviews") -> list[Request]:
    return [request for request, _ in site.log if request.path == path]


def _line(error: pytest.ExceptionInfo[PipelineError]) -> str:
    line = str(error.value)
    assert "\n" not in line
    return line


def test_a_page_comes_with_its_bytes_and_names_us(client: Client, open_site: HTTPServer, subscribe: Subscribe) -> None:
    open_site.expect_request("/reviews").respond_with_data("<p>größer</p>".encode("latin-1"), content_type="text/html")
    subscription = subscribe()
    page = client.get(open_site.url_for("/reviews"), subscription, params={"page": "2"})
    assert page is not None
    assert page.body == "<p>größer</p>".encode("latin-1")
    assert (page.entity, page.status, page.content_type) == ("Nordlicht Touren", 200, "text/html")
    assert page.url.endswith("/reviews?page=2")
    agent = _asked(open_site)[0].headers["User-Agent"]
    assert agent.startswith("Leumund/")
    assert agent.endswith("(+ops@nordlicht.example)")


def test_without_permission_nothing_is_asked(client: Client, open_site: HTTPServer, subscribe: Subscribe) -> None:
    with pytest.raises(SourceBlocked) as error:
        client.get(open_site.url_for("/reviews"), replace(subscribe(), permission=None))
    assert "no permission record" in _line(error)
    assert not open_site.log


def test_retry_after_is_waited_for(client: Client, open_site: HTTPServer, subscribe: Subscribe) -> None:
    busy = Response("slow down", status=429, headers={"Retry-After": "1"})
    open_site.expect_oneshot_request("/reviews").respond_with_response(busy)
    open_site.expect_request("/reviews").respond_with_data("<p>fine</p>")
    started = time.monotonic()
    page = client.get(open_site.url_for("/reviews"), subscribe())
    assert page is not None
    assert page.body == b"<p>fine</p>"
    assert time.monotonic() - started >= 0.9


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_site_that_stays_down_is_tried_thrice_and_told_in_one_line(
    status: int, client: Client, open_site: HTTPServer, subscribe: Subscribe
) -> None:
    open_site.expect_request("/reviews").respond_with_data("no", status=status)
    with pytest.raises(SourceUnreachable) as error:
        client.get(open_site.url_for("/reviews"), subscribe())
    assert f"answers {status}" in _line(error)
    assert len(_asked(open_site)) == 3


def test_retries_keep_their_distance(tmp_path: Path, open_site: HTTPServer, subscribe: Subscribe) -> None:
    open_site.expect_request("/reviews").respond_with_data("no", status=503)
    slow = Client(tmp_path / "state", interval_s=0, backoff_s=0.2, retries=2)
    started = time.monotonic()
    with pytest.raises(SourceUnreachable):
        slow.get(open_site.url_for("/reviews"), subscribe())
    assert time.monotonic() - started >= 0.6


@pytest.mark.parametrize(
    ("status", "kind", "says"),
    [
        (401, SourceBlocked, "refuses (401)"),
        (403, SourceBlocked, "refuses (403)"),
        (404, SourceUnreachable, "is not there (404)"),
        (418, SourceUnreachable, "answers 418"),
        (200, SourceUnreachable, "an empty answer"),
    ],
)
def test_an_answer_that_is_no_page_is_an_error(
    status: int, kind: type[PipelineError], says: str, client: Client, open_site: HTTPServer, subscribe: Subscribe
) -> None:
    open_site.expect_request("/reviews").respond_with_data("" if status == 200 else "no", status=status)
    with pytest.raises(kind) as error:
        client.get(open_site.url_for("/reviews"), subscribe())
    assert says in _line(error)


def test_an_unreachable_host_is_one_line(client: Client, subscribe: Subscribe) -> None:
    with pytest.raises(SourceUnreachable, match="cannot be reached"):  # its robots.txt already cannot be asked
        client.get("http://127.0.0.1:9/reviews", subscribe())


def test_an_unknown_host_is_one_line(client: Client, subscribe: Subscribe) -> None:
    closed = replace(subscribe(), allow_private_hosts=False)
    with pytest.raises(SourceUnreachable) as error:
        client.get("http://no-such-host.invalid/reviews", closed)
    assert "unknown host" in _line(error)


@pytest.mark.parametrize(
    ("status", "content_type", "body", "reason"),
    [
        (200, "text/plain", "User-agent: *\nDisallow: /reviews", "robots.txt forbids it"),
        (200, "text/plain", "User-agent: *\nDisallow: /x\n\nUser-agent: *\nDisallow: /reviews", "forbids it"),
        (500, "text/plain", "", "robots.txt answers 500"),
        (403, "text/plain", "", "robots.txt answers 403"),
        (200, "text/html", "<html><body>Hello</body></html>", "a web page"),
        (200, "text/plain", "<!DOCTYPE html><title>x</title>", "a web page"),
        (200, "application/json", "{}", "application/json"),
    ],
)
def test_robots_refuse_and_fail_closed(
    status: int, content_type: str, body: str, reason: str, client: Client, httpserver: HTTPServer, subscribe: Subscribe
) -> None:
    httpserver.expect_request("/robots.txt").respond_with_data(body, status=status, content_type=content_type)
    with pytest.raises(SourceBlocked) as error:
        client.get(httpserver.url_for("/reviews"), subscribe())
    assert reason in _line(error)
    assert not _asked(httpserver)


def test_robots_allow_by_the_longest_match_and_are_asked_once(
    tmp_path: Path, httpserver: HTTPServer, subscribe: Subscribe
) -> None:
    rules = "User-agent: Leumund\nDisallow: /\nAllow: /reviews\n"
    httpserver.expect_request("/robots.txt").respond_with_data(rules, content_type="text/plain")
    httpserver.expect_request("/reviews").respond_with_data("<p>fine</p>")
    for _ in range(2):  # a second worker finds the rules in the state folder
        Client(tmp_path / "state", interval_s=0).get(httpserver.url_for("/reviews"), subscribe())
    assert len(_asked(httpserver, "/robots.txt")) == 1
    with pytest.raises(SourceBlocked):
        Client(tmp_path / "state", interval_s=0).get(httpserver.url_for("/admin"), subscribe())


def test_a_longer_crawl_delay_wins() -> None:
    rules = robots.judge(200, "text/plain", b"User-agent: *\nCrawl-delay: 30\n")
    assert rules.crawl_delay_s("Leumund") == 30.0
    assert robots.judge(404, "text/html", b"<html>").allows("https://a.example/x", "Leumund")


def test_a_redirect_is_followed_and_robots_ask_again(
    client: Client, httpserver: HTTPServer, subscribe: Subscribe
) -> None:
    httpserver.expect_request("/robots.txt").respond_with_data(
        "User-agent: *\nDisallow: /private", content_type="text/plain"
    )
    httpserver.expect_request("/reviews").respond_with_data("", status=302, headers={"Location": "/new"})
    httpserver.expect_request("/new").respond_with_data("<p>moved</p>")
    httpserver.expect_request("/loop").respond_with_data("", status=301, headers={"Location": "/loop"})
    httpserver.expect_request("/sly").respond_with_data("", status=301, headers={"Location": "/private"})
    page = client.get(httpserver.url_for("/reviews"), subscribe())
    assert page is not None
    assert page.url == httpserver.url_for("/new")
    with pytest.raises(SourceUnreachable, match="too many redirects"):
        client.get(httpserver.url_for("/loop"), subscribe())
    with pytest.raises(SourceBlocked, match="forbids"):
        client.get(httpserver.url_for("/sly"), subscribe())


def test_a_redirect_to_another_scheme_is_refused(client: Client, open_site: HTTPServer, subscribe: Subscribe) -> None:
    open_site.expect_request("/reviews").respond_with_data("", status=302, headers={"Location": "file:///etc/hosts"})
    with pytest.raises(SourceBlocked, match="only http and https"):
        client.get(open_site.url_for("/reviews"), subscribe())


def test_a_redirect_to_a_private_address_is_refused(
    client: Client, open_site: HTTPServer, subscribe: Subscribe, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_site.expect_request("/reviews").respond_with_data(
        "", status=302, headers={"Location": "http://169.254.169.254/latest"}
    )
    real = address.check
    # The loopback site plays a public one; every other address is judged as in earnest.
    monkeypatch.setattr(
        address, "check", lambda url, *, allow_private: None if "localhost" in url else real(url, allow_private=False)
    )
    with pytest.raises(SourceBlocked, match="private address"):
        client.get(open_site.url_for("/reviews"), replace(subscribe(), allow_private_hosts=False))


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/", "http://[::1]/", "http://10.0.0.8/x", "http://[::ffff:127.0.0.1]/", "http://0.0.0.0/"]
)
def test_private_addresses_are_refused(url: str) -> None:
    with pytest.raises(SourceBlocked):
        address.check(url, allow_private=False)


@pytest.mark.parametrize("url", ["ftp://a.example/x", "file:///etc/hosts", "http://", "http://a.example:port/", "x"])
def test_addresses_that_are_none_are_refused(url: str) -> None:
    with pytest.raises(SourceBlocked):
        address.check(url, allow_private=True)


def test_a_page_that_is_too_large_is_left(
    client: Client, open_site: HTTPServer, subscribe: Subscribe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "MAX_BYTES", 1_000_000)
    open_site.expect_request("/reviews").respond_with_data(b"x" * 1_000_001)
    bomb = gzip.compress(b"\0" * 50_000_000)
    open_site.expect_request("/bomb").respond_with_data(bomb, headers={"Content-Encoding": "gzip"})
    for path in ("/reviews", "/bomb"):
        with pytest.raises(SourceUnreachable) as error:
            client.get(open_site.url_for(path), subscribe())
        assert "more than 1 MB" in _line(error)


def test_a_dripping_page_is_left_in_time(
    client: Client, open_site: HTTPServer, subscribe: Subscribe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "MAX_SECONDS", 0.3)

    def drip(_: Request) -> Response:
        def drops() -> object:
            for _ in range(30):
                time.sleep(0.1)
                yield b"x"

        return Response(drops(), content_type="text/html")  # type: ignore[arg-type]

    open_site.expect_request("/reviews").respond_with_handler(drip)
    started = time.monotonic()
    with pytest.raises(SourceUnreachable, match="not done"):
        client.get(open_site.url_for("/reviews"), subscribe())
    assert time.monotonic() - started < 2


def test_a_broken_body_is_one_line(client: Client, open_site: HTTPServer, subscribe: Subscribe) -> None:
    open_site.expect_request("/reviews").respond_with_data(b"no gzip", headers={"Content-Encoding": "gzip"})
    with pytest.raises(SourceUnreachable) as error:
        client.get(open_site.url_for("/reviews"), subscribe())
    assert "broke off" in _line(error)


def test_a_page_is_asked_conditionally_only_once_it_was_kept(
    tmp_path: Path, open_site: HTTPServer, subscribe: Subscribe
) -> None:
    def answer(request: Request) -> Response:
        if request.headers.get("If-None-Match") == '"v1"':
            return Response(status=304)
        return Response("<p>fine</p>", headers={"ETag": '"v1"'})

    open_site.expect_request("/reviews").respond_with_handler(answer)
    url = open_site.url_for("/reviews")
    killed = Client(tmp_path / "state", interval_s=0)
    assert killed.get(url, subscribe()) is not None
    again = Client(tmp_path / "state", interval_s=0)
    page = again.get(url, subscribe())
    assert page is not None  # the first one was never kept
    again.confirm(page)
    assert Client(tmp_path / "state", interval_s=0).get(url, subscribe()) is None
    assert Client(tmp_path / "state", interval_s=0).get(url, replace(subscribe(), name="other")) is not None


def test_the_pace_holds_for_everyone_with_the_same_folder(tmp_path: Path) -> None:
    started = time.monotonic()
    for _ in range(3):
        Pace(tmp_path).wait("nordlicht.example", 0.2)
    Pace(tmp_path).wait("other.example", 0.2)
    assert 0.4 <= time.monotonic() - started < 0.9


def test_a_page_cut_short_is_no_page(client: Client, open_site: HTTPServer, subscribe: Subscribe) -> None:
    def cut(_: Request) -> Response:
        return Response(iter([b"<p>half"]), headers={"Content-Length": "700"})

    open_site.expect_request("/reviews").respond_with_handler(cut)
    with pytest.raises(SourceUnreachable) as error:
        client.get(open_site.url_for("/reviews"), subscribe())
    assert "broke off" in _line(error)
