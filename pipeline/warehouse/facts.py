"""The judged reviews of one moment, materialised once for everything that counts from them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import duckdb

from pipeline.warehouse.connection import count

_IS_CURRENT = """
select count(*)
from duckdb_tables()
where temporary and table_name = 'review_facts' and getvariable('as_of') is not distinct from $as_of::timestamptz
"""


@contextmanager
def materialised(con: duckdb.DuckDBPyConnection, as_of: datetime | None = None) -> Iterator[None]:
    """Provide the temporary table `review_facts`: one row per review, as known at `as_of` (None: now).

    Marts and reads name it without a schema. Inside another call for the same moment nothing is computed again.
    """
    if count(con, _IS_CURRENT, {"as_of": as_of}):
        yield
        return
    con.execute("set variable as_of = $as_of::timestamptz", {"as_of": as_of})
    try:
        con.execute("create or replace temp table review_facts as select * from core.review_facts")
        yield
    finally:
        con.execute("reset variable as_of")
        con.execute("drop table if exists temp.review_facts")
