"""Credentials: where they come from, that they are sent, and that nothing keeps, logs or redirects them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer

from pipeline.errors import SourceBlocked, SourceUnreachable, UsageError
from pipeline.sources.border import without
from pipeline.sources.client import Client
from pipeline.sources.secrets import secret
from pipeline.sources.source import Subscription
from tests.sources.conftest import page_of

Subscribe = Callable[..., Subscription]


def test_a_secret_comes_from_the_environment_by_three_ways(
    subscribe: Subscribe, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscription = subscribe(source="trustpilot")
    with pytest.raises(UsageError, match="LEUMUND_TRUSTPILOT_API_KEY"):
        secret(subscription, "api_key")
    monkeypatch.setenv("AIRFLOW_CONN_LEUMUND_TRUSTPILOT", "https://ines:p%40ss@api.example/?api_key=of-uri")
    assert secret(subscription, "api_key") == "of-uri"
    assert secret(subscription, "password") == "p@ss"
    as_json = json.dumps({"conn_type": "http", "password": "w", "extra": json.dumps({"api_key": "of-json"})})
    monkeypatch.setenv("AIRFLOW_CONN_LEUMUND_TRUSTPILOT", as_json)
    assert (secret(subscription, "api_key"), secret(subscription, "password")) == ("of-json", "w")
    monkeypatch.setenv("LEUMUND_TRUSTPILOT_API_KEY", " plain\n")
    assert secret(subscription, "api_key") == "plain"
    monkeypatch.setenv("SECOND_SHOP", "own")
    assert secret(subscribe(source="trustpilot", api_key_env="SECOND_SHOP"), "api_key") == "own"


@pytest.mark.parametrize("written", ["", "{", "[]", "{}", "http://", '{"extra": 5}', '{"extra": "x"}'])
def test_a_broken_connection_is_no_secret(subscribe: Subscribe, monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_LEUMUND_YOTPO", written)
    with pytest.raises(UsageError, match="LEUMUND_YOTPO_TOKEN"):
        secret(subscribe(source="yotpo"), "token")


def test_a_secret_parameter_is_sent_and_not_kept(client: Client, open_site: HTTPServer, subscribe: Subscribe) -> None:
    open_site.expect_request("/reviews", query_string="page=2&key=hush").respond_with_json({"reviews": []})
    url = open_site.url_for("/reviews")
    page = client.get(url, subscribe(), params={"page": "2"}, secret_params={"key": "hush"})
    assert page is not None
    assert page.url == f"{url}?page=2"


def test_what_goes_wrong_does_not_tell_the_secret(client: Client, open_site: HTTPServer, subscribe: Subscribe) -> None:
    open_site.expect_request("/reviews").respond_with_data("no", status=500)
    with pytest.raises(SourceUnreachable) as error:
        client.get(open_site.url_for("/reviews"), subscribe(), secret_params={"key": "hush"})
    assert "hush" not in str(error.value)
    nobody = replace(subscribe(), url="http://127.0.0.1:9/")
    with pytest.raises(SourceUnreachable) as error:
        client.get("http://127.0.0.1:9/x", nobody, secret_params={"key": "hush"})
    cause: BaseException | None = error.value
    while cause is not None:
        assert "hush" not in str(cause)
        cause = cause.__cause__


def test_refused_credentials_are_called_so(client: Client, open_site: HTTPServer, subscribe: Subscribe) -> None:
    open_site.expect_request("/reviews").respond_with_data("no", status=401)
    with pytest.raises(SourceBlocked, match="credentials are refused"):
        client.get(open_site.url_for("/reviews"), subscribe(), headers={"Authorization": "Bearer x"})


def test_credentials_do_not_follow_a_redirect_to_another_host(
    client: Client, open_site: HTTPServer, subscribe: Subscribe
) -> None:
    elsewhere = "http://localhost:9/reviews"
    open_site.expect_request("/reviews").respond_with_data("", status=302, headers={"Location": elsewhere})
    with pytest.raises(SourceBlocked, match="credentials"):
        client.get(open_site.url_for("/reviews"), subscribe(), headers={"apikey": "hush"})


def test_credentials_go_in_the_clear_to_no_public_host(
    client: Client, open_site: HTTPServer, subscribe: Subscribe
) -> None:
    public = replace(subscribe(), allow_private_hosts=False)
    for sent in ({"headers": {"apikey": "hush"}}, {"secret_params": {"key": "hush"}}):
        with pytest.raises(SourceBlocked, match="https only"):
            client.get("http://api.example/reviews", public, **sent)
    with pytest.raises(SourceBlocked, match="https only"):
        client.post("http://api.example/token", public, data={"client_secret": "hush"})
    assert not open_site.log


def test_robots_txt_speaks_to_crawlers_not_to_the_owner(
    client: Client, httpserver: HTTPServer, subscribe: Subscribe
) -> None:
    httpserver.expect_request("/robots.txt").respond_with_data("User-agent: *\nDisallow: /", content_type="text/plain")
    httpserver.expect_request("/reviews").respond_with_json({"reviews": []})
    url = httpserver.url_for("/reviews")
    assert client.get(url, subscribe(), secret_params={"key": "hush"}) is not None
    with pytest.raises(SourceBlocked, match=r"robots\.txt"):
        client.get(url, subscribe())


def test_a_post_sends_json_or_a_form(client: Client, open_site: HTTPServer, subscribe: Subscribe) -> None:
    open_site.expect_request("/search", method="POST", json={"q": "x"}).respond_with_json({"hits": []})
    assert client.post(open_site.url_for("/search"), subscribe(), json={"q": "x"}).body
    open_site.expect_request("/token", method="POST", data="grant_type=client_credentials").respond_with_json({"t": 1})
    form = {"grant_type": "client_credentials"}
    assert client.post(open_site.url_for("/token"), subscribe(), data=form).url == open_site.url_for("/token")
    with pytest.raises(SourceBlocked, match="no permission"):
        client.post(open_site.url_for("/token"), replace(subscribe(), permission=None), data=form)


def test_what_nobody_may_keep_stays_outside() -> None:
    body = {"reviews": [{"id": 1, "Email": "a@b.example", "order": {"order_id": 7, "sum": 3}}], "phone": "1"}
    page = without(page_of("steam", json.dumps(body).encode()), {"email", "phone", "order_id"})
    assert json.loads(page.body) == {"reviews": [{"id": 1, "order": {"sum": 3}}]}
    html = page_of("steam", b"<html>")
    assert without(html, {"email"}) is html


_JSON = st.recursive(
    st.none() | st.booleans() | st.text("xyz", max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["email", "id", "Email"]), inner),
)


@given(_JSON)
def test_no_depth_hides_a_dropped_key(value: object) -> None:
    kept = without(page_of("steam", json.dumps(value).encode()), {"email"})
    assert b"email" not in kept.body.lower()
