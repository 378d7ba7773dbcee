"""Access tokens: signed or asked for within the run, kept in memory, renewed before they end, written nowhere."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Mapping
from datetime import timedelta

import jwt

from pipeline.errors import PageChanged, SourceBlocked, SourceUnreachable, UsageError
from pipeline.review import RawPage
from pipeline.sources import answer, values

DEFAULT_LIFE = timedelta(minutes=5)
_RENEW_AT = 0.8  # of its life, so that none ends on its way


class AccessToken:
    """A bearer token; `ask` fetches a fresh one and is called again when 80 % of its life have passed.

    Args:
        ask: Posts the credentials and returns the answer.
        field: The name of the token in the answer.
        life: How long it lives where the answer does not say (`expires_in`, in seconds).
    """

    def __init__(
        self, ask: Callable[[], RawPage], *, field: str = "access_token", life: timedelta = DEFAULT_LIFE
    ) -> None:
        self._ask = ask
        self._field = field
        self._life_s = life.total_seconds()
        self._value = ""
        self._renew_at = 0.0

    def header(self) -> dict[str, str]:
        """The Authorization header with a token that is still good.

        Raises:
            SourceBlocked: the credentials are refused.
            SourceUnreachable: no answer, or a page instead.
        """
        if not self._value or time.monotonic() >= self._renew_at:
            page = self._ask()
            self._value, life_s = _granted(page, self._field)
            self._renew_at = time.monotonic() + _RENEW_AT * (life_s or self._life_s)
        return {"Authorization": f"Bearer {self._value}"}


def _granted(page: RawPage, field: str) -> tuple[str, float | None]:
    try:
        found = answer.loaded(page)
    except PageChanged as error:
        raise SourceUnreachable(
            "a page instead of an access token", where=page.url, remedy="Check the address; the next run tries again"
        ) from error
    value = answer.text(found, field) if isinstance(found, dict) else None
    if value is None:
        raise SourceBlocked("no access token", where=page.url, remedy="Renew the credentials and run again")
    return value, values.number(found.get("expires_in"))


def basic(name: str, password: str) -> dict[str, str]:
    """The Authorization header of HTTP Basic (RFC 7617)."""
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode("ascii")}


def signed(
    claims: Mapping[str, object], private_key: str, *, algorithm: str, life: timedelta, key_id: str | None = None
) -> str:
    """A JSON Web Token (RFC 7519) of these claims, good from now for `life`.

    Args:
        claims: What it says beside `iat` and `exp`.
        private_key: PEM; its line ends may be written as backslash and n, as they often are in the environment.
        algorithm: ES256 or RS256.
        life: How long it is good.
        key_id: The name of the key, sent in the header.

    Raises:
        UsageError: the key is none, or of another kind.
    """
    now = int(time.time())
    whole = {**claims, "iat": now, "exp": now + int(life.total_seconds())}
    try:
        return jwt.encode(
            whole,
            private_key.replace("\\n", "\n"),
            algorithm=algorithm,
            headers={"kid": key_id} if key_id else None,
        )
    except (ValueError, TypeError, AttributeError, NotImplementedError, jwt.PyJWTError) as error:
        # The cause may quote the key: it is named by its kind and not kept.
        raise UsageError(
            f"the private key cannot be used for {algorithm} ({type(error).__name__})",
            remedy="Give the whole PEM file, from BEGIN to END",
        ) from None
