"""Look for sudden negative spikes, keep incidents, send alerts."""

from datetime import UTC, datetime, timedelta

from airflow.sdk import Asset, dag, task

DOC = """
### Watches the daily counts and alerts once a cause

**Feeds** the incidents of `leumund alerts list` and of the weekly page, and the configured channels.

**Healthy** when `scan` is green; `run.alert_evaluations` holds what fired and what did not.

**When `notify` is red** a channel refused: the log names it. The incident is kept and the next run sends what was
not sent; an alert that went out is recorded and not sent again. Imported history and backfilled days never notify.
"""


@dag(
    schedule=[Asset("marts")],
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    tags=["leumund", "watch"],
    doc_md=DOC,
    default_args={
        "retries": 2,
        "retry_delay": timedelta(seconds=30),
        "retry_exponential_backoff": True,
        "max_retry_delay": timedelta(minutes=15),
        "pool": "warehouse",
    },
)
def watch_reputation() -> None:
    """Scan the series, update the incidents, send what is new."""

    @task
    def scan() -> dict:  # type: ignore[type-arg]
        from pipeline import steps

        return steps.scan_series()

    @task(outlets=[Asset("incidents")])
    def notify() -> dict:  # type: ignore[type-arg]
        from pipeline import steps

        return steps.send_alerts()

    scan() >> notify()


watch_reputation()
