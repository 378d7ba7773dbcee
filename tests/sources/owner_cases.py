"""What the APIs with credentials answer on loopback, page by page, and what they must be asked for."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

NEW, OLD = "2026-03-08T10:00:00Z", "2026-02-01T10:00:00Z"
TOKEN = "granted-4f1d"
HUSH = "hush-93ab"  # part of every secret
CONTACT = {"email": "leak@mail.example", "phone": "+49 431 5551", "ip_address": "192.0.2.77", "order_id": "NL-4711"}


@cache
def private_key(kind: str) -> str:
    """A PEM key made for this run: "ES256" or "RS256"."""
    key = ec.generate_private_key(ec.SECP256R1()) if kind == "ES256" else rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return pem.decode("ascii")


def public_key(kind: str) -> str:
    """The PEM of the key's public half."""
    key = serialization.load_pem_private_key(private_key(kind).encode("ascii"), None).public_key()
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode("ascii")


def service_account() -> str:
    """A key file as Google gives it."""
    return json.dumps(
        {"client_email": "robot@project.example", "private_key": private_key("RS256"), "private_key_id": "k1"}
    )


@dataclass(frozen=True)
class Case:
    """A source, how it is subscribed to, and its answer to the n-th request (0 is the first) on a site of that root.

    `pages` is how many a run reads; `repeat` names the answer that a site gives which never moves on.
    """

    name: str
    source: str
    path: str
    answer: Callable[[int, str], Any]
    options: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    asked: Callable[[Request, int], bool] = lambda _request, _number: True
    pages: int = 3
    token_path: str = ""
    token_field: str = "access_token"
    has_contact: bool = True
    has_cursor: bool = True
    """Whether the site names the next page; elsewhere pages are counted and an empty one is the end."""

    def __str__(self) -> str:
        return self.name


def _dated(number: int) -> str:
    return OLD if number >= 2 else NEW


def _bearer(request: Request) -> bool:
    return request.headers["Authorization"] == f"Bearer {TOKEN}"


def _google(number: int, _root: str) -> Any:
    moment = _dated(number)
    row = {"reviewId": f"g{number}", "starRating": "THREE", "createTime": OLD, "updateTime": moment, **CONTACT}
    return {"reviews": [row], "nextPageToken": f"t{number}", "totalReviewCount": 9}


def _apple(number: int, root: str) -> Any:
    own = {"rating": 3, "title": "x", "createdDate": _dated(number), "territory": "DEU", **CONTACT}
    link = f"{root}/v1/apps/12/customerReviews?cursor=c{number}"
    return {"data": [{"type": "customerReviews", "id": f"a{number}", "attributes": own}], "links": {"next": link}}


def _play(number: int, _root: str) -> Any:
    comment = {"text": "x", "starRating": 3, "lastModified": {"seconds": "1772964000"}, **CONTACT}
    paging = {"tokenPagination": {"nextPageToken": f"n{number}"}} if number < 2 else {}
    return {"reviews": [{"reviewId": f"p{number}", "comments": [{"userComment": comment}]}], **paging}


def _trustpilot(number: int, _root: str) -> Any:
    row = {"id": f"t{number}", "stars": 3, "text": "x", "createdAt": _dated(number), "referenceId": "NL-4711",
           "referralEmail": CONTACT["email"], "consumer": {"displayName": "a", **CONTACT}}  # fmt: skip
    return {"reviews": [row], "links": [{"rel": "next-page", "href": "https://elsewhere.example/"}]}


def _trustpilot_by_token(number: int, root: str) -> Any:
    paging = {"nextPageToken": f"n{number}"} if number < 2 else {}
    return {"reviews": _trustpilot(number, root)["reviews"], **paging}


