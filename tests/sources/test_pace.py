"""The pace between requests, across processes."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from pipeline.sources.pace import Pace

_PROGRAM = """
import sys, time
from pathlib import Path
from pipeline.sources.pace import Pace
for _ in range(2):
    Pace(Path(sys.argv[1])).wait("nordlicht.example", 0.3)
    print(time.time(), flush=True)
"""


def test_two_processes_share_one_pace(tmp_path: Path) -> None:
    workers = [
        subprocess.Popen([sys.executable, "-c", _PROGRAM, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    times = sorted(float(line) for worker in workers for line in worker.communicate(timeout=60)[0].split())
    assert len(times) == 4
    # The printed times lag the kept ones by a little; the whole stretch does not.
    assert times[-1] - times[0] >= 3 * 0.3 - 0.1


def test_a_damaged_or_future_time_does_not_stop_us(tmp_path: Path) -> None:
    Pace(tmp_path).wait("a.example", 0.1)
    (kept,) = (path for path in tmp_path.iterdir() if path.suffix != ".lock")
    for written in ("", "nonsense", repr(time.time() + 86_400), "nan"):
        kept.write_text(written, encoding="ascii")
        started = time.monotonic()
        Pace(tmp_path).wait("a.example", 0.1)
        assert time.monotonic() - started < 0.5
