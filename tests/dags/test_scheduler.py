"""The whole chain under the real scheduler: `leumund up`, a day triggered over REST, seven days backfilled, stopped.

`dag.test()` obeys neither pools nor asset schedules; only this lane shows that the assets chain the DAGs.
"""

from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.airflow

CHAIN = ("ingest_reviews", "score_reviews", "publish_marts", "watch_reputation")
PATIENCE_S = 1200


@dataclass(frozen=True)
class Api:
    """A logged-in client of Airflow's REST interface."""

    root: str
    token: str
    log: Path

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        request = urllib.request.Request(
            f"{self.root}{path}",
            method=method,
            data=json.dumps(body).encode() if body is not None else None,
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"},
        )
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                with urllib.request.urlopen(request, timeout=60) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                # SQLite lets one writer in; a call that waited in vain says 503, or 500 on some routes: ask again.
                is_locked = error.code == 503 or (error.code == 500 and "database is locked" in self.told())
                if not is_locked or time.monotonic() > until:
                    error.add_note(f"{method} {path}: {error.read()[:500]!r}; Airflow said:\n{self.told()[-8000:]}")
                    raise
                time.sleep(1)

    def told(self) -> str:
        """The last of what Airflow wrote to its log."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-40_000:]

    def runs(self, dag_id: str) -> list[dict[str, Any]]:
        runs: list[dict[str, Any]] = self.call("GET", f"/api/v2/dags/{dag_id}/dagRuns?limit=100")["dag_runs"]
        return runs

    def wait_for(self, dag_id: str, count: int = 1) -> list[dict[str, Any]]:
        """Wait until `count` runs of a DAG have ended; all of them must be green."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            runs = self.runs(dag_id)
            red = [run for run in runs if run["state"] == "failed"]
            assert not red, f"{dag_id} failed: {[run['dag_run_id'] for run in red]}"
            done = [run for run in runs if run["state"] == "success"]
            if len(done) >= count and len(done) == len(runs):
                return done
            time.sleep(1)
        states = [run["state"] for run in self.runs(dag_id)]
        raise AssertionError(f"{dag_id}: {count} green runs did not come: {states}")

    def wait_until_quiet(self, seconds: float = 15) -> None:
        """Wait until the whole chain has run once and nothing of it has waited or run for some seconds."""
        for dag_id in CHAIN:
            self.wait_for(dag_id)
        until, quiet_since = time.monotonic() + PATIENCE_S, time.monotonic()
        while time.monotonic() - quiet_since < seconds:
            assert time.monotonic() < until, "the chain does not come to rest"
            if any(run["state"] != "success" for dag_id in CHAIN for run in self.runs(dag_id)):
                quiet_since = time.monotonic()
            time.sleep(1)


def login(root: str, password: str, log: Path) -> Api:
    request = urllib.request.Request(
        f"{root}/auth/token",
        method="POST",
        data=json.dumps({"username": "admin", "password": password}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return Api(root, json.load(answer)["access_token"], log)


@pytest.fixture(scope="module")
def site() -> Iterator[Any]:
    from pipeline.demo.site import ReviewSite
    from pipeline.demo.world import build

    today = datetime.now(UTC).date()
    world = build(today)
    with ReviewSite(world) as served:
        served.advance_to(today - timedelta(days=1))
        yield served


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, site: Any) -> Path:
    from pipeline.demo_tour import write_settings

    folder = tmp_path_factory.mktemp("up")
    write_settings(folder, site)
    return folder


@pytest.fixture(scope="module")
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def up(home: Path, port: int) -> Iterator[Api]:
    """`leumund up` as an operator starts it; stopped with the signal that Ctrl-C sends."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "LEUMUND"))}
    process = subprocess.Popen(
        [sys.executable, "-m", "pipeline", "up", "--port", str(port)],
        env=environment | {"LEUMUND_CONFIG": str(home / "leumund.toml")},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    assert "password" in line, f"leumund up said {line!r}; see {home}/airflow/up.log"
    yield login(f"http://127.0.0.1:{port}", line.split("password", 1)[1].strip(), home / "airflow" / "up.log")
    process.send_signal(2)
    process.wait(timeout=90)
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0, "Airflow still listens after Ctrl-C"


def test_the_chain_runs_from_a_triggered_day_to_the_report(up: Api, home: Path):
    up.call("POST", "/api/v2/dags/ingest_reviews/dagRuns", {"logical_date": None})
    for dag_id in CHAIN:
        up.wait_for(dag_id)
    assert (home / "published" / "reputation.duckdb").is_file()
    up.call("POST", "/api/v2/dags/report_weekly/dagRuns", {"logical_date": None})
    up.wait_for("report_weekly")
    assert list((home / "reports").glob("*/*/en.html"))


def test_seven_days_are_backfilled_and_nobody_is_alarmed(up: Api, home: Path):
    up.wait_until_quiet()  # what the scheduler's own first day alerts of has gone out
    sent_before = sorted((home / "alerts").glob("*.json"))
    last = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=9)
    done_before = {dag_id: len(up.runs(dag_id)) for dag_id in CHAIN}
    up.call(
        "POST",
        "/api/v2/backfills",
        {
            "dag_id": "ingest_reviews",
            "from_date": (last - timedelta(days=6)).isoformat(),
            "to_date": last.isoformat(),
            "max_active_runs": 1,
            "reprocess_behavior": "none",
        },
    )
    up.wait_for("ingest_reviews", done_before["ingest_reviews"] + 7)
    for dag_id in CHAIN[1:]:
        up.wait_for(dag_id, done_before[dag_id] + 1)
    up.wait_until_quiet()
    assert sorted((home / "alerts").glob("*.json")) == sent_before


def test_nothing_is_open_to_others(up: Api, home: Path, port: int):
    for path in ("/api/v2/dags", "/reputation/"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30)
        assert refused.value.code in (401, 403), path
    assert stat.S_IMODE((home / "airflow" / "passwords.json").stat().st_mode) == 0o600
    listeners = subprocess.run(["ss", "-ltnH"], capture_output=True, text=True, check=False).stdout.split("\n")
    assert not [line for line in listeners if f"0.0.0.0:{port}" in line or f"*:{port}" in line]
