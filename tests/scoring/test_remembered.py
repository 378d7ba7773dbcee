"""Scores of texts met before, kept in a temporary file."""

from __future__ import annotations

import subprocess
import sys
import tempfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import PipelineError
from pipeline.scoring.remembered import Remembered


@given(st.dictionaries(st.binary(min_size=16, max_size=16), st.binary(max_size=300)), st.binary(min_size=1))
def test_what_was_added_is_found_and_nothing_else(known: dict[bytes, bytes], other: bytes) -> None:
    with Remembered() as remembered:
        remembered.add(known.items())
        assert remembered.find([*known, other + b"?" * 17]) == known


# In a process of its own: the peak of this one may long have been higher, and getrusage would hand it down. Random
# bytes, which do not shrink.
_GROWTH = r"""
import random, re
from pathlib import Path
from pipeline.scoring.remembered import Remembered
chance = random.Random(3)
def peak():
    return int(re.search(r"VmHWM:\s*(\d+)", Path("/proc/self/status").read_text())[1])
def add(remembered, start, count):
    remembered.add((at.to_bytes(16, "big"), chance.randbytes(300)) for at in range(start, start + count))
with Remembered() as remembered:
    add(remembered, 0, 60_000)  # fills the cache
    before = peak()
    add(remembered, 60_000, 200_000)
    assert len(remembered.find([(5).to_bytes(16, "big")])) == 1
    print((peak() - before) / before)
"""


def test_memory_does_not_grow_with_what_is_remembered() -> None:
    # 60 MB more are remembered; kept in memory they would double what such a process takes.
    done = subprocess.run([sys.executable, "-c", _GROWTH], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 0.2


def test_a_full_disk_is_said_with_place_and_remedy() -> None:
    with Remembered() as remembered:
        remembered._con.execute("pragma max_page_count = 3")  # as a disk with three pages left
        with pytest.raises(PipelineError, match="temporary file") as caught:
            remembered.add((at.to_bytes(16, "big"), bytes(range(256)) * 8) for at in range(2_000))
    assert "SQLITE_TMPDIR" in str(caught.value)
    assert tempfile.gettempdir() in str(caught.value)
