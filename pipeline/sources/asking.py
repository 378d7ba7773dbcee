"""One question to one host until it is answered: at the host's pace, again after a passing fault, then no more.

The only place where anything is tried again. Every try waits for the pace of its host, so that a site in trouble is
not asked faster than one in health, and a Retry-After holds for all workers.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import requests
from urllib3.exceptions import HTTPError, InvalidHeader
from urllib3.util.retry import Retry

from pipeline.errors import SourceUnreachable
from pipeline.sources import address
from pipeline.sources.connecting import CheckedAdapter
from pipeline.sources.exchange import Answer, Request, read_body
from pipeline.sources.pace import Pace

log = logging.getLogger(__name__)

TRY_AGAIN = (429, 500, 502, 503, 504)
LONGEST_PAUSE_S = 30.0
_CONNECT_S, _READ_S = 10.0, 30.0


class Asker:
    """Sends requests for one client.

    Args:
        state_dir: A folder that all workers share.
        user_agent: Who we are, with a contact.
        patience_s: The longest Retry-After that is waited for; a longer one ends the run, and the next runs too until
            it is over.
        retries: How often a question is asked again.
        backoff_s: Seconds before the second try; doubled with every further one.
    """

    def __init__(self, state_dir: Path, user_agent: str, patience_s: float, retries: int, backoff_s: float) -> None:
        self.user_agent = user_agent
        self.patience_s = patience_s
        self.retries = retries
        self.backoff_s = backoff_s
        self._pace = Pace(state_dir / "pace")
        self._sessions: dict[bool, requests.Session] = {}

    def ask(self, url: str, request: Request, interval_s: float, *, allow_private: bool) -> Answer:
        """The last answer: one that needs no other try, or what the site still said after all of them.

        Raises:
            SourceBlocked: the host is a private address.
            SourceUnreachable: no whole answer, or the site has asked us to wait longer than we do.
        """
        host = address.host_of(url)
        fault: SourceUnreachable | None = None
        answer: Answer | None = None
        for number in range(self.retries + 1):
            if number:
                time.sleep(min(LONGEST_PAUSE_S, self.backoff_s * 2 ** (number - 1)))
            self._refuse_long_hold(host, url)
            self._pace.wait(host, interval_s)
            answer = fault = None
            try:
                answer = self._send(url, request, allow_private)
            except (requests.RequestException, HTTPError, OSError) as error:
                fault = _explained(error, url, hide=request.is_secret)
                if isinstance(error, requests.exceptions.SSLError):
                    break
                log.info("%s: try %d broke off (%s)", host, number + 1, type(error).__name__)
                continue
            if answer.status not in TRY_AGAIN:
                return answer
            log.info("%s: try %d answered %d", host, number + 1, answer.status)
            wait_s = _retry_after_s(answer.headers)
            if wait_s:
                self._pace.hold(host, wait_s)
        if answer is not None:
            self._refuse_long_hold(host, url)
            return answer
        raise fault or SourceUnreachable("no answer", where=url, remedy="The next run tries again")

    def _refuse_long_hold(self, host: str, url: str) -> None:
        held_s = self._pace.held_s(host)
        if held_s > self.patience_s:
            until = datetime.now(UTC) + timedelta(seconds=held_s)
            raise SourceUnreachable(
                f"the site asks us to wait until {until:%Y-%m-%d %H:%M} UTC",
                where=url,
                remedy="The first run after that goes on",
            )

    def _send(self, url: str, request: Request, allow_private: bool) -> Answer:
        with self._session(allow_private).request(
            "GET" if request.body is None else "POST",
            url,
            params=request.secret_params,
            data=request.body,
            headers={"User-Agent": self.user_agent, "Accept-Encoding": "gzip, deflate", **request.headers},
            timeout=(_CONNECT_S, _READ_S),
            stream=True,
            allow_redirects=False,
        ) as response:
            return Answer(response.status_code, response.headers, read_body(response, url))

    def _session(self, allow_private: bool) -> requests.Session:
        """The session whose connections may, or may not, go to private addresses."""
        if allow_private not in self._sessions:
            session = requests.Session()
            session.trust_env = False  # a proxy or .netrc of the machine is none of the sites' business
            for scheme in ("http://", "https://"):
                session.mount(scheme, CheckedAdapter(allow_private=allow_private))
            self._sessions[allow_private] = session
        return self._sessions[allow_private]


def _explained(error: Exception, url: str, *, hide: bool) -> SourceUnreachable:
    if isinstance(error, requests.exceptions.SSLError):
        what, remedy = "no valid certificate", "Look at the site's certificate; nothing was sent"
    elif isinstance(error, requests.exceptions.ConnectionError) and "NewConnectionError" in repr(error):
        what, remedy = "cannot be reached", "The next run tries again"
    else:
        what, remedy = f"the answer broke off ({type(error).__name__})", "The next run tries again"
    made = SourceUnreachable(what, where=url, remedy=remedy)
    made.__cause__ = None if hide else error  # its message holds the whole address
    return made


def _retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Seconds that a Retry-After asks for, whether it is written in seconds or as a date; None without one."""
    value = headers.get("Retry-After", "")
    try:
        return Retry(0).parse_retry_after(value) if value else None
    except (InvalidHeader, ValueError, OverflowError):
        return None
