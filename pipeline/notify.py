"""Sends a message to people, on any channel that Apprise knows. Nothing else sends."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

log = logging.getLogger(__name__)

Format = Literal["text", "markdown", "html"]
Tone = Literal["info", "warning", "failure"]
_CODE = re.compile(r"\berror=(\d{3})\b")


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


def send(url: str, title: str, body: str, body_format: Format = "markdown", tone: Tone = "info") -> Delivery:
    """Send one message to one Apprise URL; `tone` is the colour or sign that some channels give it.

    Never raises for a channel that refuses: the delivery says so, and the caller decides whether to try again.
    """
    import apprise

    channel = channel_name(url)
    client = apprise.Apprise()
    if not client.add(url):
        return Delivery(channel, False, "not an address Apprise knows; see docs/operators.md")
    said = _Listener()
    apprise_log = logging.getLogger("apprise")
    apprise_log.propagate = False  # it logs addresses, which hold secrets: of what it says only the code is kept
    apprise_log.addHandler(said)
    try:
        is_sent = bool(client.notify(title=title, body=body, body_format=body_format, notify_type=tone))
    finally:
        apprise_log.removeHandler(said)
    if is_sent:
        return Delivery(channel, True)
    reason = "the channel did not take the message" + (f" (it answered {said.code})" if said.code else "")
    log.warning("channel %s: %s", channel, reason)
    return Delivery(channel, False, reason)


def send_all(urls: Sequence[str], title: str, body: str, body_format: Format = "markdown") -> list[Delivery]:
    """Send one message to every channel, each on its own."""
    return [send(url, title, body, body_format) for url in urls]


class _Listener(logging.Handler):
    """Keeps the status code of what Apprise says of a failure, and nothing else."""

    code = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Look for a status code in one line."""
        found = _CODE.search(record.getMessage())
        self.code = found.group(1) if found else self.code
