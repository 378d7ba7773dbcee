"""Sites we do not collect, each with the reason and what serves instead."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_EXPORT = "ask the site for an export and use `leumund import`"
_RULES: tuple[tuple[str, str, str, str], ...] = (
    (r"(^|\.)tripadvisor\.[a-z.]+$", "", "Tripadvisor forbids storing its content", _EXPORT),
    (r"(^|\.)google\.[a-z.]+$", r"^/maps", "Google forbids storing Places reviews", "use the source google_business"),
    (
        r"^(maps|places)\.googleapis\.com$",
        "",
        "Google forbids storing Places reviews",
        "use the source google_business",
    ),
    (r"(^|\.)yelp\.[a-z.]+$", "", "Yelp forbids collecting and storing reviews", _EXPORT),
    (r"(^|\.)booking\.com$", "", "Booking.com forbids collecting guest reviews", "use your extranet's export"),
    (r"(^|\.)glassdoor\.[a-z.]+$", "", "Glassdoor forbids automated access", _EXPORT),
    (r"(^|\.)g2\.com$", "", "G2 forbids automated access", "use the vendor's export"),
    (r"(^|\.)capterra\.[a-z.]+$", "", "Capterra forbids automated access", "use the vendor's export"),
    (
        r"(^|\.)kununu\.com$",
        r"/kommentare/\d|^/api/|^/middlewares/",
        "kununu forbids paging through comments",
        "collect the profile's first page, or use an export",
    ),
    (r"(^|\.)facebook\.com$", "", "Facebook has withdrawn its recommendations API and forbids collecting", _EXPORT),
)
_COMPILED = tuple((re.compile(host), re.compile(path), why, instead) for host, path, why, instead in _RULES)


def refusal(url: str) -> tuple[str, str] | None:
    """Why an address is not collected and what to use instead; None for all others."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower().rstrip(".")
    except ValueError:
        return None
    for hosts, paths, why, instead in _COMPILED:
        if hosts.search(host) and paths.search(parts.path):
            return why, instead
    return None
