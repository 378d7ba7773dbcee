"""Sends a message to people: the console, and any channel that Apprise knows. Nothing else sends."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

log = logging.getLogger(__name__)

Format = Literal["text", "markdown", "html"]


@dataclass(frozen=True)
class Delivery:
    """What became of one message on one channel; `channel` is a name without secrets."""

    channel: str
    is_sent: bool
    reason: str = ""


def channel_name(url: str) -> str:
    """A stable name for a channel that shows its kind but none of its secrets, such as `slack-1f3a9c`."""
    kind = url.split(":", 1)[0].lower() or "channel"
    return f"{kind}-{hashlib.sha256(url.encode()).hexdigest()[:6]}"


def send(url: str, title: str, body: str, body_format: Format = "markdown") -> Delivery:
    """Send one message to one Apprise URL.

    Never raises for a channel that refuses: the delivery says so, and the caller decides whether to try again.
    """
    import apprise

    channel = channel_name(url)
    client = apprise.Apprise()
    if not client.add(url):
        return Delivery(channel, False, "not an address Apprise knows; see docs/operators.md")
    logging.getLogger("apprise").setLevel(logging.CRITICAL)  # it logs addresses, which hold secrets
    is_sent = bool(client.notify(title=title, body=body, body_format=body_format))
    if not is_sent:
        log.warning("channel %s did not take the message", channel)
    return Delivery(channel, is_sent, "" if is_sent else "the channel did not take the message")


def send_all(urls: Sequence[str], title: str, body: str, body_format: Format = "markdown") -> list[Delivery]:
    """Send one message to every channel, each on its own."""
    return [send(url, title, body, body_format) for url in urls]