def _shops(number: int, root: str) -> Any:
    row = {"id": f"rev-{number}", "rating": 3, "comment": "x", "submittedAt": NEW,
           "customer": {"firstName": "Gesa", "lastName": "Martensen", **CONTACT},
           "transaction": {"reference": "NL-4711"}}  # fmt: skip
    links = {"next": f"{root}/reviews?after=rev-{number}"} if number < 2 else {"self": f"{root}/reviews"}
    return {"items": [row], "paging": {"links": links}}


def _judge(number: int, _root: str) -> Any:
    row = {"id": number, "rating": 3, "body": "x", "created_at": _dated(number), "reviewer": {"name": "a", **CONTACT}}
    return {"reviews": [row | {"ip_address": CONTACT["ip_address"]}], "current_page": number + 1}


def _feefo(number: int, _root: str) -> Any:
    service = {"id": f"s{number}", "review": "x", "rating": {"min": 1, "max": 5, "rating": 3}, "created_at": OLD}
    row = {"service": service, "customer": {"display_name": "a", **CONTACT}, "last_updated_date": _dated(number)}
    return {"reviews": [row], "summary": {"meta": {"count": 9, "pages": 9}}}


def _zendesk_ratings(number: int, root: str) -> Any:
    row = {
        "id": number,
        "score": "bad",
        "comment": "x",
        "ticket_id": 1,
        "requester_id": 2,
        "created_at": NEW,
        **CONTACT,
    }
    link = f"{root}/api/v2/satisfaction_ratings?page[after]=z{number}"
    return {"satisfaction_ratings": [row], "meta": {"has_more": number < 2}, "links": {"next": link}}


def _zendesk_tickets(number: int, root: str) -> Any:
    sender = {"from": {"address": CONTACT["email"], "phone": CONTACT["phone"]}}
    row = {"id": number, "subject": "x", "description": "y", "requester_id": 2, "created_at": NEW,
           "via": {"channel": "email", "source": sender}, "custom_fields": [{"id": 1, "value": "NL-4711"}]}  # fmt: skip
    link = f"{root}/api/v2/incremental/tickets/cursor.json?cursor=z{number}"
    return {"tickets": [row], "after_url": link, "end_of_stream": number == 2}


def _freshdesk_rows(number: int, row: dict[str, Any]) -> list[dict[str, Any]]:
    """Two on the first page, one on the second, none on the third: the end."""
    return [row | {"id": number * 10 + at} for at in range(2 - min(number, 2))]


def _freshdesk_ratings(number: int, _root: str) -> Any:
    row = {"ratings": {"default_question": 100}, "feedback": "x", "ticket_id": 1, "created_at": NEW}
    return _freshdesk_rows(number, row | CONTACT)


def _freshdesk_tickets(number: int, _root: str) -> Any:
    row = {"subject": "x", "description_text": "y", "created_at": NEW, "cc_emails": [CONTACT["email"]],
           "requester": CONTACT, "custom_fields": {"order": "NL-4711"}}  # fmt: skip
    return _freshdesk_rows(number, row)


def _reddit(number: int, _root: str) -> Any:
    seconds = 1_769_940_000 if number >= 2 else 1_772_964_000
    row = {"name": f"t3_{number}", "title": "x", "selftext": "y", "created_utc": seconds, "edited": False}
    return {"kind": "Listing", "data": {"children": [{"kind": "t3", "data": row}], "after": f"t3_{number}"}}


def _bluesky(number: int, _root: str) -> Any:
    uri = f"at://did:plc:a/app.bsky.feed.post/{number}"
    post = {"uri": uri, "author": {"handle": "a"}, "record": {"text": "x", "createdAt": _dated(number)}}
    return {"posts": [post], "cursor": str(number)}


_OAUTH = {name: f"{name}-{HUSH}" for name in ("CLIENT_ID", "CLIENT_SECRET", "REFRESH_TOKEN")}


def _named(source: str, names: dict[str, str]) -> dict[str, str]:
    return {f"LEUMUND_{source}_{name}": value for name, value in names.items()}


def _key_of_apple() -> dict[str, str]:
    return {"ISSUER_ID": f"issuer-{HUSH}", "KEY_ID": "KEY1", "PRIVATE_KEY": private_key("ES256").replace("\n", "\\n")}


