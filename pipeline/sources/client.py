"""The one polite client: permission first, robots.txt obeyed, one host at its pace, everything bounded."""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from urllib.parse import urlencode, urljoin, urlsplit

from pipeline.errors import SourceBlocked, SourceCut, SourceUnreachable
from pipeline.review import RawPage
from pipeline.sources import address, refused, robots
from pipeline.sources.asking import Asker
from pipeline.sources.exchange import Answer, Request, refuse_bad
from pipeline.sources.source import Subscription

AGENT = "Leumund"
DEFAULT_INTERVAL_S = 5.0
MAX_REDIRECTS = 5
ROBOTS_HOURS = 24
_REDIRECTS = (301, 302, 303, 307, 308)


class Client:
    """Fetches pages for subscriptions; what it must remember (robots, validators, pace) lies in `state_dir`.

    Args:
        state_dir: A folder that all workers share.
        contact: An address for the sites' operators, sent in the User-Agent.
        interval_s: Seconds between two requests to a host; a subscription's option `interval_s` or a longer
            Crawl-delay wins.
        patience_s: The longest Retry-After that is waited for.
        retries: How often a question is asked again after a passing fault.
        backoff_s: Seconds before the second try, doubled with every further one.
        is_conditional: Ask for changes only, where the site can say that there are none.
        max_seconds: How long it asks; after that it is cut short and says so.

    Attributes:
        unchanged: How many pages the site called unchanged and therefore did not send.
    """

    def __init__(
        self,
        state_dir: Path,
        contact: str = "",
        interval_s: float = DEFAULT_INTERVAL_S,
        patience_s: float = 120.0,
        retries: int = 3,
        backoff_s: float = 1.0,
        is_conditional: bool = True,
        max_seconds: float = math.inf,
    ) -> None:
        self.state_dir = state_dir
        self.interval_s = interval_s
        self.user_agent = f"{AGENT}/{_version()}" + (f" (+{contact})" if contact else "")
        self.unchanged = 0
        self._is_conditional = is_conditional
        self._until = time.monotonic() + max_seconds
        self._asker = Asker(state_dir, self.user_agent, patience_s, retries, backoff_s)
        self._rules: dict[str, robots.Rules] = {}
        self._validators: dict[str, dict[str, str]] = {}

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
        known = self._read_validators(subscription, url) if self._is_conditional else {}
        request = Request(dict(headers or {}) | _conditional(known), dict(secret_params or {}))
        answer, final = self._follow(url, subscription, request)
        if answer.status == 304:
            self.unchanged += 1
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

    def is_gone(self, url: str, subscription: Subscription) -> bool:
        """Whether a page itself says that it is gone (404, 410); any other answer says nothing of the kind.

        Raises:
            SourceBlocked, SourceUnreachable: as `get`.
        """
        _require_permission(subscription)
        answer, _ = self._follow(url, subscription, Request({}, {}))
        return answer.status in (404, 410)

    def crawl_delay_s(self, url: str) -> float | None:
        """The pause that the robots.txt of a host asked before wants (0: none); None where it was not asked."""
        rules = self._rules.get(_root(url))
        return None if rules is None else rules.crawl_delay_s(AGENT)

    def pause_s(self, url: str, subscription: Subscription) -> float:
        """Seconds between two requests to that host, as they are kept."""
        wanted = subscription.number("interval_s", self.interval_s)
        return max(wanted, self.crawl_delay_s(url) or 0.0)

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
        if time.monotonic() > self._until:
            raise SourceCut(
                "the time for one reading is over, older reviews were not read", where=url, remedy="Raise max_minutes"
            )
        origin = urlsplit(url)[:2]
        if not (subscription.allow_private_hosts or request.is_safe_at(url)):
            raise SourceBlocked("credentials are sent by https only", where=url, remedy="Use https in base_url")
        for _ in range(MAX_REDIRECTS + 1):
            address.check(url, allow_private=subscription.allow_private_hosts)
            _refuse_site(url)
            if not request.is_secret:  # robots.txt speaks to crawlers, not to a client with the owner's credentials
                self._refuse_by_robots(url, subscription)
            pause_s = self.pause_s(url, subscription)
            answer = self._asker.ask(url, request, pause_s, allow_private=subscription.allow_private_hosts)
            if answer.status not in _REDIRECTS or "Location" not in answer.headers:
                return answer, url
            url = urljoin(url, answer.headers["Location"])
            if request.is_secret and urlsplit(url)[:2] != origin:
                raise SourceBlocked(
                    "a redirect to another host would carry the credentials away", where=url,
                    remedy="Set base_url to the address that the site uses now",
                )  # fmt: skip
        raise SourceUnreachable("too many redirects", where=url, remedy="Check the subscription's url")

    def _refuse_by_robots(self, url: str, subscription: Subscription) -> None:
        rules = self._rules_of(url, subscription)
        if not rules.allows(url, AGENT):
            raise SourceBlocked(
                rules.reason or "robots.txt forbids it",
                where=url,
                remedy="Ask the site, use its API, or import an export",
            )

    def _rules_of(self, url: str, subscription: Subscription) -> robots.Rules:
        root = _root(url)
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
                answer = self._asker.ask(
                    url,
                    Request({}, {}),
                    subscription.number("interval_s", self.interval_s),
                    allow_private=subscription.allow_private_hosts,
                )
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


def _root(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rsplit('@', 1)[-1]}"


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
        fetched_at=_now(),
        status=answer.status,
        content_type=answer.headers.get("Content-Type", ""),
        body=answer.body,
        entity=subscription.entity,
        location=subscription.location,
    )


def _conditional(known: Mapping[str, str]) -> dict[str, str]:
    headers = {"If-None-Match": known.get("etag", ""), "If-Modified-Since": known.get("last_modified", "")}
    return {name: value for name, value in headers.items() if value}


def _now() -> datetime:
    return datetime.now(UTC)


def _version() -> str:
    try:
        return version("leumund")
    except PackageNotFoundError:
        return "0"
