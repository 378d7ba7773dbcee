"""How fast a host may be asked: one request at a time with a pause between, across threads, processes and workers."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

from filelock import FileLock

LONGEST_HOLD_S = 86_400.0


class Pace:
    """Holds the time of the last request to each host in a small file, behind a lock beside it.

    The files must lie where all workers see them. A library with a bucket in memory would limit each process alone.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def wait(self, host: str, interval_s: float) -> None:
        """Return when `host` may be asked again: `interval_s` seconds after the last request, and past any hold."""
        if interval_s <= 0:
            time.sleep(self.held_s(host))
            return
        path = self._path(host)
        self.folder.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{path}.lock"):
            now = time.time()
            # A clock that was set back must not make us wait for it to catch up.
            pause = max(min(interval_s, _time(path) + interval_s - now), self.held_s(host))
            if pause > 0:
                time.sleep(pause)
            path.write_text(repr(time.time()), encoding="ascii")

    def hold(self, host: str, seconds: float) -> None:
        """Let nobody ask `host` for that long (a day at most): it said so in Retry-After."""
        path = self._path(host).with_suffix(".hold")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(repr(time.time() + min(max(seconds, 0.0), LONGEST_HOLD_S)), encoding="ascii")

    def held_s(self, host: str) -> float:
        """Seconds until a hold ends; 0 where there is none."""
        left = _time(self._path(host).with_suffix(".hold")) - time.time()
        return left if 0 < left <= LONGEST_HOLD_S else 0.0

    def _path(self, host: str) -> Path:
        return self.folder / hashlib.sha256(host.encode()).hexdigest()[:32]


def _time(path: Path) -> float:
    try:
        return float(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 0.0