CASES = [
    Case(
        "google_business", "google_business", "/v4/accounts/1/locations/2/reviews", _google,
        {"account": "1", "locations": "2"},
        _named("GOOGLE_BUSINESS", _OAUTH),
        asked=lambda request, n: _bearer(request) and request.args.get("pageToken") == (f"t{n - 1}" if n else None)
        and request.args["orderBy"] == "updateTime desc",
        token_path="/token",
    ),
    Case(
        "app_store_connect", "app_store_connect", "/v1/apps/12/customerReviews", _apple,
        {"app": "12"},
        _named("APP_STORE_CONNECT", _key_of_apple()),
        asked=lambda request, n: request.args.get("cursor") == (f"c{n - 1}" if n else None)
        and (n > 0 or (request.args["sort"], request.args["include"]) == ("-createdDate", "response")),
    ),
    Case(
        "google_play_developer", "google_play_developer", "/androidpublisher/v3/applications/com.nordlicht/reviews",
        _play,
        {"package": "com.nordlicht"},
        {"LEUMUND_GOOGLE_PLAY_DEVELOPER_SERVICE_ACCOUNT": service_account()},
        asked=lambda request, n: _bearer(request) and request.args.get("token") == (f"n{n - 1}" if n else None),
        token_path="/token",
    ),
    Case(
        "trustpilot", "trustpilot", "/v1/business-units/bu1/reviews", _trustpilot,
        {"business_unit": "bu1"},
        _named("TRUSTPILOT", {"API_KEY": f"key-{HUSH}"}),
        asked=lambda request, n: request.headers["apikey"] == f"key-{HUSH}" and request.args["page"] == str(n + 1)
        and (request.args["orderBy"], request.args["includeReportedReviews"]) == ("createdat.desc", "true"),
        has_cursor=False,
    ),
    Case(
        "trustpilot private", "trustpilot", "/v1/private/business-units/bu1/reviews", _trustpilot,
        {"business_unit": "bu1", "access": "private"},
        _named("TRUSTPILOT", {"API_KEY": f"key-{HUSH}", "API_SECRET": f"secret-{HUSH}"}),
        asked=lambda request, n: _bearer(request) and request.args["page"] == str(n + 1),
        token_path="/v1/oauth/oauth-business-users-for-applications/accesstoken", has_cursor=False,
    ),
    Case(
        "trustpilot by token", "trustpilot", "/v1/business-units/bu1/all-reviews", _trustpilot_by_token,
        {"business_unit": "bu1", "paging": "token"},
        _named("TRUSTPILOT", {"API_KEY": f"key-{HUSH}"}),
        asked=lambda request, n: request.args.get("pageToken") == (f"n{n - 1}" if n else None),
    ),
    Case(
        "trusted_shops", "trusted_shops", "/reviews", _shops,
        {"channels": "chl-1, chl-2"},
        _named("TRUSTED_SHOPS", _OAUTH),
        asked=lambda request, n: _bearer(request) and request.args.get("after") == (f"rev-{n - 1}" if n else None)
        and request.args["channels"] == "chl-1,chl-2" and request.args["submittedAfter"] == "2026-03-06T00:00:00Z",
        token_path="/token", has_cursor=False,
    ),
    Case(
        "judge_me", "judge_me", "/api/v1/reviews", _judge,
        {"shop": "nordlicht.example"},
        _named("JUDGE_ME", {"API_TOKEN": f"token-{HUSH}"}),
        asked=lambda request, n: request.args["page"] == str(n + 1) and request.args["api_token"] == f"token-{HUSH}",
        has_cursor=False,
    ),
    Case(
        "feefo", "feefo", "/api/20/reviews/all", _feefo,
        {"merchant": "nordlicht-touren"},
        asked=lambda request, n: request.args["page"] == str(n + 1) and request.args["since_period"] == "ALL",
    ),
    Case(
        "zendesk ratings", "zendesk", "/api/v2/satisfaction_ratings", _zendesk_ratings,
        {"interval_s": "0"},
        _named("ZENDESK", {"EMAIL": "agent@nordlicht.example", "API_TOKEN": f"token-{HUSH}"}),
        asked=lambda request, n: request.args.get("page[after]") == (f"z{n - 1}" if n else None)
        and (n > 0 or request.args["start_time"] == "1772755200")
        and request.authorization is not None and request.authorization.username == "agent@nordlicht.example/token",
    ),
    Case(
        "zendesk tickets", "zendesk", "/api/v2/incremental/tickets/cursor.json", _zendesk_tickets,
        {"collect": "tickets", "auth": "oauth", "interval_s": "0"},
        _named("ZENDESK", {"OAUTH_TOKEN": TOKEN}),
        asked=lambda request, n: _bearer(request) and request.args.get("cursor") == (f"z{n - 1}" if n else None),
    ),
    Case(
        "freshdesk ratings", "freshdesk", "/api/v2/surveys/satisfaction_ratings", _freshdesk_ratings,
        secrets=_named("FRESHDESK", {"API_KEY": f"key-{HUSH}"}),
        asked=lambda request, n: request.args["page"] == str(n + 1)
        and request.args["created_since"] == "2026-03-06T00:00:00Z"
        and request.authorization is not None and request.authorization.username == f"key-{HUSH}",
        has_cursor=False,
    ),
    Case(
        "freshdesk tickets", "freshdesk", "/api/v2/tickets", _freshdesk_tickets,
        {"collect": "tickets"},
        _named("FRESHDESK", {"API_KEY": f"key-{HUSH}"}),
        asked=lambda request, n: request.args["page"] == str(n + 1) and request.args["include"] == "description",
        has_cursor=False,
    ),
    Case(
        "reddit search", "reddit", "/search", _reddit,
        {"query": "nordlicht"},
        _named("REDDIT", _OAUTH),
        asked=lambda request, n: _bearer(request) and request.args.get("after") == (f"t3_{n - 1}" if n else None)
        and request.args["sort"] == "new",
        token_path="/token", has_contact=False,
    ),
    Case(
        "reddit comments", "reddit", "/r/kiel/comments", _reddit,
        {"subreddit": "r/kiel", "collect": "comments"},
        _named("REDDIT", _OAUTH),
        asked=lambda request, n: request.args.get("after") == (f"t3_{n - 1}" if n else None),
        token_path="/token", has_contact=False,
    ),
    Case(
        "bluesky", "bluesky", "/xrpc/app.bsky.feed.searchPosts", _bluesky,
        {"query": "nordlicht"},
        _named("BLUESKY", {"IDENTIFIER": "nordlicht.example", "PASSWORD": f"app-{HUSH}"}),
        asked=lambda request, n: _bearer(request) and request.args.get("cursor") == (str(n - 1) if n else None)
        and request.args["sort"] == "latest",
        token_path="/xrpc/com.atproto.server.createSession", token_field="accessJwt", has_contact=False,
    ),
]  # fmt: skip


def serve(case: Case, site: HTTPServer) -> list[bool]:
    """Grant tokens and answer by the count of requests; what each asked for was right?"""
    right: list[bool] = []
    root = site.url_for("").rstrip("/")

    def handle(request: Request) -> Response:
        number = len(right)
        right.append(case.asked(request, number))
        body = case.answer(number, root)
        return Response(body if isinstance(body, str) else json.dumps(body), content_type="application/json")

    grant(case, site)
    site.expect_request(case.path, method="GET").respond_with_handler(handle)
    return right


def grant(case: Case, site: HTTPServer) -> None:
    """Answer the token exchange, where the source has one."""
    if case.token_path:
        body = {case.token_field: TOKEN, "token_type": "bearer", "expires_in": 3600}
        site.expect_request(case.token_path, method="POST").respond_with_json(body)
