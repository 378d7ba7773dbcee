"""robots.txt, obeyed and failing closed (RFC 9309): what cannot be read is taken as a no."""

from __future__ import annotations

from dataclasses import dataclass

from protego import Protego

MAX_BYTES = 500_000  # RFC 9309 asks for 500 KiB at least


@dataclass(frozen=True)
class Rules:
    """What a host allows us. `reason` says why everything is denied, where it is."""

    text: str
    reason: str | None = None

    def allows(self, url: str, agent: str) -> bool:
        """Whether our agent may fetch an address; groups of one agent are merged, the longest match wins."""
        if self.reason is not None:
            return False
        return bool(Protego.parse(self.text).can_fetch(url, agent))

    def crawl_delay_s(self, agent: str) -> float:
        """Seconds the host wants between two requests; 0 where it does not say."""
        return 0.0 if self.reason is not None else float(Protego.parse(self.text).crawl_delay(agent) or 0.0)


def judge(status: int, content_type: str, body: bytes) -> Rules:
    """The rules that an answer to /robots.txt means.

    404 and 410 allow everything. Other 4xx, 5xx and pages of HTML deny: a firewall's page is not a permission.
    """
    if status in (404, 410):
        return Rules("")
    if not 200 <= status < 300:
        return Rules("", f"robots.txt answers {status}")
    start = body[:2000].lstrip().lower()
    if "html" in content_type.lower() or start.startswith((b"<!doctype", b"<html")) or b"<head" in start:
        return Rules("", "robots.txt is a web page, not rules")
    kind = content_type.split(";")[0].strip().lower()
    if kind and not kind.startswith("text/") and kind != "application/octet-stream":
        return Rules("", f"robots.txt is {kind}, not text")
    return Rules(body[:MAX_BYTES].decode("utf-8", "replace").removeprefix("\ufeff"))
