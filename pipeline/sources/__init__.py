"""Every site we read, by name. A new site is one file here and one line below."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from pipeline.errors import UsageError
from pipeline.sources.source import Configurable, Source

_MODULES = {
    "web_page": "WebPage",
    "feed": "Feed",
    "steam": "Steam",
    "file": "File",
    "app_store_connect": "AppStoreConnect",
    "app_store_feed": "AppStoreFeed",
    "bazaarvoice": "Bazaarvoice",
    "bluesky": "Bluesky",
    "discourse": "Discourse",
    "feefo": "Feefo",
    "freshdesk": "Freshdesk",
    "google_business": "GoogleBusiness",
    "google_play_developer": "GooglePlayDeveloper",
    "google_play_page": "GooglePlayPage",
    "hacker_news": "HackerNews",
    "judge_me": "JudgeMe",
    "mastodon": "Mastodon",
    "mozilla_addons": "MozillaAddons",
    "reddit": "Reddit",
    "trusted_shops": "TrustedShops",
    "trustpilot": "Trustpilot",
    "trustpilot_page": "TrustpilotPage",
    "wordpress_org": "WordpressOrg",
    "yotpo": "Yotpo",
    "zendesk": "Zendesk",
}


def names() -> list[str]:
    """The names of all sources."""
    return sorted(_MODULES)


def get(name: str, options: Mapping[str, str] | None = None) -> Source:
    """The source of that name, set to a subscription's options; its module is imported now and not before.

    Raises:
        UsageError: no source has that name, or an option cannot be meant.
    """
    if name not in _MODULES:
        raise UsageError(f"no source {name!r}", remedy=f"Known: {', '.join(names())}")
    source: Source = getattr(import_module(f"pipeline.sources.{name}"), _MODULES[name])()
    return source.configured(options) if options and isinstance(source, Configurable) else source
