"""How fast a host may be asked: one request at a time with a pause between, across threads, processes and workers."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

from filelock import FileLock


class Pace:
    """Holds the time of the last request to each host in a small file, behind a lock beside it.

    The files must lie where all workers see them. A library with a bucket in memory would limit each process alone.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def wait(self, host: str, interval_s: float) -> None:
        """Return when `host` may be asked again, `interval_s` seconds after the last request to it."""
        if interval_s <= 0:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / hashlib.sha256(host.encode()).hexdigest()[:32]
        with FileLock(f"{path}.lock"):
            try:
                last = float(path.read_text(encoding="ascii"))
            except (OSError, ValueError):
                last = 0.0
            now = time.time()
            # A clock that was set back must not make us wait for it to catch up.
            pause = min(interval_s, last + interval_s - now)
            if pause > 0:
                time.sleep(pause)
            path.write_text(repr(time.time()), encoding="ascii")
