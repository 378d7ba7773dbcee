"""A loopback site and a polite client that does not dawdle, and pages made by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from pipeline.review import RawPage
from pipeline.sources.client import Client
from pipeline.sources.source import Permission, Subscription, Window

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
WINDOW = Window(start=datetime(2026, 3, 9, tzinfo=UTC), end=NOW, since=datetime(2026, 3, 6, tzinfo=UTC))
KINDS = {"web_page": "text/html", "steam": "application/json", "feed": "application/xml", "file": "text/csv"}


def page_of(source: str, body: bytes, *, content_type: str | None = None) -> RawPage:
    """A page as `fetch` would have brought it."""
    return RawPage(
        source=source,
        url="https://nordlicht.example/reviews",
        fetched_at=NOW,
        status=200,
        content_type=content_type if content_type is not None else KINDS.get(source, "application/json"),
        body=body,
        entity="Nordlicht Touren",
        location="Kiel",
    )


@pytest.fixture
def subscribe(httpserver: HTTPServer) -> Callable[..., Subscription]:
    """Make a permitted subscription to a path of the loopback site."""

    def make(path: str = "/reviews", source: str = "web_page", **options: str) -> Subscription:
        return Subscription(
            name="nordlicht",
            source=source,
            entity="Nordlicht Touren",
            url=httpserver.url_for(path),
            options=options,
            permission=Permission("own site", "Ines Falk", date(2026, 1, 5)),
            allow_private_hosts=True,
        )

    return make


@pytest.fixture
def client(tmp_path: Path) -> Client:
    """A client without pauses."""
    return Client(tmp_path / "state", "ops@nordlicht.example", interval_s=0, backoff_s=0.01, retries=2)


@pytest.fixture
def open_site(httpserver: HTTPServer) -> HTTPServer:
    """A loopback site without robots.txt."""
    httpserver.expect_request("/robots.txt").respond_with_data("", status=404)
    return httpserver
