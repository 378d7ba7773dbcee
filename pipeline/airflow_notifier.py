"""Airflow's notifier for Leumund's channels: a callback for any DAG of an operator.

from pipeline.airflow_notifier import LeumundNotifier

@dag(on_failure_callback=LeumundNotifier(title="{{ dag.dag_id }} failed", body="Run {{ run_id }}"))
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from airflow.sdk.bases.notifier import BaseNotifier

from pipeline import notify
from pipeline import settings as settings_room
from pipeline.errors import PipelineError


class LeumundNotifier(BaseNotifier):
    """Sends a title and a body, both templates, to every channel of `[notify]`.

    Such messages are the operator's own: they count in no limit and wait for no quiet hours.
    """

    template_fields: Sequence[str] = ("title", "body")

    def __init__(self, title: str, body: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.title = title
        self.body = body

    def notify(self, context: Any) -> None:  # noqa: ARG002 (the templates have used it)
        """Send, from a callback.

        Raises:
            PipelineError: a channel refused, or the settings name none.
        """
        urls = settings_room.load().notify.urls
        if not urls:
            raise PipelineError("no channels", where="[notify] urls", remedy="Set LEUMUND_NOTIFY__URLS")
        refused = [one for one in notify.send_all(urls, self.title, self.body or self.title) if not one.is_sent]
        if refused:
            said = "; ".join(f"{one.channel}: {one.reason}" for one in refused)
            raise PipelineError(f"messages not taken ({said})", where="notify", remedy="Run `leumund alerts test`")

    async def async_notify(self, context: Any) -> None:
        """Send, from the triggerer (deadline alerts)."""
        await asyncio.to_thread(self.notify, context)
