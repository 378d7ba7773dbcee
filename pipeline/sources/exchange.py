"""A question to a site and its answer: what is sent, how much is read, what is refused."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import IncompleteRead

from pipeline.errors import SourceBlocked, SourceUnreachable

MAX_BYTES = 20_000_000
MAX_SECONDS = 120.0
CHUNK = 65_536
CREDENTIAL_HEADERS = frozenset(("authorization", "apikey", "x-api-key", "cookie"))
CREDENTIAL_FIELDS = frozenset(("client_secret", "refresh_token", "password", "assertion"))
THIS_MACHINE = frozenset(("localhost", "127.0.0.1", "::1"))
_WITH_CREDENTIALS = {
    400: ("the request is refused", "Check the credentials and the subscription's options"),
    401: ("the credentials are refused", "Renew them and run again"),
    403: ("the credentials do not suffice", "Give that account or key the right to read reviews"),
}


class Answer(NamedTuple):
    """A status, its headers and the whole decoded body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Request(NamedTuple):
    """What is sent beside the address; a `body` makes it a POST. `secret_params` never leave this record."""

    headers: Mapping[str, str]
    secret_params: Mapping[str, str]
    body: bytes | None = None
    fields: frozenset[str] = frozenset()

    @property
    def is_secret(self) -> bool:
        """Whether it carries credentials: then the site has let us in by name, and no redirect may carry them on."""
        named = CREDENTIAL_HEADERS & {name.lower() for name in self.headers} or CREDENTIAL_FIELDS & self.fields
        return bool(self.secret_params) or bool(named)

    def is_safe_at(self, url: str) -> bool:
        """Whether nobody on the way to `url` could read its credentials."""
        parts = urlsplit(url)
        return not self.is_secret or parts.scheme == "https" or parts.hostname in THIS_MACHINE


def read_body(response: requests.Response, url: str) -> bytes:
    """The decoded body, within the limits of size and time whatever the server says or sends."""
    until = time.monotonic() + MAX_SECONDS
    parts: list[bytes] = []
    size = 0
    # read1 hands over what has come; read would wait for a full chunk, and a dripping site would outlast any limit.
    while part := response.raw.read1(CHUNK, decode_content=True):
        size += len(part)
        if size > MAX_BYTES:
            raise SourceUnreachable(f"more than {MAX_BYTES // 1_000_000} MB", where=url, remedy="Check the url")
        if time.monotonic() > until:
            raise SourceUnreachable(f"not done after {MAX_SECONDS:.0f} s", where=url, remedy="The next run tries again")
        parts.append(part)
    if response.raw.length_remaining:
        raise IncompleteRead(size, response.raw.length_remaining)
    return b"".join(parts)


def refuse_bad(answer: Answer, url: str, *, has_credentials: bool = False) -> None:
    """Pass an answer that is a page.

    Raises:
        SourceBlocked: 401, 403, 451; with credentials 400, too. SourceUnreachable: anything else that is no page.
    """
    if has_credentials and answer.status in _WITH_CREDENTIALS:
        what, remedy = _WITH_CREDENTIALS[answer.status]
        raise SourceBlocked(f"{what} ({answer.status})", where=url, remedy=remedy)
    if answer.status in (401, 403, 451):
        raise SourceBlocked(
            f"the site refuses ({answer.status})", where=url, remedy="Ask the site, or import an export"
        )
    if answer.status in (404, 410):
        raise SourceUnreachable(f"is not there ({answer.status})", where=url, remedy="Check the subscription's url")
    if answer.status == 429:
        raise SourceUnreachable(
            "answers 429 (too many requests)", where=url, remedy="The next run tries again; a longer interval_s helps"
        )
    if not 200 <= answer.status < 300:
        raise SourceUnreachable(f"answers {answer.status}", where=url, remedy="The next run tries again")
    if not answer.body.strip():
        raise SourceUnreachable("an empty answer", where=url, remedy="Look at the page; the next run tries again")
