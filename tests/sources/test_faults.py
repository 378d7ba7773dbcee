"""Every connector before a site that misbehaves: a retry that succeeds, or a run that says why; no false success."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pipeline import sources
from pipeline.reputation import coverage
from pipeline.review import RawPage
from pipeline.settings import FetchSettings, PermissionSettings, Settings, SubscriptionSettings
from pipeline.sources import address, exchange
from pipeline.sources.source import AsksByTime
from pipeline.steps import collect
from pipeline.warehouse.staging import SourceRun
from tests.sources.conftest import NOW, WINDOW
from tests.sources.connectors import KNOWN, SEATS, Seat
from tests.sources.fault_server import Behaviour, FaultServer, Turn

LOGIN = b'<!doctype html><title>Sign in</title><form><input name="u"><input type="password" name="p"></form>'
CONSENT = b"<!doctype html><title>Before you continue</title><form action='/consent'><button>Accept all</button></form>"
LIMIT = 200_000


def _once(fault: Callable[[Turn], None]) -> Behaviour:
    return lambda turn: fault(turn) if turn.number == 0 else turn.good()


def _status(status: int, **headers: str) -> Behaviour:
    return lambda turn: turn.send(status, b"no", **headers)


def _body(body: bytes, content_type: str = "text/html") -> Behaviour:
    return lambda turn: turn.send(200, body, Content_Type=content_type)


def _truncated(turn: Turn) -> None:
    body, kind = turn.served()
    turn.send(200, body[: len(body) // 2], length=len(body), Content_Type=kind)
    turn.close()


def _too_long(turn: Turn) -> None:
    body, kind = turn.served()
    turn.send(200, body, length=len(body) + 500, Content_Type=kind)
    turn.close()


def _too_short(turn: Turn) -> None:
    body, kind = turn.served()
    turn.send(200, body, length=10, Content_Type=kind)
    turn.close()


def _broken(turn: Turn) -> None:
    body, kind = turn.served()
    turn.send(200, body[: len(body) * 2 // 3], Content_Type=kind)


def _changed(turn: Turn) -> None:
    body, kind = turn.served()
    body = re.sub(rb'"([\w:@]+)": ', rb'"\1_v2": ', body)
    body = body.replace(b"<entry>", b"<thing>").replace(b"</entry>", b"</thing>")
    body = body.replace(b"id,rating,date,text", b"a,b,c,d").replace(b"UsvDTd", b"NewOne")
    turn.send(200, body if b"_v2" in body or not body.startswith(b"[") else b"{}", Content_Type=kind)


def _charset(turn: Turn) -> None:
    body, kind = turn.served()
    turn.send(200, body, Content_Type=kind.split(";")[0] + "; charset=utf-16")


def _redirect(to: str) -> Behaviour:
    return lambda turn: turn.send(302, Location=to)


PASSING: dict[str, Behaviour] = {
    "429 with Retry-After": _once(_status(429, Retry_After="0")),
    "429 with a date": _once(_status(429, Retry_After="Wed, 25 Nov 2020 08:00:00 GMT")),
    "429": _once(_status(429)),
    "503": _once(_status(503)),
    "reset": _once(lambda turn: turn.reset()),
    "truncated body": _once(lambda turn: (turn.send(200, b"{", length=900), turn.close())[0]),
}
LASTING: dict[str, tuple[Behaviour, str]] = {
    "429 for good": (_status(429), "429"),
    "429 for an hour": (_status(429, Retry_After="3600"), "asks us to wait"),
    "503 for good": (_status(503), "503"),
    "reset for good": (lambda turn: turn.reset(), "broke off"),
    "truncated for good": (_truncated, "broke off"),
    "too long a length": (_too_long, "broke off"),
    "gzip bomb": (lambda turn: turn.bomb(), "more than"),
    "50 MB page": (lambda turn: turn.huge(), "more than"),
    "redirect loop": (_redirect("/reviews"), "redirect"),
    "redirect to a private address": (_redirect("http://10.1.2.3/"), "private address|credentials away"),
    "empty 200": (_body(b""), "empty answer"),
    "blanks": (_body(b"  \n"), "empty answer"),
    "slow drip": (lambda turn: turn.drip(), "not done"),
}
STRANGE: dict[str, Behaviour] = {
    "login page": _body(LOGIN),
    "consent page": _body(CONSENT),
    "changed layout": _changed,
    "too short a length": _too_short,
    "wrong charset": _charset,
    "deep nesting": lambda turn: turn.send(200, b"[" * 100_000, Content_Type=turn.served()[1]),
}


@pytest.fixture(params=sources.names())
def seat(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> tuple[str, Seat]:
    name: str = request.param
    if name not in SEATS:
        pytest.skip("no seat yet: add it to tests/sources/connectors.py")
    for variable, value in SEATS[name].secrets.items():
        monkeypatch.setenv(variable, value)
    return name, SEATS[name]


def test_every_known_connector_has_a_seat() -> None:
    assert set(sources.names()) >= KNOWN
    assert set(SEATS) >= KNOWN


@pytest.fixture(autouse=True)
def bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits small enough to be met quickly; the loopback server stands for a public one."""
    monkeypatch.delenv("LEUMUND_HOME", raising=False)  # it would win over the home of the test
    monkeypatch.setattr(exchange, "MAX_BYTES", LIMIT)
    real = address.is_public
    monkeypatch.setattr(address, "is_public", lambda found: str(found) == "127.0.0.1" or real(found))


