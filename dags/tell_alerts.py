"""Send, every hour, the alerts that had to wait."""

from datetime import UTC, datetime, timedelta

from airflow.sdk import Asset, CronDataIntervalTimetable, dag, task

DOC = """
### Sends what quiet hours, the hourly limit or a channel held back

**Feeds** the configured channels and the asset `alerts`. It looks at no reviews: `watch_reputation` does.

**Healthy** when it is green every hour; most hours it has nothing to send and `announce` is skipped.

**When red** a channel refused: the log names it. What was not taken is owed and goes out an hour later.
"""


@dag(
    schedule=CronDataIntervalTimetable("5 * * * *", timezone="UTC"),
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
def tell_alerts() -> None:
    """Send what is owed, then tell other DAGs."""

    @task
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

    notify() >> announce()


tell_alerts()
