"""What a run with credentials leaves behind: neither secrets nor tokens, and of customers no way to reach them."""

from __future__ import annotations

import gzip
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from pipeline.settings import PermissionSettings, Settings, SubscriptionSettings
from pipeline.steps.collect import collect
from pipeline.warehouse.staging import SourceRun
from tests.sources.conftest import WINDOW
from tests.sources.owner_cases import CASES, CONTACT, HUSH, TOKEN, Case, grant, serve

Run = Callable[[], SourceRun]


@pytest.fixture(params=CASES, ids=str)
def case(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Case:
    found: Case = request.param
    for name, value in found.secrets.items():
        monkeypatch.setenv(name, value)
    return found


@pytest.fixture
def run(case: Case, open_site: HTTPServer, tmp_path: Path) -> Run:
    """Collect the case's subscription once, as the DAG does."""
    root = open_site.url_for("").rstrip("/")
    options = {"base_url": root, "token_url": f"{root}/token", "interval_s": "0", **case.options}
    wanted = SubscriptionSettings(
        name="nordlicht",
        source=case.source,
        entity="Nordlicht Touren",
        options=options,
        allow_private_hosts=True,
        permission=PermissionSettings(basis="owner", granted_by="Ines Falk", granted_on=date(2026, 1, 5)),
    )
    settings = Settings(home=tmp_path / "home", subscription=(wanted,))
    folder = tmp_path / "home" / "staged" / "run"
    folder.mkdir(parents=True)
    return lambda: collect(settings, wanted, WINDOW, "run-1", folder)


def _kept(folder: Path) -> dict[str, bytes]:
    """Every file below a folder with its plain bytes, and its own name."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    return {
        str(path): (gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes())
        + str(path).encode()
        for path in files
    }


def _secrets(case: Case) -> list[bytes]:
    pems = [value[40:120].encode() for value in case.secrets.values() if "PRIVATE KEY" in value]
    return [HUSH.encode(), TOKEN.encode(), b"PRIVATE KEY", *pems]


def test_a_run_keeps_no_secret_and_no_contact_data(
    case: Case, open_site: HTTPServer, run: Run, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    serve(case, open_site)
    with caplog.at_level(logging.DEBUG):
        done = run()
    assert (done.status, done.parsed) == ("ok", 3), done.message
    kept = _kept(tmp_path / "home")
    ours = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("pipeline"))
    for secret in _secrets(case):
        assert not [path for path, body in kept.items() if secret in body]
        assert secret not in ours.encode()
    if case.has_contact:
        for value in (*CONTACT.values(), "Martensen"):
            assert not [path for path, body in kept.items() if value.encode() in body]


@pytest.mark.parametrize("status", [403, 404])
def test_a_refused_run_keeps_no_secret_either(
    status: int, case: Case, open_site: HTTPServer, run: Run, tmp_path: Path
) -> None:
    grant(case, open_site)
    open_site.expect_request(case.path).respond_with_data(f"{HUSH} {TOKEN}", status=status)
    done = run()
    assert done.status in ("blocked", "failed")
    assert done.message
    kept = _kept(tmp_path / "home")
    for secret in _secrets(case):
        assert not [path for path, body in kept.items() if secret in body]


def test_a_site_that_repeats_itself_makes_the_run_fail_and_what_came_is_staged(
    case: Case, open_site: HTTPServer, run: Run
) -> None:
    serve(replace(case, answer=lambda _number, root: case.answer(0, root)), open_site)
    done = run()
    assert done.status in ("failed", "partial")
    assert done.parsed
    assert "repeats" in (done.message or "")
