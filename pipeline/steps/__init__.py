"""One function a task: what the DAGs and the command line call. The only room that knows every other.

Each step reads the settings itself, returns counts and paths, and may be run twice.
"""

from pipeline.steps.alerts import alerts_for_others, send_alerts
from pipeline.steps.ingest import fetch_batch, judge_coverage, load_reviews, plan_ingest
from pipeline.steps.privacy import purge_raw, purge_texts
from pipeline.steps.publish import build_marts, check_marts, publish_files
from pipeline.steps.report import render_reports
from pipeline.steps.score import load_scores, score_part, select_texts
from pipeline.steps.watch import scan_series

__all__ = [
    "alerts_for_others",
    "build_marts",
    "check_marts",
    "fetch_batch",
    "judge_coverage",
    "load_reviews",
    "load_scores",
    "plan_ingest",
    "publish_files",
    "purge_raw",
    "purge_texts",
    "render_reports",
    "scan_series",
    "score_part",
    "select_texts",
    "send_alerts",
]
