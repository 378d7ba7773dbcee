"""Retention, upstream deletions and erasures, daily."""

from datetime import UTC, datetime, timedelta

from airflow.sdk import CronDataIntervalTimetable, dag, task

DOC = """
### Forgets what must be forgotten

**Feeds** nothing; it takes away: raw pages past their days, texts past their months, texts that their site removed.
Counts stay, so that past figures do not move.

**Healthy** when it is green every day; `leumund doctor` shows the oldest raw page.

**When red** the log names the layer. Clear the run: everything it does may be done twice.
"""


@dag(
    schedule=CronDataIntervalTimetable("0 3 * * *", timezone="UTC"),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    tags=["leumund", "privacy"],
    doc_md=DOC,
    default_args={
        "retries": 2,
        "retry_delay": timedelta(seconds=30),
        "retry_exponential_backoff": True,
        "max_retry_delay": timedelta(minutes=15),
    },
)
def keep_privacy() -> None:
    """Purge raw pages, then texts."""

    @task
    def purge_raw() -> dict:  # type: ignore[type-arg]
        from pipeline import steps

        return steps.purge_raw()

    @task(pool="warehouse")
    def purge_texts() -> dict:  # type: ignore[type-arg]
        from pipeline import steps

        return steps.purge_texts()

    purge_raw() >> purge_texts()


keep_privacy()
