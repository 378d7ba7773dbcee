"""`leumund up`: Airflow itself, with its web page and the schedule, on this machine alone."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from pipeline import airflow_run
from pipeline.errors import PipelineError, UsageError
from pipeline.settings import Settings

HOST = "127.0.0.1"
USER = "admin"
START_SECONDS = 180


def serve(settings: Settings, config: Path | None, port: int, say: Callable[[str], None]) -> None:
    """Run `airflow standalone` until it is stopped.

    The password is random, printed once, and kept in a file only its owner can read.

    Raises:
        UsageError: the port is taken.
        PipelineError: Airflow did not come up, or ended by itself.
    """
    if _is_taken(port):
        raise UsageError(f"port {port} is taken", where=HOST, remedy="Stop what runs there or give --port")
    process = start(settings, config, port)
    # A service manager's stop must take Airflow's parts along; a shell's background job is born deaf to Ctrl-C.
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, _stop_kindly)
    try:
        wait_until_up(process, port, settings.airflow_dir / "up.log")
        say(f"Airflow runs at http://{HOST}:{port}  user {USER}  password {password(settings)}")
        say("Stop it with Ctrl-C.")
        code = process.wait()
        if code not in (0, -signal.SIGINT, -signal.SIGTERM):
            raise PipelineError(f"Airflow ended with code {code}", remedy=f"See {settings.airflow_dir / 'up.log'}")
    finally:
        stop(process)


def _stop_kindly(*_: object) -> None:
    raise KeyboardInterrupt


def start(settings: Settings, config: Path | None, port: int) -> subprocess.Popen[bytes]:
    """Start `airflow standalone` in its own process group, its output in airflow/up.log."""
    airflow_run.prepare(settings, config)
    _write_password(settings)
    values = os.environ | airflow_run.environment(settings, config)
    values |= {
        "AIRFLOW__API__HOST": HOST,
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": f"http://{HOST}:{port}",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://{HOST}:{port}/execution/",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(password_file(settings)),
        # `standalone` starts its parts by the bare name `airflow`.
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
    }
    with (settings.airflow_dir / "up.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "airflow", "standalone"], env=values, stdout=log, stderr=log, start_new_session=True
        )


def wait_until_up(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Return once the API answers and the scheduler is healthy.

    Raises:
        PipelineError: it ended or did not answer in three minutes.
    """
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            raise PipelineError(f"Airflow ended with code {process.returncode}", remedy=f"See {log}")
        try:
            with urllib.request.urlopen(f"http://{HOST}:{port}/api/v2/monitor/health", timeout=5) as answer:
                if json.load(answer)["scheduler"]["status"] == "healthy":
                    return
        except (urllib.error.URLError, OSError, ValueError, KeyError):
            pass
        time.sleep(0.5)
    raise PipelineError("Airflow did not come up", where=f"{HOST}:{port}", remedy=f"See {log}")


def stop(process: subprocess.Popen[bytes], patience_s: float = 30) -> None:
    """End Airflow and all its parts: asked first, killed if need be."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, sign)
        except ProcessLookupError:
            return
        try:
            process.wait(timeout=patience_s)
        except subprocess.TimeoutExpired:
            continue


def password_file(settings: Settings) -> Path:
    """Where the password lies, mode 0600."""
    return settings.airflow_dir / "passwords.json"


def password(settings: Settings) -> str:
    """The password of the user `admin`."""
    return str(json.loads(password_file(settings).read_text(encoding="utf-8"))[USER])


def _write_password(settings: Settings) -> None:
    path = password_file(settings)
    if path.exists():
        path.chmod(0o600)
        return
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump({USER: secrets.token_urlsafe(15)}, file)


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0
