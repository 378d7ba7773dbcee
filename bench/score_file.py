"""Times one `leumund score` of many real reviews, as a user runs it: rows a second, distinct texts, peak memory.

    python bench/score_file.py --corpus FOLDER [--rows 100000]

The rows are real reviews of the labelled corpus in all languages that are scored, in random order at their natural
lengths, repeats included. Start, language detection, reading and writing count.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import duckdb

_ROWS = """
copy (
    select id, text
    from read_parquet($files, union_by_name => true)
    where list_contains(['en', 'de', 'fr', 'es', 'it', 'nl', 'pt'], lang) and length(text) > 0
    order by md5('rows' || id)
    limit $rows
) to '{target}' (header)
"""


def _run(command: Sequence[str]) -> float:
    """Run it to its end; its own peak in MB. What wait() tells is this process's memory, where that is larger."""
    kilobytes = 0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None:
            status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii", errors="replace")
            kilobytes = max([kilobytes, *map(int, re.findall(r"VmHWM:\s*(\d+)", status))])
            time.sleep(0.5)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return kilobytes / 1e3


def main() -> None:
    """Print what one run took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=100_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="leumund-bench-") as folder:
        source, target = Path(folder) / "reviews.csv", Path(folder) / "scored.csv"
        duckdb.execute(
            _ROWS.replace("{target}", str(source)), {"files": str(given.corpus / "*.parquet"), "rows": given.rows}
        )
        distinct, characters = duckdb.execute(
            "select count(distinct text), avg(length(text)) from read_csv($path)", {"path": str(source)}
        ).fetchall()[0]
        command = [sys.executable, "-m", "pipeline", "score", str(source), "--out", str(target)]
        started = time.monotonic()
        peak = _run(command)
        taken = time.monotonic() - started
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    sys.stdout.write(
        f"{given.rows:,} rows, {distinct:,} distinct texts, mean {characters:.0f} characters: {taken:.0f} s, "
        f"{given.rows / taken:,.0f} rows/s, {used.ru_utime + used.ru_stime:.0f} CPU s, "
        f"peak {peak:,.0f} MB; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n"
    )


if __name__ == "__main__":
    main()
