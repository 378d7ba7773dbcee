"""Times the stages of the main job on a file of reviews, each in a process of its own: seconds and peak memory.

    python bench/stages.py FILE --entity E --week 2019-W15 [--map field=column ...] [--texts N]

The state lies in a folder that is removed afterwards. `--texts` scores this many texts at most (their rate says what
the rest would take); marts, scan, replay and page work on the whole file all the same. For contrast the last lines time
what a user without Leumund would do with the same file: a DuckDB query of negatives a week by stars.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

IMPORT = """
from pipeline.steps import file_import
counts = file_import.import_file(file_import.ImportRequest(Path({file!r}), "bench", {entity!r}, mapping={mapping!r}))
print()  # ends the line of progress
print(f"{{counts.rows:,}} rows")
"""
SCORE = """
from pipeline.steps import score
parts = score.select_texts("bench")[:{parts}]
done = [score.score_part(part) for part in parts]
print(f"{{sum(each['scored'] + each['abstained'] for each in done):,}} distinct texts")
"""
LOAD = "from pipeline.steps import score\nprint(f\"{score.load_scores()['loaded']:,} scores\")"
MARTS = "from pipeline.steps import publish\npublish.build_marts()"
CHECKS = "from pipeline.steps import publish\npublish.check_marts()"
PUBLISH = "from pipeline.steps import publish\npublish.publish_files()"
SCAN = "from pipeline.steps import watch\nprint(watch.scan_series())"
REPLAY = """
from datetime import date
from pipeline.steps import replay
found = replay.replay_alerts({entity!r}, date.fromisoformat({start!r}), date.fromisoformat({end!r})).alerts
print(f"{{len(found)}} alerts")
"""
PAGE = """
import sys
from pipeline.cli.app import main
sys.argv = ["leumund", "report", "--entity", {entity!r}, "--week", {week!r}, "--out", {out!r}]
main()
"""
BARE = """
import duckdb
week = "date_trunc('week', try_cast({date} as timestamp))"
query = f"select {{week}}, count(*) filter ({stars} <= 2) from {file!r} group by 1"
print(f"{{len(duckdb.sql(query).fetchall())}} weeks")
"""
PROLOGUE = "from pathlib import Path\n"
PART = 5_000


def run(name: str, code: str, variables: dict[str, str]) -> None:
    """Run one stage in a process and print what it took."""
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", PROLOGUE + code],
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    told = process.stdout.read().strip().splitlines() if process.stdout else []
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    cpu = usage.ru_utime + usage.ru_stime
    ending = f"FAILED ({os.waitstatus_to_exitcode(status)})" if status else told[-1] if told else "done"
    sys.stdout.write(f"{name:12} {seconds:8.1f} s {cpu:8.1f} CPU s {usage.ru_maxrss / 1e3:7.0f} MB  {ending}\n")
    sys.stdout.flush()


def main() -> None:
    """Print a line a stage."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--entity", required=True)
    parser.add_argument("--week", required=True)
    parser.add_argument("--map", action="append", default=[], help="field=column, as `leumund import` takes it")
    parser.add_argument("--texts", type=int, help="score at most this many")
    parser.add_argument("--start", default="2017-06-01", help="first day of the replay")
    parser.add_argument("--end", default="2021-12-31", help="last day of the replay")
    given = parser.parse_args()
    mapping = dict(each.split("=", 1) for each in given.map)
    parts = -(-given.texts // PART) if given.texts else 10**6
    with tempfile.TemporaryDirectory(prefix="leumund-bench-") as folder:
        variables = {"LEUMUND_HOME": folder, "LEUMUND_CONFIG": "", "LEUMUND_MODEL__PART_SIZE": str(PART)}
        file, entity = str(given.file.resolve()), given.entity
        # A file that names its entities is imported under those; `--entity` then says which is replayed.
        fallback = None if "entity" in mapping else entity
        run("import", IMPORT.format(file=file, entity=fallback, mapping=mapping), variables)
        run("score", SCORE.format(parts=parts), variables)
        run("load scores", LOAD, variables)
        run("marts", MARTS, variables)
        run("checks", CHECKS, variables)
        run("publish", PUBLISH, variables)
        run("scan", SCAN, variables)
        run("replay", REPLAY.format(entity=entity, start=given.start, end=given.end), variables)
        run("page", PAGE.format(entity=entity, week=given.week, out=folder), variables)
        date, stars = mapping.get("posted_at", "date"), mapping.get("rating", "stars")
        run("bare DuckDB", BARE.format(file=file, date=date, stars=stars), variables)


if __name__ == "__main__":
    main()
