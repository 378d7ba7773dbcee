"""A real warehouse in a home of its own, a clock that the test sets, and channels on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from pipeline.review import Review
from pipeline.steps import alerts, watch, workplace
from tests.alerts.smtp import Mailbox
from tests.warehouse.samples import load_reviews, review

TODAY = date(2026, 11, 24)
NOON = datetime.combine(TODAY, time(12), UTC)


class Shop:
    """The invented shop: reviews go straight into its warehouse, and days pass at a word."""

    def __init__(self, home: Path, patch: pytest.MonkeyPatch) -> None:
        self.home = home
        self.now = NOON
        self._count = 0
        # The clock is the one thing a test cannot wait for.
        patch.setattr(workplace, "now", lambda: self.now)

    def configure(self, *lines: str) -> None:
        text = "\n".join(['home = "."', *lines])
        (self.home / "leumund.toml").write_text(text, encoding="utf-8")

    def stars(self, day: date, stars: float, count: int = 1, **changes: object) -> list[Review]:
        """Reviews of a day without text, seen that evening (or at the import, if they are imported)."""
        made = []
        for _ in range(count):
            self._count += 1
            posted = datetime.combine(day, time(9), UTC)
            fields = {"seen_at": posted + timedelta(hours=2), "location": None, **changes}
            made.append(
                review(
                    review_key=f"k{self._count}",
                    text=None,
                    text_hash=None,
                    rating_stars=stars,
                    rating_value=stars,
                    posted_at=posted,
                    author_key=f"a{self._count}",
                    **fields,
                )
            )
        return made

    def quiet_weeks(self, weeks: int = 9, until: date = TODAY - timedelta(days=7), **changes: object) -> list[Review]:
        """Four reviews a day, about one in six negative, up to the day before `until`."""
        made: list[Review] = []
        for number in range(weeks * 7):
            day = until - timedelta(days=weeks * 7 - number)
            bad = int(number % 5 == 0) + int(number % 9 == 2)
            made += self.stars(day, 1, bad, **changes) + self.stars(day, 5, 4 - bad, **changes)
        return made

    def load(self, reviews: Sequence[Review]) -> None:
        with workplace.warehouse(workplace.current()) as con:
            load_reviews(con, self.home, reviews)

    def watch(self) -> list[str]:
        """A run of the watch: the titles of what was told."""
        watch.scan_series()
        return list(alerts.send_alerts()["told"])

    def told(self) -> list[dict[str, object]]:
        return [json.loads(path.read_text(encoding="utf-8")) for path in sorted((self.home / "alerts").glob("*.json"))]


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setenv("LEUMUND_CONFIG", str(tmp_path / "leumund.toml"))
    monkeypatch.delenv("LEUMUND_HOME", raising=False)
    monkeypatch.delenv("LEUMUND_NOTIFY__URLS", raising=False)
    made = Shop(tmp_path, monkeypatch)
    made.configure()
    return made


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as served:
        yield served
