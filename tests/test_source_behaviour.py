"""A source from plan to warehouse over many days: complete, once, and loud when it gives less than it should."""

from __future__ import annotations

import multiprocessing
import signal
import threading
from datetime import UTC, datetime, timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from pipeline import landing, sources
from pipeline.errors import PageChanged, SourceError
from pipeline.review import ParsedReview, RawPage
from pipeline.sources import client as client_room
from pipeline.sources.mozilla_addons import MozillaAddons
from pipeline.steps import ingest, publish, reparse, workplace
from pipeline.warehouse import query
from tests.loopback_shop import Shop

DAY = timedelta(days=1)
NOW = datetime.now(UTC).replace(microsecond=0)


class Clock:
    """Days pass by hand."""

    def __init__(self) -> None:
        self.now = NOW


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of steps and client; removals need days, and tests have none."""
    made = Clock()
    monkeypatch.setattr(workplace, "now", lambda: made.now)
    monkeypatch.setattr(client_room, "_now", lambda: made.now)
    return made


@pytest.fixture
def shop(httpserver: HTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    made = Shop(httpserver).open()
    monkeypatch.setenv("LEUMUND_CONFIG", str(made.write_config(tmp_path)))
    monkeypatch.delenv("LEUMUND_HOME", raising=False)
    return made


def _collect(clock: Clock, run_id: str, *, judge: bool = True) -> dict[str, int]:
    for batch in ingest.plan_ingest(run_id, clock.now - DAY, clock.now):
        ingest.fetch_batch(batch)
    counts = ingest.load_reviews(run_id)
    if judge:
        ingest.judge_coverage(run_id)
    return counts


def _rows(sql: str) -> list[tuple[object, ...]]:
    with workplace.warehouse(workplace.current()) as con:
        return con.execute(sql).fetchall()


def _numbers() -> set[int]:
    found = _rows("select source_review_id from core.current_reviews where not is_removed")
    return {int(str(row[0])) for row in found}


def _pages(shop: Shop) -> int:
    return sum(request.path != "/robots.txt" for request, _ in shop.server.log)


def test_the_first_collection_takes_all_the_source_shows(shop: Shop, clock: Clock) -> None:
    shop.fill(11, NOW, hours=300)
    assert _collect(clock, "first")["new"] == 11
    before = _pages(shop)
    clock.now += DAY
    assert _collect(clock, "second") == {"new": 0, "edited": 0, "unchanged": 6, "removed": 0}
    assert _pages(shop) - before == 2  # up to the first page that is wholly older than the overlap


def test_days_switched_off_are_caught_up(shop: Shop, clock: Clock) -> None:
    shop.fill(4, NOW)
    _collect(clock, "first")
    clock.now += 5 * DAY
    for number in range(100, 112):
        shop.add(number, 5, NOW + timedelta(hours=9 * (number - 99)))
    _collect(clock, "after")
    assert _numbers() == {0, 1, 2, 3, *range(100, 112)}


def test_same_second_and_late_reviews_come_in(shop: Shop, clock: Clock) -> None:
    shop.fill(5, NOW)
    _collect(clock, "first")
    newest = max(each.created for each in shop.ratings)
    clock.now += DAY
    shop.add(50, 1, newest)  # the second that was the newest
    shop.add(51, 1, newest - timedelta(days=2))  # held back by the site, inside the overlap
    shop.add(52, 1, newest - timedelta(days=30))  # long before it
    _collect(clock, "second")
    assert {50, 51} <= _numbers()
    clock.now += 7 * DAY
    _collect(clock, "all again")
    assert 52 in _numbers()


def test_what_moves_between_pages_while_paging_comes_once(shop: Shop, clock: Clock) -> None:
    shop.fill(9, NOW)

    def push(page: int) -> None:
        if page == 2 and len(shop.ratings) == 9:
            shop.add(90, 5, clock.now)
            shop.add(91, 5, clock.now)

    shop.before_page = push
    _collect(clock, "first")
    shop.before_page = lambda _: None
    assert set(range(9)) <= _numbers()
    clock.now += DAY
    _collect(clock, "second")
    assert _numbers() == {*range(9), 90, 91}
    assert _rows("select count(*) from core.review_versions") == [(11,)]


def test_what_a_removal_pulls_over_a_page_s_edge_is_found_by_the_next_reading(shop: Shop, clock: Clock) -> None:
    shop.fill(9, NOW)

    def pull(page: int) -> None:
        if page == 2 and len(shop.ratings) == 9:
            shop.remove(0)  # number 3 moves to the page that was read already

    shop.before_page = pull
    _collect(clock, "first")
    assert 3 not in _numbers()
    clock.now += DAY
    _collect(clock, "second")
    assert 3 in _numbers()


def test_a_removal_is_noticed_and_a_return_too(shop: Shop, clock: Clock) -> None:
    shop.fill(8, NOW, hours=200)
    _collect(clock, "first")
    shop.remove(6)
    clock.now += DAY
    _collect(clock, "day 1")  # reads the newest page only
    assert 6 in _numbers()
    clock.now += 7 * DAY
    assert _collect(clock, "week")["removed"] == 0  # missed once
    clock.now += DAY
    assert _collect(clock, "second look")["removed"] == 1  # asked for all again at once
    assert 6 not in _numbers()
    publish.build_marts()
    publish.publish_files()
    health = query.run_sql(
        workplace.current().published_dir,
        "select sum(removed)::int, max(n_stored)::int, max(source_total)::int from v_source_health",
    )
    assert health.rows == [(1, 7, 8)]
    shop.add(6, 2, NOW - timedelta(hours=1400))
    clock.now += 7 * DAY
    _collect(clock, "returned")
    assert 6 in _numbers()


def test_a_failed_or_shrunken_site_removes_nothing(shop: Shop, clock: Clock) -> None:
    shop.fill(12, NOW, hours=100)
    _collect(clock, "first")
    kept, shop.ratings = shop.ratings, []
    for day in range(1, 4):
        clock.now += 8 * DAY
        _collect(clock, f"empty {day}", judge=False)
        with pytest.raises(SourceError, match="empty"):
            ingest.judge_coverage(f"empty {day}")
    shop.ratings = kept[::2]
    shop.says_total = False
    for day in range(1, 4):
        clock.now += 8 * DAY
        _collect(clock, f"half {day}", judge=False)
        with pytest.raises(SourceError, match="missing at once"):
            ingest.judge_coverage(f"half {day}")
    assert _numbers() == set(range(12))


def test_a_source_that_falls_silent_turns_red(shop: Shop, clock: Clock) -> None:
    shop.fill(30, NOW, hours=8)
    _collect(clock, "day 0")
    number = 100
    for day in range(1, 9):
        for hours in range(4, 24, 2):
            number += 1
            shop.add(number, 4, clock.now + timedelta(hours=hours))
        clock.now += DAY
        _collect(clock, f"day {day}")
    clock.now += DAY
    _collect(clock, "silence", judge=False)
    with pytest.raises(SourceError, match=r"short.*0 new in 1\.0 days, expected about 10"):
        ingest.judge_coverage("silence")
    assert _rows("select status, expected::int from run.source_runs where run_id = 'silence'") == [("short", 10)]


def test_star_only_reviews_keep_the_mean(shop: Shop, clock: Clock) -> None:
    """Seven ratings, two of them without a word: their mean is 2.93, not the 3.70 of those with words."""
    rated = [(5, "Dark at last"), (5, "My eyes say thanks"), (4.5, "Nearly perfect"), (3, "Slow"), (1, "Broke my tabs")]
    for number, (score, words) in enumerate([*rated, (1, None), (1, None)]):
        shop.add(number, score, NOW - timedelta(hours=number + 1), words)
    _collect(clock, "first")
    assert _rows("select count(*), round(avg(rating_stars), 2) from core.review_facts where is_counted") == [(7, 2.93)]


def test_a_changed_layout_waits_for_the_mended_parser(
    shop: Shop, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.fill(7, NOW)

    class Outdated(MozillaAddons):
        """The parser before it was mended: it knows another layout. The site cannot be made to change it back."""

        def parse(self, page: RawPage) -> list[ParsedReview]:
            raise PageChanged("no ratings where they were", where=page.url, remedy="Mend the parser")

    real = sources.get
    monkeypatch.setattr(
        sources, "get", lambda name, options=None: Outdated() if name == "mozilla_addons" else real(name, options)
    )
    _collect(clock, "changed", judge=False)
    with pytest.raises(SourceError, match=r"partial.*no ratings where they were"):
        ingest.judge_coverage("changed")
    raw = workplace.current().raw_dir
    assert len(landing.list_set_aside(raw)) == 1
    assert reparse.reparse_pages() == {"pages": 1, "mended": 0, "still": 1, "reviews": 0}
    monkeypatch.setattr(sources, "get", real)
    assert reparse.reparse_pages() == {"pages": 1, "mended": 1, "still": 0, "reviews": 3}
    assert landing.list_set_aside(raw) == []
    assert len(_numbers()) == 3
    assert reparse.reparse_pages()["pages"] == 0
    clock.now += DAY
    assert _collect(clock, "next")["new"] == 4


def test_a_parser_that_crashes_costs_its_page_and_no_other_source(
    shop: Shop, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.fill(2, NOW)

    def crash(self: MozillaAddons, page: RawPage) -> list[ParsedReview]:
        raise KeyError("user")

    monkeypatch.setattr(MozillaAddons, "parse", crash)  # a fault of ours, as none is known
    _collect(clock, "crash", judge=False)
    with pytest.raises(SourceError, match="the parser failed"):
        ingest.judge_coverage("crash")
    assert len(landing.list_set_aside(workplace.current().raw_dir)) == 1


def _child(run_id: str) -> None:
    for batch in ingest.plan_ingest(run_id, NOW - DAY, NOW):
        ingest.fetch_batch(batch)
    ingest.load_reviews(run_id)


def _start(run_id: str) -> BaseProcess:
    """A process of its own; forked, since starting one anew costs seconds of imports."""
    made = multiprocessing.get_context("fork").Process(target=_child, args=(run_id,))
    made.start()
    return made


@pytest.mark.parametrize("killed_at", [1, 2, 3])
def test_a_run_killed_at_any_page_is_completed_by_the_next(shop: Shop, clock: Clock, killed_at: int) -> None:
    shop.fill(8, NOW)
    children: list[BaseProcess] = []
    started = threading.Event()

    def kill(page: int) -> None:
        if page == killed_at and started.wait(60):
            children[0].kill()

    shop.before_page = kill
    children.append(_start("killed"))
    started.set()
    children[0].join(timeout=60)
    assert children[0].exitcode == -signal.SIGKILL
    shop.before_page = lambda _: None
    assert _collect(clock, "after")["new"] == 8
    assert _collect(clock, "once more")["new"] == 0
    assert _rows("select count(*) from core.review_versions") == [(8,)]


def test_two_runs_at_once_add_nothing_twice(shop: Shop, clock: Clock) -> None:
    shop.fill(8, NOW)
    running = [_start("one"), _start("other")]
    for child in running:
        child.join(timeout=120)
        assert child.exitcode == 0
    assert _rows("select count(*), count(distinct review_key) from core.review_versions") == [(8, 8)]
    assert _collect(clock, "once more")["new"] == 0
