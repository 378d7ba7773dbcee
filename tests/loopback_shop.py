"""A small site of add-on ratings on loopback whose reviews tests add, edit and take away; pages of three."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

PER_PAGE = 3
CONFIG = """
home = "state"
contact = "ops@nordlicht.example"
time_zone = "UTC"

[fetch]
interval_s = 0
backoff_s = 0.01
retries = 1

[[entity]]
name = "nordlicht"

[[subscription]]
name = "night"
source = "mozilla_addons"
entity = "nordlicht"
allow_private_hosts = true
[subscription.options]
addon = "night"
base_url = "{root}"
[subscription.permission]
basis = "own site"
granted_by = "Ines Falk"
granted_on = 2026-01-05
"""


@dataclass
class Rating:
    """A rating on the site; `body` None is one of stars alone."""

    number: int
    score: float
    body: str | None
    created: datetime


@dataclass
class Shop:
    """The site and its state."""

    server: HTTPServer
    ratings: list[Rating] = field(default_factory=list)
    before_page: Callable[[int], None] = lambda _: None
    """Called with the number of a page before it is made."""
    says_total: bool = True

    def open(self) -> Shop:
        """Serve robots.txt and the ratings."""
        self.server.expect_request("/robots.txt").respond_with_data("", status=404)
        self.server.expect_request("/api/v5/ratings/rating/").respond_with_handler(self._page)
        return self

    def add(self, number: int, score: float, created: datetime, body: str | None = "") -> None:
        """Another rating; a text of its own unless `body` says what it says."""
        words = f"The night mode number {number} does what it should do and more" if body == "" else body
        self.ratings.append(Rating(number, score, words, created))

    def fill(self, count: int, now: datetime, hours: float = 20) -> None:
        """`count` ratings, one every so many hours up to now."""
        for number in range(count):
            self.add(number, 1 + number % 5, now - timedelta(hours=hours * (number + 1)))

    def remove(self, number: int) -> None:
        """Take a rating away."""
        self.ratings = [each for each in self.ratings if each.number != number]

    def write_config(self, folder: Path) -> Path:
        """The settings that collect this site."""
        path = folder / "leumund.toml"
        path.write_text(CONFIG.format(root=self.server.url_for("").rstrip("/")), encoding="utf-8")
        return path

    def _page(self, request: Request) -> Response:
        page = int(request.args["page"])
        self.before_page(page)
        listed = sorted(self.ratings, key=lambda each: (each.created, each.number), reverse=True)
        shown = listed[(page - 1) * PER_PAGE : page * PER_PAGE]
        rows = [
            {
                "id": each.number,
                "score": each.score,
                "body": each.body,
                "created": each.created.astimezone(UTC).isoformat(),
                "user": {"name": f"user {each.number}"},
            }
            for each in shown
        ]
        has_next = page * PER_PAGE < len(listed)
        found = {"next": "yes" if has_next else None, "results": rows}
        if self.says_total:
            found["count"] = len(listed)
        return Response(json.dumps(found), content_type="application/json")
