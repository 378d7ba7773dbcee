"""The invented firms of the demo, their branches, and the sites that carry reviews of them."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Literal

SiteKind = Literal["portal_a", "portal_b", "store", "feed", "export"]

TIME_ZONE = "Europe/Berlin"
PLAIN_LETTERS = {ord("ä"): "ae", ord("ö"): "oe", ord("ü"): "ue", ord("ß"): "ss"}


@dataclass(frozen=True)
class Branch:
    """A location and the languages its customers write in (language, share)."""

    name: str
    weight: float
    languages: tuple[tuple[str, float], ...]

    @property
    def slug(self) -> str:
        """The name as part of an address."""
        return slug(self.name)


@dataclass(frozen=True)
class Firm:
    """What is reviewed: its key, the name people read, its branches."""

    key: str
    title: str
    kind: Literal["furniture", "hotel"]
    schema_type: str
    branches: tuple[Branch, ...]

    def branch(self, name: str | None) -> Branch | None:
        """The branch of that name, if there is one."""
        return next((branch for branch in self.branches if branch.name == name), None)


@dataclass(frozen=True)
class Site:
    """A site with reviews: how often it gets one without a text, and its usual share of negatives, both in [0, 1]."""

    name: str
    kind: SiteKind
    star_only: float
    negative: float
    has_replies: bool


@dataclass(frozen=True)
class Channel:
    """A site, a firm and a branch (None: the firm as a whole), with its usual number of reviews a week."""

    site: Site
    firm: Firm
    location: str | None
    weekly: float


_DE = (("de", 0.9), ("en", 0.1))
_FR = (("fr", 0.92), ("en", 0.08))

MORGENROT = Firm(
    key="morgenrot",
    title="Morgenrot Möbel",
    kind="furniture",
    schema_type="FurnitureStore",
    branches=(
        Branch("Leipzig", 1.4, _DE),
        Branch("Hamburg", 1.5, _DE),
        Branch("Köln", 1.2, _DE),
        Branch("Wien", 1.2, _DE),
        Branch("Basel", 0.8, (("de", 0.7), ("fr", 0.2), ("en", 0.1))),
        Branch("Lyon", 1.0, _FR),
        Branch("Lille", 0.9, _FR),
        Branch("Sevilla", 0.9, (("es", 0.94), ("en", 0.06))),
        Branch("Manchester", 0.9, (("en", 1.0),)),
    ),
)
KRANICHHOF = Firm(
    key="kranichhof",
    title="Hotel Kranichhof",
    kind="hotel",
    schema_type="Hotel",
    branches=(Branch("Kranichsee", 1.0, (("de", 0.6), ("en", 0.2), ("fr", 0.15), ("es", 0.05))),),
)
FIRMS = (MORGENROT, KRANICHHOF)

MEINUNGSHAFEN = Site("meinungshafen", "portal_a", star_only=0.3, negative=0.2, has_replies=True)
BRANCHENBLICK = Site("branchenblick", "portal_b", star_only=0.32, negative=0.4, has_replies=False)
PLAYDECK = Site("playdeck", "store", star_only=0.05, negative=0.24, has_replies=True)
SHOPSTIMMEN = Site("shopstimmen", "feed", star_only=0.18, negative=0.2, has_replies=False)
FILIALBOX = Site("filialbox", "export", star_only=0.45, negative=0.18, has_replies=True)
SITES = (MEINUNGSHAFEN, BRANCHENBLICK, PLAYDECK, SHOPSTIMMEN, FILIALBOX)

PLANNER_APP_ID = 731900
WIDE_LANGUAGES = (("de", 0.55), ("en", 0.2), ("fr", 0.15), ("es", 0.1))

# Only these branches of the large firm are listed on the second portal.
_LISTED_ON_B = ("Leipzig", "Hamburg", "Wien", "Lyon", "Sevilla")


def channels() -> tuple[Channel, ...]:
    """Every site, firm and branch that gets reviews; about 68 a week for the large firm, 7 for the small one."""
    found = [*_shared(MEINUNGSHAFEN, MORGENROT, 22.0), *_shared(FILIALBOX, MORGENROT, 14.0)]
    found += _shared(BRANCHENBLICK, MORGENROT, 10.0, only=_LISTED_ON_B)
    found += [Channel(PLAYDECK, MORGENROT, None, 8.0), Channel(SHOPSTIMMEN, MORGENROT, None, 14.0)]
    found += [*_shared(MEINUNGSHAFEN, KRANICHHOF, 4.0), *_shared(BRANCHENBLICK, KRANICHHOF, 3.0)]
    return tuple(found)


def _shared(site: Site, firm: Firm, weekly: float, only: tuple[str, ...] | None = None) -> list[Channel]:
    branches = [branch for branch in firm.branches if only is None or branch.name in only]
    total = sum(branch.weight for branch in branches)
    return [Channel(site, firm, branch.name, weekly * branch.weight / total) for branch in branches]


def slug(name: str) -> str:
    """A name in plain letters, as German addresses spell it: "Köln" gives "koeln"."""
    plain = name.lower().translate(PLAIN_LETTERS)
    plain = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
    return "-".join(plain.split())
