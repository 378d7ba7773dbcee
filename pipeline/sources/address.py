"""Which addresses may be fetched: http(s) to public hosts only, checked again after every redirect."""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit

from pipeline.errors import SourceBlocked, SourceUnreachable


def host_of(url: str) -> str:
    """The host of an address with its port, in lower case; the unit of robots.txt and of the rate limit."""
    parts = urlsplit(url)
    return (parts.netloc.rsplit("@", 1)[-1]).lower()


def check(url: str, *, allow_private: bool) -> None:
    """Return if `url` may be asked.

    Raises:
        SourceBlocked: another scheme, or a private or loopback address that the subscription does not allow.
        SourceUnreachable: its name is not known.
    """
    try:
        parts = urlsplit(url)
        name, port = parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise SourceBlocked("no valid address", where=url, remedy="Mend the subscription's url") from error
    if parts.scheme not in ("http", "https") or not name:
        raise SourceBlocked("only http and https are fetched", where=url, remedy="Mend the subscription's url")
    if allow_private:
        return
    try:
        found = {info[4][0] for info in socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError) as error:
        raise SourceUnreachable("unknown host", where=url, remedy="Check the address and the network") from error
    for address in found:
        if not ipaddress.ip_address(str(address).split("%")[0]).is_global:
            raise SourceBlocked(
                f"{name} is a private address",
                where=url,
                remedy="Set allow_private_hosts = true in the subscription if it is your own site",
            )
