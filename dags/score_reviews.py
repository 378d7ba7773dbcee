"""Score whatever text the current model has not seen."""

from datetime import UTC, datetime, timedelta

from airflow.sdk import Asset, dag, task

DOC = """
### Scores new texts: sentiment, stars, themes

**Feeds** `publish_marts` through the asset `scores`. Each distinct text is scored once a model version.

**Healthy** when `select` finds nothing on a second run. Unsupported languages are recorded as abstained, not guessed.

**When `score` is red** the model is missing or damaged: `leumund doctor` says which file. Parts already scored
stay on disk and are loaded by the next run; clear the task after the cause is mended.
"""


@dag(
    schedule=[Asset("reviews")],
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    tags=["leumund", "score"],
    doc_md=DOC,
    default_args={
        "retries": 2,
        "retry_delay": timedelta(seconds=30),
        "retry_exponential_backoff": True,
        "max_retry_delay": timedelta(minutes=15),
    },
)
def score_reviews() -> None:
    """Select unscored texts, score them in parts beside the warehouse, load the scores."""

    @task(pool="warehouse")
    def select(dag_run=None) -> list[str]:  # type: ignore[no-untyped-def]
        from pipeline import steps

        return steps.select_texts(dag_run.run_id)

    @task(max_active_tis_per_dag=1)
    def score(part: str) -> dict:  # type: ignore[type-arg]
        from pipeline import steps

        return steps.score_part(part)

    @task(pool="warehouse", trigger_rule="none_failed", outlets=[Asset("scores")])
    def load() -> dict:  # type: ignore[type-arg]
        from pipeline import steps

        return steps.load_scores()

    score.expand(part=select()) >> load()


score_reviews()
