"""Render the weekly page of every entity, in every configured language."""

from datetime import UTC, datetime, timedelta

from airflow.sdk import Asset, CronDataIntervalTimetable, dag, task

DOC = """
### Writes the weekly page, Monday morning, for the week that ended

**Feeds** the people who read `reports/<entity>/<week>/<lang>.html`, and the report channels.

**Healthy** when every entity has a page for last week. The page says itself how complete its week is.

**When `render` is red** the log names the entity. Clear the task: the same data give the same page.
A run triggered by hand without a date writes the last complete week.
"""


@dag(
    schedule=CronDataIntervalTimetable("0 5 * * 1", timezone="UTC"),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    tags=["leumund", "report"],
    doc_md=DOC,
    default_args={
        "retries": 2,
        "retry_delay": timedelta(seconds=30),
        "retry_exponential_backoff": True,
        "max_retry_delay": timedelta(minutes=15),
    },
)
def report_weekly() -> None:
    """Render the pages of the interval's week."""

    @task(pool="warehouse", outlets=[Asset("reports")])
    def render(dag_run=None) -> dict:  # type: ignore[no-untyped-def, type-arg]
        from pipeline import steps

        return steps.render_reports(dag_run.data_interval_start)

    render()


report_weekly()
