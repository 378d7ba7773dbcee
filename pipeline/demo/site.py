"""The demo's review sites, served on loopback with a clock of their own."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import Literal
from urllib.parse import parse_qsl, urlsplit

from pipeline.demo import pages, payloads
from pipeline.demo.firms import (
    BRANCHENBLICK,
    FILIALBOX,
    FIRMS,
    MEINUNGSHAFEN,
    PLANNER_APP_ID,
    PLAYDECK,
    SHOPSTIMMEN,
    Channel,
    channels,
    slug,
)  # fmt: skip
from pipeline.demo.opinion import Opinion, end_of_day
from pipeline.demo.world import World

STORE_PATH = "/IUserReviewsService/GetAppReviews/v1/"
_BY_SLUG = {firm.key: firm for firm in FIRMS}
_PORTALS = {"portal-a": (MEINUNGSHAFEN, pages.portal_a), "portal-b": (BRANCHENBLICK, pages.portal_b)}

Fault = Literal["stale", "broken"]


class ReviewSite:
    """All five sites behind one address on 127.0.0.1; a context manager. Nothing after its clock is ever shown."""

    def __init__(self, world: World, clock: date | None = None) -> None:
        self.world = world
        self.clock = clock or world.anchor - timedelta(days=1)
        self.requests: list[str] = []
        self._faults: dict[str, tuple[Fault, date]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"site": self}))
        self._server.daemon_threads = True
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), name="demo-site", daemon=True)

    @property
    def base_url(self) -> str:
        """The address without a trailing slash."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> ReviewSite:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def advance_to(self, day: date) -> None:
        """Sets the clock to the end of a business day."""
        self.clock = day

    def set_fault(self, source: str, fault: Fault | None) -> None:
        """Makes a site stand still at today's clock, answer 503, or (None) work again."""
        if fault is None:
            self._faults.pop(source, None)
        else:
            self._faults[source] = (fault, self.clock)

    def respond(self, target: str) -> tuple[HTTPStatus, str, bytes]:
        """Status, content type and body for a path with its query."""
        address = urlsplit(target)
        query = dict(parse_qsl(address.query))
        parts = [part for part in address.path.split("/") if part]
        if address.path == "/robots.txt":
            return HTTPStatus.OK, "text/plain; charset=utf-8", b"User-agent: *\nAllow: /\nCrawl-delay: 0\n"
        if address.path.rstrip("/") == STORE_PATH.rstrip("/"):
            return self._json(query)
        if len(parts) == 3 and parts[0] in _PORTALS:
            return self._portal(parts, address.path, query)
        if len(parts) == 2 and parts[0] in {"feed", "export"}:
            return self._file(parts[0], parts[1])
        return _absent()

    def _shown(self, source: str, entity: str, location: str | None = None) -> list[Opinion] | None:
        """What a site shows now; None where it is broken."""
        fault, since = self._faults.get(source, (None, self.clock))
        if fault == "broken":
            return None
        return self.world.shown(source, entity, location, end_of_day(min(since, self.clock)))

    def _json(self, query: Mapping[str, str]) -> tuple[HTTPStatus, str, bytes]:
        opinions = self._shown(PLAYDECK.name, "morgenrot")
        if opinions is None:
            return _broken()
        return HTTPStatus.OK, "application/json; charset=utf-8", payloads.store_page(opinions, query).encode()

    def _portal(self, parts: Sequence[str], path: str, query: Mapping[str, str]) -> tuple[HTTPStatus, str, bytes]:
        site, render = _PORTALS[parts[0]]
        firm = _BY_SLUG.get(parts[1])
        branch = next((item for item in firm.branches if item.slug == parts[2]), None) if firm else None
        if firm is None or branch is None:
            return _absent()
        opinions = self._shown(site.name, firm.key, branch.name)
        if opinions is None:
            return _broken()
        number = query.get("page", "1")
        if not number.isdecimal() or not 1 <= int(number) <= pages.last_page(len(opinions)):
            return _absent()
        html = render(firm, branch.name, opinions, int(number), path)
        return HTTPStatus.OK, "text/html; charset=utf-8", html.encode()

    def _file(self, kind: str, name: str) -> tuple[HTTPStatus, str, bytes]:
        key, _, suffix = name.partition(".")
        firm = _BY_SLUG.get(key)
        if firm is None or suffix != {"feed": "xml", "export": "csv"}[kind]:
            return _absent()
        opinions = self._shown(SHOPSTIMMEN.name if kind == "feed" else FILIALBOX.name, key)
        if opinions is None:
            return _broken()
        if kind == "feed":
            return HTTPStatus.OK, "application/atom+xml; charset=utf-8", payloads.feed(firm, opinions).encode()
        return HTTPStatus.OK, "text/csv; charset=utf-8", payloads.export(opinions)


class _Handler(BaseHTTPRequestHandler):
    site: ReviewSite
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.site.requests.append(self.path)
        status, content_type, body = self.site.respond(self.path)
        etag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
        if status is HTTPStatus.OK and self.headers.get("If-None-Match") == etag:
            status, body = HTTPStatus.NOT_MODIFIED, b""
        self.send_response(status)
        if status is HTTPStatus.OK:
            self.send_header("Last-Modified", f"{end_of_day(self.site.clock):%a, %d %b %Y %H:%M:%S} GMT")
        self.send_header("ETag", etag)
        if status is not HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the pipeline logs its own requests."""


def _absent() -> tuple[HTTPStatus, str, bytes]:
    return HTTPStatus.NOT_FOUND, "text/html; charset=utf-8", b"<!doctype html><title>404</title><p>No such page."


def _broken() -> tuple[HTTPStatus, str, bytes]:
    return HTTPStatus.SERVICE_UNAVAILABLE, "text/html; charset=utf-8", b"<!doctype html><title>503</title><p>Down."


def subscriptions(world: World, base_url: str) -> list[dict[str, object]]:
    """The settings of every channel, as `[[subscription]]` tables hold them; about 20 requests a simulated day."""
    permission = {"basis": "own demo site", "granted_by": "leumund demo", "granted_on": world.anchor}
    found: list[dict[str, object]] = []
    seen = set()
    for channel in channels():
        wanted = _subscription(channel, base_url)
        if wanted["name"] not in seen:
            seen.add(wanted["name"])
            found.append({**wanted, "allow_private_hosts": True, "permission": permission})
    return found


def _subscription(channel: Channel, base_url: str) -> dict[str, object]:
    firm, site = channel.firm, channel.site
    common: dict[str, object] = {
        "site": site.name,
        "entity": firm.key,
        "location": None,
        "options": {"interval_s": "0"},
    }
    if site.kind == "store":
        options = {"appid": str(PLANNER_APP_ID), "base_url": base_url, "interval_s": "0", "max_pages": "3"}
        return common | {"name": site.name, "source": "steam", "url": base_url + STORE_PATH, "options": options}
    if site.kind == "feed":
        return common | {"name": site.name, "source": "feed", "url": f"{base_url}/feed/{firm.key}.xml"}
    if site.kind == "export":
        url = f"{base_url}/export/{firm.key}.csv"
        return common | {"name": site.name, "source": "file", "url": url}
    room = "portal-a" if site.kind == "portal_a" else "portal-b"
    place = slug(channel.location or "")
    return common | {
        "name": f"{site.name}-{firm.key}-{place}",
        "source": "web_page",
        "location": channel.location,
        "url": f"{base_url}/{room}/{firm.key}/{place}",
        "options": {"interval_s": "0", "max_pages": "3"},
    }