def _run(
    name: str, seat: Seat, behaviour: Behaviour, home: Path, *, is_endless: bool = False, is_stuck: bool = False
) -> tuple[SourceRun, list[dict[str, object]], str | None]:
    """The run, what it staged, and its status once its past is known: this source has always had reviews."""

    def page(number: int) -> bytes:
        at = 0 if is_stuck else number
        rows = seat.full if is_endless or is_stuck else 2
        return seat.page(at, not (is_endless or is_stuck) and number > 0, rows).encode()

    with FaultServer(page, seat.content_type, behaviour, seat.token) as server:
        settings = Settings(home=home, fetch=FetchSettings(interval_s=0, retries=2, backoff_s=0.001, patience_s=1))
        wanted = SubscriptionSettings(
            name="nordlicht",
            source=name,
            entity="Nordlicht Touren",
            url=seat.url.format(root=server.root),
            options={key: value.format(root=server.root) for key, value in seat.options.items()} | {"max_pages": "3"},
            allow_private_hosts=seat.has_credentials,
            permission=PermissionSettings(
                basis="contract", granted_by="Ines Falk", granted_on=date(2026, 1, 5), note="section 3"
            ),
        )
        run = collect.collect(settings, wanted, WINDOW, "run", home / "staged")
    with gzip.open(home / "staged" / "nordlicht.jsonl.gz", "rt", encoding="utf-8") as staged:
        rows = [json.loads(line) for line in staged]
    status: str | None = run.status
    if run.status == "ok":
        known = sources.get(name)
        is_quiet = isinstance(known, AsksByTime) and known.asks_by_time
        past = coverage.PastRun(datetime(2026, 3, 1, tzinfo=UTC), 20, 20, "ok")
        found = coverage.judge(
            coverage.PastRun(NOW, run.parsed, len(rows), run.status), [past], is_quiet_normal=is_quiet
        )
        status = found.status or run.status
    return run, rows, status


def _wanted(name: str, seat: Seat) -> list[str | None]:
    page = RawPage(name, "https://x.example", NOW, 200, seat.content_type, seat.page(0, False, 2).encode(), "N")
    found = [review.text or review.title for review in sources.get(name).parse(page)] if name != "file" else []
    return found or ["größer 900000", "größer 899999"]


@pytest.mark.parametrize("fault", PASSING)
def test_a_passing_fault_costs_nothing(seat: tuple[str, Seat], fault: str, tmp_path: Path) -> None:
    run, rows, status = _run(*seat, PASSING[fault], tmp_path)
    assert (run.status, status) == ("ok", "ok"), run.message
    assert set(_wanted(*seat)) <= {row["text"] or row["title"] for row in rows}


@pytest.mark.parametrize("fault", LASTING)
def test_a_lasting_fault_ends_in_a_run_that_says_why(
    seat: tuple[str, Seat], fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    behaviour, says = LASTING[fault]
    if fault == "slow drip":
        monkeypatch.setattr(exchange, "MAX_SECONDS", 0.2)
    run, rows, status = _run(*seat, behaviour, tmp_path)
    assert status in {"failed", "blocked"}
    assert re.search(says, run.message or "")
    assert "\n" not in (run.message or "")
    assert not rows


@pytest.mark.parametrize("fault", STRANGE)
def test_a_strange_page_is_set_aside_or_missed(seat: tuple[str, Seat], fault: str, tmp_path: Path) -> None:
    run, rows, status = _run(*seat, STRANGE[fault], tmp_path)
    if status == "ok":  # it was read in spite of that: then wholly
        assert fault in {"wrong charset"}
        assert set(_wanted(*seat)) <= {row["text"] or row["title"] for row in rows}
        return
    assert status in {"partial", "failed", "blocked", "empty"}
    assert status == "empty" or run.message
    if run.set_aside:
        assert list((tmp_path / "raw" / "set_aside").iterdir())  # with its bytes, for `leumund reparse`


def test_broken_json_is_set_aside(seat: tuple[str, Seat], tmp_path: Path) -> None:
    if not seat[1].is_json:
        pytest.skip("no JSON")
    run, _, status = _run(*seat, _broken, tmp_path)
    assert status == "partial"
    assert run.message


@pytest.mark.parametrize("kind", ["endless", "repeated"])
def test_paging_without_an_end_is_bounded_and_said(seat: tuple[str, Seat], kind: str, tmp_path: Path) -> None:
    run, rows, status = _run(
        *seat, lambda turn: turn.good(), tmp_path, is_endless=kind == "endless", is_stuck=kind == "repeated"
    )
    assert rows
    assert run.fetched <= 10
    if not seat[1].is_endless:
        assert status == "ok" or run.message
    elif seat[1].is_paged:
        assert status == "partial"
        assert "older reviews were not read" in (run.message or "") or "no more" in (run.message or "")
    else:
        assert status == "ok"
