"""What was found out of each distinct text of a table, on disk: memory stays the same however many rows there are."""

from __future__ import annotations

import sqlite3
import tempfile
import zlib
from collections.abc import Iterable
from types import TracebackType

from pipeline.errors import PipelineError

# Kilobytes of pages in memory; the rest lies in the temporary file.
_CACHE_KB = 8_192


class Remembered:
    """Bytes by the digest of a text. They lie in a nameless temporary file that vanishes with the object.

    Every method raises PipelineError where the folder for temporary files has no room left.
    """

    def __init__(self) -> None:
        try:
            # An empty name is a private database in a temporary file (https://sqlite.org/inmemorydb.html).
            self._con = sqlite3.connect("", isolation_level=None, check_same_thread=False)
            self._con.execute(f"pragma cache_size = -{_CACHE_KB}")
            self._con.execute("pragma journal_mode = off")
            self._con.execute("create table known (digest blob primary key, found blob not null) without rowid")
        except sqlite3.OperationalError as error:
            raise _no_room(error) from error

    def __enter__(self) -> Remembered:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._con.close()

    def add(self, found: Iterable[tuple[bytes, bytes]]) -> None:
        """Remember pairs of digest and bytes."""
        rows = ((digest, zlib.compress(value, 1)) for digest, value in found)
        try:
            self._con.executemany("insert or replace into known values (?, ?)", rows)
        except sqlite3.OperationalError as error:
            raise _no_room(error) from error

    def find(self, digests: Iterable[bytes]) -> dict[bytes, bytes]:
        """The bytes of those digests that are known."""
        found: dict[bytes, bytes] = {}
        try:
            for digest in digests:
                row = self._con.execute("select found from known where digest = ?", (digest,)).fetchone()
                if row is not None:
                    found[digest] = zlib.decompress(row[0])
        except sqlite3.OperationalError as error:
            raise _no_room(error) from error
        return found


def _no_room(error: sqlite3.OperationalError) -> PipelineError:
    return PipelineError(
        f"cannot write a temporary file ({error})",
        where=tempfile.gettempdir(),
        remedy="Make room there, or name another folder in SQLITE_TMPDIR",
    )
