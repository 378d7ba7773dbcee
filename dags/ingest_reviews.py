"""Collect public reviews, one UTC day an interval, mapped over batches of subscriptions."""

from datetime import UTC, datetime, timedelta

from airflow.sdk import Asset, CronDataIntervalTimetable, dag, task

DOC = """
### Collects public reviews of one UTC day into the warehouse

**Feeds** `score_reviews` through the asset `reviews`.

**Healthy** when `coverage` is green: every subscription was read completely and gave about as much as usual.
`leumund doctor` and the view `mart.v_source_health` show the same by source.

**When `coverage` is red** its log names each subscription, what happened and what to do. What the other
subscriptions gave has been loaded all the same. Mend the cause, then clear the run: fetched pages are kept,
so nothing is doubled. **When `fetch` is red** the fault is ours: read the last line of its log.
A run triggered by hand without a date reads everything since the last one.
"""


@dag(
    schedule=CronDataIntervalTimetable("0 0 * * *", timezone="UTC"),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    tags=["leumund", "ingest"],
    doc_md=DOC,
    default_args={
        "retries": 3,
        "retry_delay": timedelta(seconds=30),
        "retry_exponential_backoff": True,
        "max_retry_delay": timedelta(minutes=15),
    },
)
def ingest_reviews() -> None:
    """Plan, fetch in batches, load what came, then judge the coverage."""

    @task(pool="warehouse")
    def plan(dag_run=None) -> list[dict]:  # type: ignore[no-untyped-def, type-arg]
        from pipeline import steps

        return steps.plan_ingest(dag_run.run_id, dag_run.data_interval_start, dag_run.data_interval_end)

    @task(max_active_tis_per_dag=4, map_index_template="{{ task.op_kwargs['batch']['label'] }}")
    def fetch(batch: dict) -> dict:  # type: ignore[type-arg]
        from pipeline import steps

        return steps.fetch_batch(batch)

    @task(pool="warehouse", trigger_rule="all_done", outlets=[Asset("reviews")])
    def load(dag_run=None) -> dict:  # type: ignore[no-untyped-def, type-arg]
        from pipeline import steps

        return steps.load_reviews(dag_run.run_id)

    @task(pool="warehouse", trigger_rule="all_done", retries=0)
    def coverage(dag_run=None) -> dict:  # type: ignore[no-untyped-def, type-arg]
        from pipeline import steps

        return steps.judge_coverage(dag_run.run_id)

    fetch.expand(batch=plan()) >> load() >> coverage()


ingest_reviews()
