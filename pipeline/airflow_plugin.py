"""The "Reputation" tab in Airflow's web page: the latest weekly pages and answers to alerts, behind Airflow's login.

Plugin routes are open unless they ask for the user themselves (Airflow 3 does not), so every route here depends on
the same check that Airflow's API uses.
"""

from __future__ import annotations

from html import escape
from typing import Any
from urllib.parse import quote

from airflow.api_fastapi.core_api.security import GetUserDep
from airflow.plugins_manager import AirflowPlugin
from fastapi import FastAPI, HTTPException
from fastapi.responses import HTMLResponse

from pipeline import settings as settings_room
from pipeline.errors import UsageError
from pipeline.reputation.signed_answer import SignedAnswer
from pipeline.reputation.wording import ENVELOPE
from pipeline.steps import answers

PREFIX = "/reputation"


def build_app() -> FastAPI:
    """The small web application behind the tab."""
    app = FastAPI(title="Leumund", docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/", response_class=HTMLResponse)
    def overview(user: GetUserDep) -> str:  # noqa: ARG001 (asking for the user is the login check)
        folder = settings_room.load().reports_dir
        pages = sorted((path.relative_to(folder).as_posix() for path in folder.glob("*/*/*.html")), reverse=True)
        links = "".join(f'<li><a href="{PREFIX}/pages/{quote(page)}">{escape(page)}</a></li>' for page in pages)
        return f"<!doctype html><title>Reputation</title><h1>Weekly pages</h1><ul>{links or 'None yet.'}</ul>"

    @app.get("/pages/{entity}/{week}/{name}", response_class=HTMLResponse)
    def page(entity: str, week: str, name: str, user: GetUserDep) -> str:  # noqa: ARG001
        folder = settings_room.load().reports_dir.resolve()
        path = (folder / entity / week / name).resolve()
        if not path.is_relative_to(folder) or path.suffix != ".html" or not path.is_file():
            raise HTTPException(404, "no such page")
        text: str = path.read_text(encoding="utf-8")
        return text

    # Mail scanners and chat previews open every link they see, so opening one only asks; the button answers.
    @app.get("/answer/{token}", response_class=HTMLResponse)
    def ask(token: str, user: GetUserDep) -> str:  # noqa: ARG001
        said = _read(token)
        word = escape(ENVELOPE[settings_room.load().alerts.language][said.answer])
        form = f'<form method="post" action="{PREFIX}/answer/{quote(token)}"><button>{word}</button></form>'
        return f"<!doctype html><title>{word}</title><h1>{escape(said.incident_id)}</h1>{form}"

    @app.post("/answer/{token}", response_class=HTMLResponse)
    def answer(token: str, user: GetUserDep) -> str:
        _read(token)
        try:
            incident = answers.answer_by_link(token, by=user.get_name())
        except UsageError as error:
            raise HTTPException(409, str(error)) from error
        until = f" ({incident.snoozed_until:%Y-%m-%d})" if incident.snoozed_until else ""
        return f"<!doctype html><title>Leumund</title><p>{escape(incident.incident_id)}: {incident.state}{until}</p>"

    return app


def _read(token: str) -> SignedAnswer:
    """What a link says; a page that says what is wrong with it where it is none of ours."""
    try:
        return answers.read_link(token)
    except UsageError as error:
        raise HTTPException(403, str(error)) from error


class ReputationPlugin(AirflowPlugin):
    """Registers the tab and its routes."""

    name = "leumund"
    fastapi_apps: list[Any] = [{"app": build_app(), "url_prefix": PREFIX, "name": "Leumund"}]
    external_views: list[Any] = [
        {"name": "Reputation", "href": f"{PREFIX}/", "destination": "nav", "url_route": "reputation"}
    ]
