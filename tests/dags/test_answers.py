"""Answers behind Airflow's login, our channels as Airflow's notifier, and the asset that other DAGs wait for."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from pipeline.errors import PipelineError
from pipeline.review import Incident
from pipeline.steps import answers, workplace
from pipeline.warehouse import answers as answer_log
from pipeline.warehouse import incidents, messages

DAY = date(2026, 11, 17)
INCIDENT = Incident(
    incident_id="ab12", dedup_key="reputation|shop|", state="new", kind="worse", severity="P2", entity="shop",
    scope="entity", start_day=DAY, alert_day=DAY, last_day=DAY, observed=9, expected=2.0, expected_low=0,
    expected_high=5, n_reviews=30, share=0.3, share_baseline=0.1, score=6.0, owed="P2",
)  # fmt: skip


@pytest.fixture
def home(tmp_path: Path, airflow_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LEUMUND_CONFIG", str(tmp_path / "leumund.toml"))
    monkeypatch.delenv("LEUMUND_HOME", raising=False)
    (tmp_path / "leumund.toml").write_text('home = "."\n[notify]\nlink_base = "https://x.example"\n', encoding="utf-8")
    with workplace.warehouse(workplace.current()) as con:
        incidents.store_incidents(con, [INCIDENT])
    return tmp_path


@pytest.fixture
def page(home: Path) -> Iterator[Any]:
    from airflow.api_fastapi.core_api.security import get_user
    from fastapi.testclient import TestClient

    from pipeline.airflow_plugin import build_app

    class Jo:
        def get_name(self) -> str:
            return "jo"

    app = build_app()
    app.dependency_overrides[get_user] = Jo  # whoever is logged in
    with TestClient(app) as client:
        yield client


def path_of(answer: str) -> str:
    link = answers.links(workplace.current(), "ab12", workplace.now())[answer]
    return link.removeprefix("https://x.example/reputation")


def state() -> str:
    return answers.incidents(only_open=False)[0].state


def test_opening_a_link_only_asks_and_the_button_answers(page: Any) -> None:
    path = path_of("acknowledged")
    asked = page.get(path)
    assert asked.status_code == 200
    assert f'action="/reputation{path}"' in asked.text
    assert state() == "new"
    assert "acknowledged" in page.post(path).text
    assert page.post(path).status_code == 200
    assert state() == "acknowledged"
    with workplace.warehouse(workplace.current()) as con:
        assert [(one.answered_by, one.answered_via) for one in answer_log.answers_given(con)] == [("jo", "link")] * 2


def test_a_forged_link_is_refused_in_words(page: Any) -> None:
    for method in (page.get, page.post):
        refused = method("/answer/abc.def")
        assert refused.status_code == 403
        assert "no link of ours" in refused.json()["detail"]
    assert state() == "new"


def test_an_incident_that_is_over_cannot_be_acknowledged(page: Any) -> None:
    path = path_of("acknowledged")
    answers.answer_incident("ab12", "false_alarm", by="kim")
    with workplace.warehouse(workplace.current()) as con:
        (known,) = incidents.load_incidents(con)
        from dataclasses import replace

        incidents.store_incidents(con, [replace(known, state="resolved")])
    assert page.post(path).status_code == 409


def test_answers_are_closed_to_whoever_is_not_logged_in(home: Path) -> None:
    from pipeline.airflow_plugin import build_app

    for route in build_app().routes:
        if getattr(route, "path", "").startswith("/answer"):
            assert any(dependency.name == "user" for dependency in route.dependant.dependencies), route.path


def test_the_notifier_sends_its_templates_to_our_channels(
    home: Path, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline.airflow_notifier import LeumundNotifier

    notifier = LeumundNotifier(title="{{ ti }} failed", body="Run {{ run }}")
    with pytest.raises(PipelineError, match="no channels"):
        LeumundNotifier(title="x")({"ti": "load"})
    httpserver.expect_request("/hook", method="POST").respond_with_data("")
    urls = [f"json://127.0.0.1:{httpserver.port}/hook"]
    monkeypatch.setenv("LEUMUND_NOTIFY__URLS", json.dumps(urls))
    notifier({"ti": "load", "run": "7"})
    asyncio.run(LeumundNotifier(title="late").async_notify({}))
    said = [(body["title"], body["message"]) for body in (json.loads(r.get_data()) for r, _ in httpserver.log)]
    assert said == [("load failed", "Run 7"), ("late", "late")]
    httpserver.clear()
    httpserver.expect_request("/hook").respond_with_data("", status=500)
    with pytest.raises(PipelineError, match="not taken"):
        LeumundNotifier(title="x")({})


def test_the_asset_tells_other_dags_once_and_a_quiet_hour_is_green(home: Path, dagbag: Any) -> None:
    from airflow.models.asset import AssetEvent, AssetModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    def events() -> list[dict[str, Any]]:
        with create_session() as session:
            query = select(AssetEvent).join(AssetModel, AssetModel.id == AssetEvent.asset_id)
            return [event.extra for event in session.scalars(query.where(AssetModel.name == "alerts"))]

    with workplace.warehouse(workplace.current()) as con:
        messages.record_alert_sent(con, "ab12", "P2", "mail", workplace.now())
    for _ in range(2):
        run = dagbag.dags["tell_alerts"].test(logical_date=None)
        assert run.state.value == "success"
    assert [event["alerts"] for event in events()] == [[{"incident_id": "ab12", "severity": "P2", "kind": "worse"}]]
