"""The one polite client: permission first, robots.txt obeyed, one host at its pace, everything bounded."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from urllib.parse import urlencode, urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from pipeline.errors import SourceBlocked, SourceUnreachable
from pipeline.review import RawPage
from pipeline.sources import address, refused, robots
from pipeline.sources.exchange import Answer, Backoff, Request, read_body, refuse_bad
from pipeline.sources.pace import Pace
from pipeline.sources.source import Subscription

AGENT = "Leumund"
DEFAULT_INTERVAL_S = 5.0
MAX_REDIRECTS = 5
ROBOTS_HOURS = 24
_TRY_AGAIN = (429, 500, 502, 503, 504)
_REDIRECTS = (301, 302, 303, 307, 308)
_BODY_TRIES = 3


class Client:
    """Fetches pages for subscriptions; what it must remember (robots, validators, pace) lies in `state_dir`.

    Args:
        state_dir: A folder that all workers share.
        contact: An address for the sites' operators, sent in the User-Agent.
        interval_s: Seconds between two requests to a host; a subscription's option `interval_s` or a longer
            Crawl-delay wins.
        patience_s: The longest Retry-After that is waited for.
    """

    def __init__(
        self,
        state_dir: Path,
        contact: str = "",
        interval_s: float = DEFAULT_INTERVAL_S,
        patience_s: float = 120.0,
        retries: int = 3,
        backoff_s: float = 1.0,
    ) -> None:
        self.state_dir = state_dir
        self.interval_s = interval_s
        self.user_agent = f"{AGENT}/{_version()}" + (f" (+{contact})" if contact else "")
        self._pace = Pace(state_dir / "pace")
        self._rules: dict[str, robots.Rules] = {}
        self._validators: dict[str, dict[str, str]] = {}
        self._session = requests.Session()
        self._session.trust_env = False  # a proxy or .netrc of the machine is none of the sites' business
        retry = Backoff(
            total=retries,
            allowed_methods=("GET", "POST"),
            status_forcelist=_TRY_AGAIN,
            backoff_factor=backoff_s,
            backoff_max=30,
            redirect=0,
            respect_retry_after_header=True,
            retry_after_max=int(patience_s),
            raise_on_status=False,
            raise_on_redirect=False,
        )
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(max_retries=retry))

    def get(
        self,
        url: str,
        subscription: Subscription,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        secret_params: Mapping[str, str] | None = None,
    ) -> RawPage | None:
        """A page, or None where the site says that it has not changed since it was confirmed.

        `secret_params` (an API key) are sent and never kept: neither the page's url nor an error holds them.

        Raises:
            SourceBlocked: no permission record, robots.txt, a forbidden address, or the site refuses (401, 403).
            SourceUnreachable: no whole answer after the retries.
        """
        url = _with_query(url, params)
        _require_permission(subscription)
        known = self._read_validators(subscription, url)
        request = Request(dict(headers or {}) | _conditional(known), dict(secret_params or {}))
        answer, final = self._follow(url, subscription, request)
        if answer.status == 304:
            return None
        refuse_bad(answer, url, has_credentials=request.is_secret)
        self._validators[final] = {
            "state": str(self._validator_path(subscription, url)),
            "etag": answer.headers.get("ETag", ""),
            "last_modified": answer.headers.get("Last-Modified", ""),
        }
        return _page(answer, final, subscription)

    def post(
        self,
        url: str,
        subscription: Subscription,
        *,
        json: object = None,
        data: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        secret_params: Mapping[str, str] | None = None,
    ) -> RawPage:
        """The answer to a POST of a JSON value or of form fields: a token, or a page of an API that is asked that way.

        What is sent is never kept. The POSTs of our sources ask and change nothing, so they are repeated like a GET.

        Raises:
            SourceBlocked, SourceUnreachable: as `get`.
        """
        url = _with_query(url, params)
        _require_permission(subscription)
        body = urlencode(data).encode() if data is not None else _json_bytes(json)
        kind = "application/x-www-form-urlencoded" if data is not None else "application/json"
        fields = data if data is not None else json if isinstance(json, dict) else {}
        request = Request(
            {"Content-Type": kind} | dict(headers or {}), dict(secret_params or {}), body, frozenset(map(str, fields))
        )
        answer, final = self._follow(url, subscription, request)
        refuse_bad(answer, url, has_credentials=request.is_secret)
        return _page(answer, final, subscription)

    def expect(self, page: RawPage, mark: Path) -> None:
        """Have `confirm` write `mark` for a page that came from no site but from a file."""
        self._validators[page.url] = {"state": str(mark), "etag": page.url, "last_modified": ""}

    def confirm(self, page: RawPage) -> None:
        """Remember that `page` was kept, so that the next fetch may ask for changes only."""
        found = self._validators.pop(page.url, None)
        if found and (found["etag"] or found["last_modified"]):
            path = Path(found.pop("state"))
            path.parent.mkdir(parents=True, exist_ok=True)
            partial = path.with_suffix(f".{time.monotonic_ns()}")
            partial.write_text(json.dumps(found), encoding="utf-8")
            partial.replace(path)

    def _follow(self, url: str, subscription: Subscription, request: Request) -> tuple[Answer, str]:
        origin = urlsplit(url)[:2]
        for _ in range(MAX_REDIRECTS + 1):
            address.check(url, allow_private=subscription.allow_private_hosts)
            _refuse_site(url)
            interval_s = max(
                subscription.number("interval_s", self.interval_s), self._crawl_delay_s(url, subscription, request)
            )
            answer = self._ask(url, request, interval_s)
            if answer.status not in _REDIRECTS or "Location" not in answer.headers:
                return answer, url
            url = urljoin(url, answer.headers["Location"])
            if request.is_secret and urlsplit(url)[:2] != origin:
                raise SourceBlocked(
                    "a redirect to another host would carry the credentials away", where=url,
                    remedy="Set base_url to the address that the site uses now",
                )  # fmt: skip
        raise SourceUnreachable("too many redirects", where=url, remedy="Check the subscription's url")

    def _crawl_delay_s(self, url: str, subscription: Subscription, request: Request) -> float:
        """The pause that robots.txt asks for; it speaks to crawlers, not to a client with the owner's credentials."""
        if request.is_secret:
            return 0.0
        rules = self._rules_of(url, subscription)
        if not rules.allows(url, AGENT):
            raise SourceBlocked(
                rules.reason or "robots.txt forbids it",
                where=url,
                remedy="Ask the site, use its API, or import an export",
            )
        return rules.crawl_delay_s(AGENT)

    def _ask(self, url: str, request: Request, interval_s: float) -> Answer:
        fault: Exception | None = None
        for _ in range(_BODY_TRIES):
            self._pace.wait(address.host_of(url), interval_s)
            try:
                with self._session.request(
                    "GET" if request.body is None else "POST",
                    url,
                    params=request.secret_params,
                    data=request.body,
                    headers={"User-Agent": self.user_agent, "Accept-Encoding": "gzip, deflate", **request.headers},
                    timeout=(10, 30),
                    stream=True,
                    allow_redirects=False,
                ) as response:
                    return Answer(response.status_code, response.headers, read_body(response, url))
            except requests.ConnectionError as error:
                # Connecting was tried again below already; a body that broke off is worth another request.
                raise SourceUnreachable("cannot be reached", where=url, remedy="The next run tries again") from (
                    None if request.is_secret else error  # its message holds the whole address
                )
            except (requests.RequestException, HTTPError, OSError) as error:
                fault = error
        raise SourceUnreachable(
            f"the answer broke off ({type(fault).__name__})", where=url, remedy="The next run tries again"
        ) from (None if request.is_secret else fault)

    def _rules_of(self, url: str, subscription: Subscription) -> robots.Rules:
        parts = urlsplit(url)
        root = f"{parts.scheme}://{parts.netloc.rsplit('@', 1)[-1]}"
        if root not in self._rules:
            self._rules[root] = self._cached_rules(root) or self._fetch_rules(root, subscription)
        return self._rules[root]

    def _rules_path(self, root: str) -> Path:
        return self.state_dir / "robots" / f"{hashlib.sha256(root.encode()).hexdigest()[:32]}.json"

    def _cached_rules(self, root: str) -> robots.Rules | None:
        path = self._rules_path(root)
        try:
            if time.time() - path.stat().st_mtime > ROBOTS_HOURS * 3600:
                return None
            return robots.Rules(json.loads(path.read_text(encoding="utf-8"))["text"])
        except (OSError, ValueError, KeyError):
            return None

    def _fetch_rules(self, root: str, subscription: Subscription) -> robots.Rules:
        url = f"{root}/robots.txt"
        try:
            for _ in range(MAX_REDIRECTS + 1):
                address.check(url, allow_private=subscription.allow_private_hosts)
                answer = self._ask(url, Request({}, {}), subscription.number("interval_s", self.interval_s))
                if answer.status not in _REDIRECTS or "Location" not in answer.headers:
                    break
                url = urljoin(url, answer.headers["Location"])
        except SourceUnreachable as error:
            # No rules, no fetch; but the reason is the network, and the next run may succeed.
            raise SourceUnreachable(f"robots.txt: {error.what}", where=url, remedy=error.remedy) from error
        rules = robots.judge(answer.status, answer.headers.get("Content-Type", ""), answer.body)
        if rules.reason is None:  # a refusal is asked again next time, a permission is good for a day
            path = self._rules_path(root)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps({"root": root, "text": rules.text}), encoding="utf-8")
        return rules

    def _validator_path(self, subscription: Subscription, url: str) -> Path:
        name = hashlib.sha256(f"{subscription.name}\0{url}".encode()).hexdigest()[:32]
        return self.state_dir / "validators" / f"{name}.json"

    def _read_validators(self, subscription: Subscription, url: str) -> dict[str, str]:
        try:
            found: dict[str, str] = json.loads(self._validator_path(subscription, url).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found


def _refuse_site(url: str) -> None:
    refusal = refused.refusal(url)
    if refusal:
        why, instead = refusal
        raise SourceBlocked(why, where=url, remedy=f"Instead, {instead}")


def _json_bytes(value: object) -> bytes:
    return json.dumps(value).encode()


def _with_query(url: str, params: Mapping[str, str] | None) -> str:
    return f"{url}{'&' if urlsplit(url).query else '?'}{urlencode(params)}" if params else url


def _require_permission(subscription: Subscription) -> None:
    if subscription.permission is None:
        raise SourceBlocked(
            "no permission record", where=subscription.name, remedy="Add [subscription.permission] to the settings"
        )


def _page(answer: Answer, url: str, subscription: Subscription) -> RawPage:
    return RawPage(
        source=subscription.source,
        url=url,
        fetched_at=datetime.now(UTC),
        status=answer.status,
        content_type=answer.headers.get("Content-Type", ""),
        body=answer.body,
        entity=subscription.entity,
        location=subscription.location,
    )


def _conditional(known: Mapping[str, str]) -> dict[str, str]:
    headers = {"If-None-Match": known.get("etag", ""), "If-Modified-Since": known.get("last_modified", "")}
    return {name: value for name, value in headers.items() if value}


def _version() -> str:
    try:
        return version("leumund")
    except PackageNotFoundError:
        return "0"
