"""The rules every DAG of ours obeys."""

from __future__ import annotations

import ast
from datetime import timedelta
from itertools import pairwise

import pytest

from pipeline import airflow_run, progress, steps
from pipeline.settings import resource_dir

DAG_IDS = {
    "ingest_reviews",
    "score_reviews",
    "publish_marts",
    "watch_reputation",
    "tell_alerts",
    "report_weekly",
    "keep_privacy",
}
# The tasks that never open the warehouse; every other one must sit in its one-slot pool.
OUTSIDE_THE_POOL = {("ingest_reviews", "fetch"), ("score_reviews", "score"), ("keep_privacy", "purge_raw")}
FILES = sorted(resource_dir("dags").glob("*.py"))


def test_there_are_exactly_these_dags(dagbag):
    assert dagbag.import_errors == {}
    assert set(dagbag.dags) == DAG_IDS


@pytest.mark.parametrize("dag_id", sorted(DAG_IDS))
def test_a_dag_says_what_it_is_for(dagbag, dag_id):
    dag = dagbag.dags[dag_id]
    assert "leumund" in dag.tags
    for word in ("Feeds", "Healthy", "red"):
        assert word.lower() in dag.doc_md.lower(), f"doc_md of {dag_id} does not say: {word}"
    assert dag.max_active_runs == 1
    assert dag.catchup is False


@pytest.mark.parametrize("dag_id", sorted(DAG_IDS))
def test_tasks_retry_with_exponential_back_off(dagbag, dag_id):
    for task in dagbag.dags[dag_id].tasks:
        if task.task_id in {"coverage", "check"}:
            assert task.retries == 0, "a verdict does not change by asking again"
            continue
        assert task.retries >= 2
        assert task.retry_exponential_backoff
        assert task.max_retry_delay <= timedelta(minutes=15)


@pytest.mark.parametrize("dag_id", sorted(DAG_IDS))
def test_tasks_that_open_the_warehouse_share_its_pool(dagbag, dag_id):
    for task in dagbag.dags[dag_id].tasks:
        outside = (dag_id, task.task_id) in OUTSIDE_THE_POOL
        assert (task.pool == airflow_run.POOL) is not outside, task.task_id


def test_the_pool_has_one_slot(airflow_home):
    from airflow.models.pool import Pool

    assert Pool.get_pool(airflow_run.POOL).slots == 1


def test_assets_chain_the_dags_in_the_order_of_the_command(dagbag):
    def outlets(dag_id):
        return {asset.name for task in dagbag.dags[dag_id].tasks for asset in task.outlets}

    def waits_for(dag_id):
        return {asset.name for asset in dagbag.dags[dag_id].timetable.asset_condition.objects}

    order = ("ingest_reviews", *airflow_run.AFTER_IMPORT)
    for before, after in pairwise(order):
        assert waits_for(after) == outlets(before)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_dag_files_are_short_and_do_no_work_at_parse_time(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 100
    for node in ast.parse(text).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            module = node.module if isinstance(node, ast.ImportFrom) else node.names[0].name
            assert module in {"datetime", "airflow.sdk"}, f"{module} is imported at module level"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_task_calls_one_known_step(path):
    called = {
        node.attr
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "steps"
    }
    assert called
    assert called <= set(steps.__all__)


def test_a_step_tells_its_fault_in_one_line():
    from pipeline.errors import SourceBlocked

    @progress.step
    def refused() -> None:
        raise SourceBlocked("robots.txt forbids it", where="example.org", remedy="Ask the site")

    with progress.journal() as notes, pytest.raises(SourceBlocked):
        refused()
    assert [str(error) for _, error in notes.faults] == ["example.org: robots.txt forbids it. Ask the site"]
