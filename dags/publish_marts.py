"""Build the marts, check them, and swap the analysts' files."""

from datetime import UTC, datetime, timedelta

from airflow.sdk import Asset, dag, task

DOC = """
### Builds the marts, checks them, publishes the analysts' files

**Feeds** `watch_reputation` through the asset `marts`, and everyone who runs `leumund sql`.

**Healthy** when `check` is green; `run.checks` keeps each result.

**When `check` is red** the published files are still the last good ones: nothing wrong has gone out. The log names
the check and the number of rows that fail it; its .sql file in `warehouse/checks` selects those rows.
"""


@dag(
    schedule=[Asset("scores")],
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    tags=["leumund", "publish"],
    doc_md=DOC,
    default_args={
        "retries": 2,
        "retry_delay": timedelta(seconds=30),
        "retry_exponential_backoff": True,
        "max_retry_delay": timedelta(minutes=15),
        "pool": "warehouse",
    },
)
def publish_marts() -> None:
    """Marts, then checks, then the analysts' files."""

    @task
    def build() -> dict:  # type: ignore[type-arg]
        from pipeline import steps

        return steps.build_marts()

    @task(retries=0)
    def check() -> dict:  # type: ignore[type-arg]
        from pipeline import steps

        return steps.check_marts()

    @task(outlets=[Asset("marts")])
    def publish() -> dict:  # type: ignore[type-arg]
        from pipeline import steps

        return steps.publish_files()

    build() >> check() >> publish()


publish_marts()
