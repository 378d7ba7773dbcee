"""Collects many subscriptions in one DAG run and says which share of the time is overhead.

    python bench/subscriptions.py [--subscriptions 1000] [--reviews 20] [--batch 10]

A loopback site serves a page of new reviews to each subscription, without a pause between requests: a polite one would
hide every other cost. Measured in wall and CPU seconds: what a user would write himself (requests and json, nothing
kept), our steps without Airflow, and the DAG `ingest_reviews` as `leumund run` runs it. What the DAG takes beyond the
steps is Airflow's share; what the steps take beyond the bare loop buys robots.txt, raw pages, cleaning, language, keys,
versions, copies and the run records.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import requests

_SYLLABLES = ("tor", "lam", "gar", "wil", "ben", "cos", "den", "ter", "py")
_WORDS = tuple(one + two + three for one in _SYLLABLES for two in _SYLLABLES for three in _SYLLABLES)


@contextmanager
def site(reviews: int) -> Iterator[str]:
    """A loopback site; its address. Each path is a shop with reviews of its own."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            shop = self.path.split("addon=")[-1].split("&")[0]
            status, body = (404, b"") if self.path == "/robots.txt" else (200, page(shop, reviews))
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def page(shop: str, reviews: int) -> bytes:
    """One page of ratings."""
    now, pick = datetime.now(UTC), random.Random(shop)
    rows = [
        {"id": f"{shop}-{at}", "score": 1 + at % 5, "body": f"The {' '.join(pick.choices(_WORDS, k=25))}.",
         "created": (now - timedelta(hours=at + 1)).isoformat(), "user": {"name": f"user {at}"}}
        for at in range(reviews)
    ]  # fmt: skip
    return json.dumps({"count": reviews, "next": None, "results": rows}).encode()


def settings(folder: Path, root: str, number: int, batch: int) -> Path:
    """The settings file of so many subscriptions."""
    lines = ['home = "state"', f"batch_size = {batch}", "[fetch]", "interval_s = 0", "[[entity]]", 'name = "shop"']
    for at in range(number):
        lines += [
            "[[subscription]]", f'name = "s{at}"', 'source = "mozilla_addons"', 'entity = "shop"',
            "allow_private_hosts = true", "[subscription.options]", f'addon = "a{at}"', f'base_url = "{root}"',
            "[subscription.permission]", 'basis = "own site"', 'granted_by = "bench"', "granted_on = 2026-01-05",
        ]  # fmt: skip
    path = folder / "leumund.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@contextmanager
def timed(name: str, taken: dict[str, tuple[float, float]]) -> Iterator[None]:
    """Note wall and CPU seconds of a block."""
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    taken[name] = time.perf_counter() - wall, time.process_time() - cpu


def bare(root: str, number: int) -> int:
    """What a user would write himself: one session, one loop."""
    session = requests.Session()
    return sum(len(session.get(f"{root}/r/?addon=a{at}", timeout=30).json()["results"]) for at in range(number))


def steps_alone(taken: dict[str, tuple[float, float]]) -> int:
    """The steps of the DAG, one after the other."""
    from pipeline import steps

    now = datetime.now(UTC)
    with timed("plan", taken):
        batches = steps.plan_ingest("bench", now - timedelta(days=1), now)
    with timed("fetch", taken):
        for batch in batches:
            steps.fetch_batch(batch)
    with timed("load", taken):
        new = steps.load_reviews("bench")["new"]
    with timed("judge", taken):
        steps.judge_coverage("bench")
    return new


def through_airflow(config: Path, taken: dict[str, tuple[float, float]]) -> int:
    """The DAG itself, in this process."""
    from pipeline import airflow_run
    from pipeline import settings as settings_room

    known = settings_room.load(config)
    airflow_run.prepare(known, config)
    with timed("dag", taken):
        outcome = airflow_run.run_dag(known, "ingest_reviews", airflow_run.interval_end(datetime.now(UTC).date()))
    assert outcome.is_success, outcome.faults
    return sum(result["new"] for result in outcome.results["load_reviews"])


def main() -> None:
    """Print a line a stage, then the shares."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--subscriptions", type=int, default=1000)
    parser.add_argument("--reviews", type=int, default=20)
    parser.add_argument("--batch", type=int, default=10)
    given = parser.parse_args()
    taken: dict[str, tuple[float, float]] = {}
    expected = given.subscriptions * given.reviews
    with site(given.reviews) as root:
        with timed("bare loop", taken):
            assert bare(root, given.subscriptions) == expected
        for name in ("steps", "airflow"):
            with tempfile.TemporaryDirectory(prefix="leumund-bench-") as folder:
                config = settings(Path(folder), root, given.subscriptions, given.batch)
                os.environ["LEUMUND_CONFIG"] = str(config)
                os.environ.pop("LEUMUND_HOME", None)
                new = steps_alone(taken) if name == "steps" else through_airflow(config, taken)
                assert new == expected, (new, expected)
    for name, (wall, cpu) in taken.items():
        sys.stdout.write(f"{name:10} {wall:8.1f} s {cpu:8.1f} CPU s\n")
    ours = [sum(taken[name][at] for name in ("plan", "fetch", "load", "judge")) for at in (0, 1)]
    for at, unit in enumerate(("wall", "CPU")):
        share = 1 - ours[at] / taken["dag"][at]
        sys.stdout.write(f"{unit}: steps {ours[at]:.1f} s of {taken['dag'][at]:.1f} s, Airflow's share {share:.0%}\n")


if __name__ == "__main__":
    main()
