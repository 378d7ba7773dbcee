"""Build, check, publish: the steps of `publish_marts`."""

from __future__ import annotations

from pipeline import progress
from pipeline.errors import WarehouseError
from pipeline.steps import workplace
from pipeline.warehouse import publish


@progress.step
def build_marts() -> dict[str, int]:
    """How many marts were built."""
    settings = workplace.current()
    with workplace.warehouse(settings) as con:
        return {"marts": len(publish.build_marts(con, settings.sql_dir))}


@progress.step
def check_marts() -> dict[str, int]:
    """How many checks passed.

    Raises:
        WarehouseError: a check found rows; the published files stay as they were.
    """
    settings = workplace.current()
    with workplace.warehouse(settings) as con:
        results = publish.run_checks(con, settings.sql_dir)
    failed = [result for result in results if result.row_count and result.severity == "error"]
    if failed:
        told = ", ".join(f"{result.name} ({result.row_count} rows)" for result in failed)
        raise WarehouseError(
            f"{len(failed)} of {len(results)} checks failed: {told}",
            where=str(settings.warehouse_path),
            remedy="The published files are unchanged; run the check's .sql to see the rows",
        )
    return {"checks": len(results)}


@progress.step
def publish_files() -> dict[str, str]:
    """Where the analysts' file lies."""
    settings = workplace.current()
    with workplace.warehouse(settings) as con:
        return {"path": str(publish.publish(con, settings.published_dir).path)}
