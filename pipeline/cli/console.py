"""What a person sees while a command works: progress on stderr, results on stdout."""

from __future__ import annotations

import sys
import time

from rich.console import Console
from rich.status import Status

# Where nobody looks at a terminal, tables must not fold at 80 columns.
out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 240)
err = Console(stderr=True, highlight=False, soft_wrap=True)

WORDS = {
    "fetch": "reading sources",
    "read": "reading rows",
    "score": "scoring texts",
    "replay": "replaying days",
}


class Ticker:
    """Shows one changing line on a terminal, or a plain line every few seconds where there is none."""

    def __init__(self, every_s: float = 5.0) -> None:
        self.every_s = every_s
        # Its own console on the stream of this moment: while a DAG runs, sys.stderr belongs to Airflow.
        self._console = Console(file=sys.stderr, highlight=False, soft_wrap=True)
        self._status: Status | None = self._console.status("") if self._console.is_terminal else None
        self._last = 0.0

    def __enter__(self) -> Ticker:
        if self._status:
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._status:
            self._status.stop()

    def say(self, text: str) -> None:
        """Name the stage that begins now."""
        if self._status:
            self._status.update(text)
        else:
            self._console.print(text)

    def listen(self, stage: str, done: int, total: int | None) -> None:
        """A `progress.Listener`."""
        word = WORDS.get(stage, stage)
        line = f"  {word}: {done:,}" + (f" of {total:,}" if total else "")
        if self._status:
            self._status.update(line)
        elif time.monotonic() - self._last >= self.every_s:
            self._last = time.monotonic()
            self._console.print(line)
