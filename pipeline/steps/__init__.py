"""One function a task: what the DAGs and the command line call. The only room that knows every other.

Each step reads the settings itself, returns counts and paths, and may be run twice.

A step's own module is imported when the step is first asked for: a worker that scores does not load what draws pages.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.steps.alerts import alerts_for_others, send_alerts
    from pipeline.steps.ingest import fetch_batch, judge_coverage, load_reviews, plan_ingest
    from pipeline.steps.privacy import purge_raw, purge_texts
    from pipeline.steps.publish import build_marts, check_marts, publish_files
    from pipeline.steps.report import render_reports
    from pipeline.steps.score import load_scores, score_part, select_texts
    from pipeline.steps.watch import scan_series

_HOMES = {
    "alerts_for_others": "alerts",
    "build_marts": "publish",
    "check_marts": "publish",
    "fetch_batch": "ingest",
    "judge_coverage": "ingest",
    "load_reviews": "ingest",
    "load_scores": "score",
    "plan_ingest": "ingest",
    "publish_files": "publish",
    "purge_raw": "privacy",
    "purge_texts": "privacy",
    "render_reports": "report",
    "scan_series": "watch",
    "score_part": "score",
    "select_texts": "score",
    "send_alerts": "alerts",
}

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


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
