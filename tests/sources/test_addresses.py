"""What may be connected to: judged once, at the look-up whose answer is used."""

from __future__ import annotations

import ipaddress
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from pipeline.errors import SourceBlocked, SourceCut, SourceUnreachable
from pipeline.sources import address, connecting
from pipeline.sources.client import Client
from pipeline.sources.source import Subscription
from tests.sources.fault_server import FaultServer, Turn

Subscribe = Callable[..., Subscription]


@pytest.mark.parametrize(
    "written",
    [
        "127.0.0.1", "10.0.0.8", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
        "224.0.0.1", "239.1.2.3", "255.255.255.255", "198.18.0.1", "::1", "::", "fe80::1", "fc00::1", "fec0::1",
        "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::", "2001:0:53aa:64c:0:0:f5ff:fffe",
    ],
)  # fmt: skip
# ruff: noqa: S104 - addresses to refuse
def test_private_addresses_are_not_public(written: str) -> None:
    assert not address.is_public(ipaddress.ip_address(written))


@pytest.mark.parametrize(
    "written", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_public_addresses_are(written: str) -> None:
    assert address.is_public(ipaddress.ip_address(written))


@pytest.mark.parametrize("name", ["2130706433", "0x7f.1", "127.1", "0177.0.0.1", "localhost", "LOCALHOST."])
def test_other_ways_to_write_loopback_are_refused_when_looked_up(
    name: str, client: Client, subscribe: Subscribe
) -> None:
    closed = replace(subscribe(), allow_private_hosts=False)
    with pytest.raises((SourceBlocked, SourceUnreachable), match=r"private address|unknown host"):
        client.get(f"http://{name}:9/reviews", closed)


def _lookup(answers: list[str], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let `shop.example` resolve to each of the answers in turn; returns what was asked."""
    real, asked = socket.getaddrinfo, []

    def getaddrinfo(host: str, port: Any, *args: Any, **options: Any) -> Any:
        if host != "shop.example":
            return real(host, port, *args, **options)
        asked.append(host)
        found = answers[min(len(asked), len(answers)) - 1]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (found, port))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)  # a resolver of the test's own: no name may be asked for
    return asked


def test_a_name_that_changes_its_address_meanwhile_gains_nothing(
    client: Client, open_site: HTTPServer, subscribe: Subscribe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: public when checked, loopback when connected. Each connection is checked by its own look-up."""
    asked = _lookup(["93.184.215.14", "127.0.0.1"], monkeypatch)
    connected: list[str] = []

    def connect(place: tuple[str, int], *_: Any, **__: Any) -> socket.socket:
        connected.append(place[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(connecting, "create_connection", connect)
    with pytest.raises(SourceBlocked, match="private address"):
        client.get("http://shop.example/reviews", replace(subscribe(), allow_private_hosts=False))
    assert connected == ["93.184.215.14"]
    assert len(asked) == 2


def test_the_host_keeps_its_name_while_the_address_is_connected_to(
    client: Client, open_site: HTTPServer, subscribe: Subscribe, monkeypatch: pytest.MonkeyPatch
) -> None:
    _lookup(["127.0.0.1"], monkeypatch)
    hosts: list[str] = []

    def answer(request: Request) -> Response:
        hosts.append(request.headers["Host"])
        return Response("<p>fine</p>")

    open_site.expect_request("/reviews").respond_with_handler(answer)
    page = client.get(f"http://shop.example:{open_site.port}/reviews", subscribe())
    assert page is not None
    assert hosts == [f"shop.example:{open_site.port}"]


def test_a_head_that_drips_is_left_in_time(
    client: Client, subscribe: Subscribe, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient = Client(client.state_dir, interval_s=0, retries=0)
    is_left = threading.Event()

    def behaviour(turn: Turn) -> None:
        if turn.number == 0:  # the first answer, like robots.txt, may take its time on a busy machine
            turn.good()
            return
        try:
            turn.drip_head()
        except OSError:
            is_left.set()

    with FaultServer(lambda _: b"<p>fine</p>", "text/html", behaviour) as server:
        assert impatient.get(f"{server.root}/reviews", subscribe()) is not None
        monkeypatch.setattr(connecting, "HEADER_SECONDS", 0.2)
        with pytest.raises(SourceUnreachable, match="broke off"):
            impatient.get(f"{server.root}/more", subscribe())
        assert is_left.wait(30)  # before the head came to its end
    assert not [each for each in threading.enumerate() if isinstance(each, threading.Timer) and each.daemon is False]


def test_a_retry_after_date_holds_the_host_for_everybody(
    client: Client, open_site: HTTPServer, subscribe: Subscribe
) -> None:
    later = "Fri, 25 Nov 2095 08:00:00 GMT"
    open_site.expect_request("/reviews").respond_with_data("busy", status=429, headers={"Retry-After": later})
    for each in (client, Client(client.state_dir, interval_s=0)):  # another worker does not even ask
        with pytest.raises(SourceUnreachable, match="asks us to wait until"):
            each.get(open_site.url_for("/reviews"), subscribe())
    assert len([request for request, _ in open_site.log if request.path == "/reviews"]) == 1


def test_a_reading_that_takes_too_long_is_cut_and_says_so(
    tmp_path: Any, open_site: HTTPServer, subscribe: Subscribe
) -> None:
    open_site.expect_request("/reviews").respond_with_data("<p>fine</p>")
    hasty = Client(tmp_path / "hasty", interval_s=0, max_seconds=0.2)
    assert hasty.get(open_site.url_for("/reviews"), subscribe()) is not None
    time.sleep(0.25)
    with pytest.raises(SourceCut, match="time for one reading"):
        hasty.get(open_site.url_for("/reviews"), subscribe())


def test_every_try_keeps_the_pace_of_its_host(tmp_path: Any, open_site: HTTPServer, subscribe: Subscribe) -> None:
    times: list[float] = []

    def busy(_: Request) -> Response:
        times.append(time.monotonic())
        return Response("no", status=503)

    open_site.expect_request("/reviews").respond_with_handler(busy)
    paced = Client(tmp_path / "paced", interval_s=0.3, retries=2, backoff_s=0.001)
    with pytest.raises(SourceUnreachable, match="503"):
        paced.get(open_site.url_for("/reviews"), subscribe())
    assert times[2] - times[0] >= 0.55
