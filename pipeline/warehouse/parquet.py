"""Review-level views as one Parquet file a month, named after its content."""

# ruff: noqa: S608 - what is put into a statement are constants and names of this package; values are bound.

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipeline.warehouse.staging import replacing

_MANIFEST = "manifest.json"


@dataclass(frozen=True)
class ReviewFiles:
    """The month files of one view, and how many of them were written now."""

    view: str
    paths: tuple[Path, ...]
    written: int

    def view_sql(self, catalog: str, home: str) -> str:
        """The statement that makes the view in `catalog`; without any review an empty table with the same columns."""
        if not self.paths:
            return f'create table {catalog}.mart."{self.view}" as select * from "{home}".mart."{self.view}" limit 0'
        listed = ", ".join(quoted(str(path)) for path in self.paths)
        return f'create view {catalog}.mart."{self.view}" as select * from read_parquet([{listed}])'


@dataclass(frozen=True)
class Manifest:
    """The month files of a publication, and how many erasures it knew."""

    files: frozenset[Path]
    erasures: int


def write_months(con: duckdb.DuckDBPyConnection, view: str, out_dir: Path) -> ReviewFiles:
    """Write the months of `mart.<view>` that changed below `out_dir`/review/<view>/ and return all its files."""
    folder = out_dir / "review" / view
    folder.mkdir(parents=True, exist_ok=True)
    # The sum of row hashes does not depend on row order; the column types are part of it, so a new column rewrites all.
    schema = con.execute(f'select hash(list(column_name || column_type)) from (describe mart."{view}")').fetchone()
    months = con.execute(
        "select strftime(posted_at, '%Y-%m') as month, sum(hash(rows)::hugeint), count(*)"
        f' from mart."{view}" as rows group by month order by month'
    ).fetchall()
    paths, written = [], 0
    for month, digest, rows in months:
        name = f"{month or 'undated'}-{_digest(schema, digest, rows)}.parquet"
        path = folder / name
        paths.append(path)
        if path.exists():
            continue
        with replacing(path) as temporary:
            # Marts are stored by date, so a range reads only its month; the copy keeps their order.
            con.execute(
                f'copy (select * from mart."{view}" where {_range(month)}) '
                f"to {quoted(str(temporary))} (format parquet, compression zstd)"
            )
        written += 1
    return ReviewFiles(view, tuple(paths), written)


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def _range(month: str | None) -> str:
    if month is None:
        return "posted_at is null"
    first = quoted(f"{month}-01 00:00:00+00")
    return f"posted_at >= {first}::timestamptz and posted_at < {first}::timestamptz + interval 1 month"


def read_manifest(out_dir: Path) -> Manifest:
    """What the last publication noted; nothing before the first."""
    path = out_dir / _MANIFEST
    if not path.exists():
        return Manifest(frozenset(), 0)
    row = json.loads(path.read_text(encoding="utf-8"))
    return Manifest(frozenset(out_dir / name for name in row["files"]), row["erasures"])


def write_manifest(out_dir: Path, manifest: Manifest) -> None:
    """Note the files of this publication, relative to `out_dir`."""
    row = {"erasures": manifest.erasures, "files": sorted(str(path.relative_to(out_dir)) for path in manifest.files)}
    with replacing(out_dir / _MANIFEST) as temporary:
        temporary.write_text(json.dumps(row, indent=1) + "\n", encoding="utf-8")


def quoted(text: str) -> str:
    """An SQL string literal, for the few statements that take no bound value (attach, copy to, create view)."""
    return "'" + text.replace("'", "''") + "'"
