"""Opening the warehouse file: one process at a time, UTC, bounded memory, faults in one clear line."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from pipeline.errors import WarehouseError

Connection = duckdb.DuckDBPyConnection

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DISK_FULL = ("no space left", "disk quota", "could not write", "failed to offload", "max_temp_directory_size")


@contextmanager
def open_warehouse(
    path: Path,
    *,
    timeout_s: float = 600,
    read_only: bool = False,
    memory_limit: str | None = None,
    threads: int | None = None,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a connection to the warehouse file; waits for whoever holds it.

    DuckDB lets one writing process in and answers everybody else with an error at once. The lock beside the file makes
    them wait instead; it vanishes with its process, so a killed run leaves nothing to clean up.

    Args:
        path: The DuckDB file; created unless `read_only`.
        timeout_s: Seconds to wait for the lock, and for a process of someone else's that has the file open.
        read_only: Open without the right to write.
        memory_limit: As DuckDB writes it, for example "2GB"; its own default is 80 % of the machine.
        threads: How many threads DuckDB may use; its own default is all.

    Raises:
        WarehouseError: The file is missing, held too long, damaged, or the disk is full.
    """
    if read_only and not path.exists():
        raise WarehouseError("no warehouse yet", where=str(path), remedy="Run `leumund run` or `leumund import` first.")
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(f"{path}.lock", timeout=timeout_s)
    deadline = time.monotonic() + timeout_s
    try:
        lock.acquire()
    except Timeout:
        raise WarehouseError(
            f"another Leumund process has held the warehouse for {timeout_s:g} s",
            where=str(path),
            remedy="Wait until it ends, or stop it; then try again.",
        ) from None
    try:
        con = _connect(path, read_only, deadline)
        try:
            configure(con, temp_directory=Path(f"{path}.tmp"), memory_limit=memory_limit, threads=threads)
            yield con
        except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
            raise _explained(error, path) from error
        finally:
            con.close()
    finally:
        lock.release()


def configure(
    con: duckdb.DuckDBPyConnection,
    *,
    temp_directory: Path | None = None,
    memory_limit: str | None = None,
    threads: int | None = None,
) -> None:
    """Set what every connection of ours needs: UTC, and the given bounds."""
    con.execute("set TimeZone = 'UTC'")
    if temp_directory is not None:
        con.execute("set temp_directory = $1", [str(temp_directory)])
    if memory_limit is not None:
        con.execute("set memory_limit = $1", [memory_limit])
    if threads is not None:
        con.execute("set threads = $1", [threads])


@contextmanager
def transaction(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """All or nothing: commits at the end, rolls back on any error."""
    con.execute("begin transaction")
    try:
        yield
    except BaseException:
        con.execute("rollback")
        raise
    con.execute("commit")


def from_epoch_us(microseconds: int | None) -> datetime | None:
    """An aware UTC time from microseconds since 1970; queries read times so, which needs no time-zone library."""
    return None if microseconds is None else EPOCH + timedelta(microseconds=microseconds)


def count(con: duckdb.DuckDBPyConnection, sql: str, parameters: object = None) -> int:
    """The single number a query answers with; 0 where it answers with none."""
    row = con.execute(sql, parameters).fetchone()
    return int(row[0]) if row and row[0] is not None else 0


def _connect(path: Path, read_only: bool, deadline: float) -> duckdb.DuckDBPyConnection:
    while True:
        try:
            return duckdb.connect(str(path), read_only=read_only)
        except duckdb.IOException as error:
            # Someone opened the file without our lock, for example with DuckDB's own shell.
            if "Could not set lock" not in str(error):
                raise _explained(error, path) from error
            if time.monotonic() >= deadline:
                raise WarehouseError(
                    "another program has the warehouse file open",
                    where=str(path),
                    remedy="Close it; to look at the data use `leumund sql` or the published files.",
                ) from error
        except duckdb.Error as error:
            raise _explained(error, path) from error
        time.sleep(0.2)


def _explained(error: duckdb.Error, path: Path) -> WarehouseError:
    text = " ".join(str(error).split())
    low = text.lower()
    if isinstance(error, duckdb.OutOfMemoryException) and "offload" not in low:
        return WarehouseError(
            "not enough memory", where=str(path), remedy="Give more memory, or load in smaller parts."
        )
    if any(sign in low for sign in _DISK_FULL):
        return WarehouseError(
            "the disk is full", where=str(path), remedy="Free some space and run again; nothing half-done was kept."
        )
    if "not a valid duckdb" in low or "corrupt" in low:
        return WarehouseError(
            "the file is damaged or no DuckDB file",
            where=str(path),
            remedy="Restore it from a backup, or move it away and run again: the raw pages refill it.",
        )
    return WarehouseError(text[:300], where=str(path), remedy="Check the path and its permissions.")
