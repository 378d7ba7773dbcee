"""Tokens: asked for once, renewed in time, signed as the sites want them, and refusals told as such."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import timedelta

import jwt
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from pipeline import sources
from pipeline.errors import SourceBlocked, SourceError, UsageError
from pipeline.sources import access_token
from pipeline.sources.access_token import AccessToken, basic, signed
from pipeline.sources.client import Client
from pipeline.sources.source import Subscription
from tests.sources.conftest import WINDOW, page_of
from tests.sources.owner_cases import CASES, HUSH, TOKEN, Case, private_key, public_key, serve

Subscribe = Callable[..., Subscription]
WITH_TOKEN = [case for case in CASES if case.token_path]


def test_a_token_is_asked_for_once_and_again_before_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr(access_token.time, "monotonic", lambda: clock[0])
    asked: list[float] = []

    def ask():  # type: ignore[no-untyped-def]
        asked.append(clock[0])
        return page_of("reddit", b'{"access_token": "t%d", "expires_in": 100}' % len(asked))

    token = AccessToken(ask)
    assert token.header() == token.header() == {"Authorization": "Bearer t1"}
    clock[0] += 79
    assert token.header() == {"Authorization": "Bearer t1"}
    clock[0] += 1
    assert token.header() == {"Authorization": "Bearer t2"}
    assert asked == [1000.0, 1080.0]
    assert "t2" not in repr(token)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"<html>Log in</html>", "a page instead of an access token"),
        (b'{"error": "invalid_grant"}', "no access token"),
        (b"[]", "no access token"),
        (b'{"access_token": ""}', "no access token"),
    ],
)
def test_an_answer_without_a_token_is_a_refusal(body: bytes, says: str) -> None:
    with pytest.raises(SourceError, match=says):
        AccessToken(lambda: page_of("reddit", body)).header()


@pytest.mark.parametrize("case", WITH_TOKEN, ids=str)
@pytest.mark.parametrize("status", [400, 401])
def test_refused_credentials_are_told_and_nothing_else_is_asked(
    status: int,
    case: Case,
    client: Client,
    open_site: HTTPServer,
    subscribe: Subscribe,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in case.secrets.items():
        monkeypatch.setenv(name, value)
    body = {"error": "invalid_grant", "error_description": f"Token {HUSH} was revoked"}
    open_site.expect_request(case.token_path, method="POST").respond_with_json(body, status=status)
    root = open_site.url_for("").rstrip("/")
    subscription = subscribe("", case.source, **{"base_url": root, "token_url": f"{root}/token", **case.options})
    with pytest.raises(SourceBlocked, match="refused") as error:
        list(sources.get(case.source).fetch(subscription, WINDOW, client))
    assert HUSH not in str(error.value)
    assert [request.path for request, _ in open_site.log] == [case.token_path]


def _form_of(
    name: str, client: Client, site: HTTPServer, subscribe: Subscribe, monkeypatch: pytest.MonkeyPatch
) -> Request:
    """The request with which a source asks for its token; the source then fetches what it can."""
    case = next(each for each in CASES if each.name == name)
    for variable, value in case.secrets.items():
        monkeypatch.setenv(variable, value)
    serve(case, site)
    root = site.url_for("").rstrip("/")
    subscription = subscribe("", case.source, **{"base_url": root, "token_url": f"{root}/token", **case.options})
    list(sources.get(case.source).fetch(subscription, WINDOW, client))
    (found,) = [request for request, _ in site.log if request.method == "POST"]  # once a run
    return found


def test_google_business_trades_its_refresh_token(
    client: Client, open_site: HTTPServer, subscribe: Subscribe, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = _form_of("google_business", client, open_site, subscribe, monkeypatch)
    assert asked.form.to_dict() == {
        "client_id": f"CLIENT_ID-{HUSH}",
        "client_secret": f"CLIENT_SECRET-{HUSH}",
        "refresh_token": f"REFRESH_TOKEN-{HUSH}",
        "grant_type": "refresh_token",
    }


def test_trusted_shops_names_its_audience(
    client: Client, open_site: HTTPServer, subscribe: Subscribe, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = _form_of("trusted_shops", client, open_site, subscribe, monkeypatch)
    assert asked.form["grant_type"] == "client_credentials"
    assert asked.form["audience"] == "https://api.etrusted.com"


@pytest.mark.parametrize(
    ("name", "user"), [("reddit search", f"CLIENT_ID-{HUSH}"), ("trustpilot private", f"key-{HUSH}")]
)
def test_client_credentials_go_by_basic_authorization(
    name: str,
    user: str,
    client: Client,
    open_site: HTTPServer,
    subscribe: Subscribe,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = _form_of(name, client, open_site, subscribe, monkeypatch)
    assert asked.form.to_dict() == {"grant_type": "client_credentials"}
    assert asked.authorization is not None
    assert asked.authorization.username == user


def test_bluesky_opens_a_session(
    client: Client, open_site: HTTPServer, subscribe: Subscribe, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = _form_of("bluesky", client, open_site, subscribe, monkeypatch)
    assert asked.get_json() == {"identifier": "nordlicht.example", "password": f"app-{HUSH}"}


def test_google_play_signs_for_its_token(
    client: Client, open_site: HTTPServer, subscribe: Subscribe, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = _form_of("google_play_developer", client, open_site, subscribe, monkeypatch)
    assert asked.form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    audience = "https://oauth2.googleapis.com/token"
    claims = jwt.decode(asked.form["assertion"], public_key("RS256"), algorithms=["RS256"], audience=audience)
    assert (claims["iss"], claims["scope"]) == (
        "robot@project.example",
        "https://www.googleapis.com/auth/androidpublisher",
    )
    assert claims["exp"] - claims["iat"] <= 3600
    assert jwt.get_unverified_header(asked.form["assertion"])["kid"] == "k1"


def test_app_store_connect_signs_every_request_for_twenty_minutes_at_most(
    client: Client, open_site: HTTPServer, subscribe: Subscribe, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = next(each for each in CASES if each.name == "app_store_connect")
    for variable, value in case.secrets.items():
        monkeypatch.setenv(variable, value)
    serve(case, open_site)
    subscription = subscribe("", case.source, base_url=open_site.url_for("").rstrip("/"), **case.options)
    list(sources.get(case.source).fetch(subscription, WINDOW, client))
    sent = [request.headers["Authorization"].removeprefix("Bearer ") for request, _ in open_site.log]
    assert len(sent) == len(set(sent)) == case.pages
    claims = jwt.decode(sent[0], public_key("ES256"), algorithms=["ES256"], audience="appstoreconnect-v1")
    assert claims["iss"] == f"issuer-{HUSH}"
    assert 0 < claims["exp"] - claims["iat"] <= 20 * 60
    assert jwt.get_unverified_header(sent[0]) == {"alg": "ES256", "kid": "KEY1", "typ": "JWT"}


@pytest.mark.parametrize("key", ["", "x", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", "RS256"])
def test_a_key_that_is_none_is_told_without_being_shown(key: str) -> None:
    pem = private_key(key) if key == "RS256" else key
    with pytest.raises(UsageError, match="ES256") as error:
        signed({"iss": "x"}, pem, algorithm="ES256", life=timedelta(minutes=1))
    assert error.value.__cause__ is None
    assert "AAAA" not in str(error.value)


@pytest.mark.parametrize("text", ["", "x", "[]", "{}", '{"client_email": "a"}', '{"private_key": 1}'])
def test_a_key_file_that_is_none_is_told_without_being_shown(
    text: str, client: Client, subscribe: Subscribe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEUMUND_GOOGLE_PLAY_DEVELOPER_SERVICE_ACCOUNT", text)
    with pytest.raises(UsageError, match=r"service_account|SERVICE_ACCOUNT"):
        list(
            sources.get("google_play_developer").fetch(
                subscribe(source="google_play_developer", package="p"), WINDOW, client
            )
        )


def test_basic_authorization_takes_any_letters() -> None:
    encoded = basic("ä", "ß:x")["Authorization"].removeprefix("Basic ")
    assert base64.b64decode(encoded).decode() == "ä:ß:x"


def test_a_token_is_sent_and_a_page_never_holds_it(client: Client, open_site: HTTPServer, subscribe: Subscribe) -> None:
    def echo(request: Request) -> Response:
        assert request.headers["Authorization"] == f"Bearer {TOKEN}"
        return Response("{}", content_type="application/json")

    open_site.expect_request("/x").respond_with_handler(echo)
    token = AccessToken(lambda: page_of("reddit", b'{"access_token": "%s"}' % TOKEN.encode()))
    page = client.get(open_site.url_for("/x"), subscribe(), headers=token.header())
    assert page is not None
    assert TOKEN not in repr(page)
