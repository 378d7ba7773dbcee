"""Sites in trouble, for every source with credentials: a fault that passes costs nothing, one that stays is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from pipeline import sources
from pipeline.errors import BadInput, PipelineError, SourceError
from pipeline.review import RawPage
from pipeline.sources.client import Client
from pipeline.sources.source import Subscription
from tests.sources.conftest import WINDOW
from tests.sources.owner_cases import CASES, Case, grant

Subscribe = Callable[..., Subscription]

PASSING = {
    "429 with Retry-After": Response("slow down", status=429, headers={"Retry-After": "0"}),
    "503": Response("down", status=503),
    "cut short": Response(iter([b'{"rev']), headers={"Content-Length": "700"}),
}
STAYING = {
    "empty": (Response(""), SourceError),
    "redirect loop": (Response("", status=302, headers={"Location": "?again=1"}), SourceError),
    "redirect elsewhere": (Response("", status=302, headers={"Location": "http://127.0.0.1:9/"}), SourceError),
    "consent page": (Response("<html>We value your privacy</html>", content_type="text/html"), BadInput),
    "broken JSON": (Response('{"reviews": [{"id": 1, ', content_type="application/json"), BadInput),
    "wrong charset": (Response('{"reviews": "größer"}'.encode("latin-1"), content_type="application/json"), BadInput),
    "another JSON": (Response('{"weather": "fine"}', content_type="application/json"), BadInput),
}


@pytest.fixture(params=CASES, ids=str)
def case(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Case:
    found: Case = request.param
    for name, value in found.secrets.items():
        monkeypatch.setenv(name, value)
    return found


@pytest.fixture
def client(tmp_path: Path) -> Client:
    """A client that tries again without a pause."""
    return Client(tmp_path / "state", interval_s=0, backoff_s=0, retries=2)


def _subscription(case: Case, subscribe: Subscribe, site: HTTPServer) -> Subscription:
    root = site.url_for("").rstrip("/")
    return subscribe("", case.source, **{"base_url": root, "token_url": f"{root}/token", **case.options})


def _serve(case: Case, site: HTTPServer, fault: Response, *, stays: bool) -> None:
    """Answer rightly but for the second page: there comes the fault, once or always."""
    grant(case, site)
    root = site.url_for("").rstrip("/")
    answered = [0]
    faults = [0]

    def handle(_: Request) -> Response:
        if answered[0] == 1 and (stays or not faults[0]):
            faults[0] += 1
            return fault
        answered[0] += 1
        return Response(json.dumps(case.answer(answered[0] - 1, root)), content_type="application/json")

    site.expect_request(case.path).respond_with_handler(handle)


@pytest.mark.parametrize("kind", PASSING)
def test_a_fault_that_passes_loses_nothing(
    kind: str, case: Case, client: Client, open_site: HTTPServer, subscribe: Subscribe
) -> None:
    _serve(case, open_site, PASSING[kind], stays=False)
    source = sources.get(case.source)
    pages = list(source.fetch(_subscription(case, subscribe, open_site), WINDOW, client))
    assert sum(len(source.parse(page)) for page in pages) == 3


@pytest.mark.parametrize("kind", STAYING)
def test_a_fault_that_stays_is_told_and_the_page_before_it_is_kept(
    kind: str, case: Case, client: Client, open_site: HTTPServer, subscribe: Subscribe
) -> None:
    fault, error_kind = STAYING[kind]
    _serve(case, open_site, fault, stays=True)
    source = sources.get(case.source)
    kept: list[RawPage] = []

    def run() -> None:
        for page in source.fetch(_subscription(case, subscribe, open_site), WINDOW, client):
            source.parse(page)  # as the step does, which sets the page aside
            kept.append(page)

    with pytest.raises(error_kind) as error:
        run()
    assert len(kept) == 1
    assert isinstance(error.value, PipelineError)
    assert error.value.remedy
    assert "\n" not in str(error.value)
