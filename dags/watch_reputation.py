"""Look for sudden negative spikes, keep incidents, send alerts."""

from datetime import UTC, datetime, timedelta

from airflow.sdk import Asset, dag, task

DOC = """
### Watches the daily counts and alerts once a cause

**Feeds** the incidents of `leumund alerts list` and of the weekly page, the configured channels, and the asset
`alerts`: a DAG of yours with `schedule=[Asset("alerts")]` runs whenever people were told of something; the event's
extra has incident ids, kinds and severities.

**Healthy** when `scan` is green; `mart.v_alert_eval` holds what fired and what did not. `announce` is skipped on
a quiet day.

**When `notify` is red** a channel refused: the log names it. The incident is kept and the next run, or `tell_alerts`
within the hour, sends what was not sent; an alert that went out is recorded and not sent again. Imported history and
backfilled days never notify.
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
    """Scan the series, update the incidents, send what is new, and tell other DAGs."""

    @task
    def scan() -> dict:  # type: ignore[type-arg]
        from pipeline import steps

        return steps.scan_series()

    @task(outlets=[Asset("incidents")])
    def notify() -> dict:  # type: ignore[type-arg]
        from pipeline import steps

        return steps.send_alerts()

    @task(outlets=[Asset("alerts")])
    def announce(*, outlet_events=None) -> dict:  # type: ignore[no-untyped-def, type-arg]
        from airflow.sdk.exceptions import AirflowSkipException

        from pipeline import steps

        told = steps.alerts_for_others()
        if not told["alerts"]:
            raise AirflowSkipException("nobody was told of anything")
        outlet_events[Asset("alerts")].extra = told
        return {"alerts": len(told["alerts"])}

    scan() >> notify() >> announce()


watch_reputation()
