"""Which addresses may be fetched: http(s) to public hosts only, looked up once, and what was found is connected to."""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit

from pipeline.errors import SourceBlocked, SourceUnreachable

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_SITE_LOCAL = ipaddress.ip_network("fec0::/10")
_COMPATIBLE = ipaddress.ip_network("::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def host_of(url: str) -> str:
    """The host of an address with its port, in lower case; the unit of robots.txt and of the rate limit."""
    parts = urlsplit(url)
    return (parts.netloc.rsplit("@", 1)[-1]).lower()


def check(url: str, *, allow_private: bool) -> None:
    """Return if `url` may be asked, as far as it can be told without looking its name up; `resolve` does the rest.

    Raises:
        SourceBlocked: another scheme, or a private or loopback address that the subscription does not allow.
    """
    try:
        parts = urlsplit(url)
        name, _ = parts.hostname, parts.port
    except ValueError as error:
        raise SourceBlocked("no valid address", where=url, remedy="Mend the subscription's url") from error
    if parts.scheme not in ("http", "https") or not name:
        raise SourceBlocked("only http and https are fetched", where=url, remedy="Mend the subscription's url")
    try:
        literal = ipaddress.ip_address(name.split("%")[0])
    except ValueError:
        return  # a name: judged when it is looked up
    if not allow_private and not is_public(literal):
        raise _private(name)


def resolve(name: str, port: int, *, allow_private: bool) -> list[str]:
    """The addresses of a host, in the resolver's order; if one of them is private, none.

    Raises:
        SourceBlocked: a private address that the subscription does not allow.
        SourceUnreachable: its name is not known.
    """
    try:
        found = [str(info[4][0]) for info in socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError) as error:
        raise SourceUnreachable("unknown host", where=name, remedy="Check the address and the network") from error
    if not allow_private and not all(is_public(ipaddress.ip_address(each.split("%")[0])) for each in found):
        raise _private(name)
    return list(dict.fromkeys(found))


def is_public(address: Address) -> bool:
    """Whether an address belongs to the public internet; one IPv4 address inside an IPv6 one decides for both."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = _inner(address)
        if inner is not None:
            return is_public(inner)
        if address in _SITE_LOCAL:
            return False
    return address.is_global and not address.is_multicast


def _inner(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 one stands for: mapped, compatible, NAT64, 6to4 or Teredo."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if address in _NAT64 or address in _COMPATIBLE:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return None


def _private(name: str) -> SourceBlocked:
    return SourceBlocked(
        f"{name} is a private address",
        where=name,
        remedy="Set allow_private_hosts = true in the subscription if it is your own site",
    )
