"""How each connector is pointed at a loopback server, and small pages of its site; a new one gets an entry in SEATS."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from typing import Any

NEW, OLD = "2026-03-08T10:00:00Z", "2026-02-01T10:00:00Z"
NEW_S, OLD_S = 1_772_964_000, 1_769_940_000


@dataclass(frozen=True)
class Seat:
    """A connector before a server: `page(number, is_old)` is what the site shows on its n-th page.

    Two reviews a page, ids of their own, dated inside the tests' window, or before it where the page is to be the last.
    `{root}` in `url` and in an option becomes the server's address. `full` is how many reviews make the connector ask
    for another page.
    """

    page: Callable[[int, bool, int], str]
    options: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    url: str = "{root}/reviews"
    content_type: str = "application/json"
    full: int = 2
    is_paged: bool = True
    is_json: bool = True
    has_credentials: bool = False
    """Whether its requests carry credentials; they go by https alone, but to the operator's own hosts."""
    is_endless: bool = True
    """Whether its pages can be made to go on for ever."""
    token: Mapping[str, str] = field(default_factory=dict)
    """What a POST to each of these paths is answered with, whatever else fails."""


def _numbers(number: int, rows: int) -> list[int]:
    """Ids of a page, falling from page to page as sites number backwards."""
    return [900_000 - number * rows - at for at in range(rows)]


def _json(make: Callable[[int, str], Any], wrap: Callable[[list[Any], int], Any]) -> Callable[[int, bool, int], str]:
    def page(number: int, is_old: bool, rows: int) -> str:
        when = OLD if is_old else NEW
        return json.dumps(wrap([make(each, when) for each in _numbers(number, rows)], number), ensure_ascii=False)

    return page


def _web_page(number: int, is_old: bool, rows: int) -> str:
    nodes = [
        {"@type": "Review", "author": f"A{each}", "datePublished": (OLD if is_old else NEW),
         "reviewBody": f"größer {each}",
         "reviewRating": {"@type": "Rating", "ratingValue": 3}}
        for each in _numbers(number, rows)
    ]  # fmt: skip
    shop = {"@context": "https://schema.org", "@type": "Product", "name": "Zelt", "review": nodes}
    following = "" if is_old else f'<a rel="next" href="/reviews?page={number + 2}">more</a>'
    blob = json.dumps(shop, ensure_ascii=False)
    return f'<!doctype html><html><script type="application/ld+json">{blob}</script>{following}</html>'


def _feed(number: int, is_old: bool, rows: int) -> str:
    items = "".join(
        f"<entry><id>urn:x:{each}</id><title>größer {each}</title><updated>{OLD if is_old else NEW}</updated></entry>"
        for each in _numbers(number, rows)
    )
    return f'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>R</title>{items}</feed>'


def _forum(number: int, is_old: bool, rows: int) -> str:
    """The feed, and after it a list that names nothing older."""
    if number == 0:
        return _feed(number, is_old, rows)
    return '<div class="bbp-template-notice"><p>Oh bother! No topics were found here!</p></div>'


def _csv(number: int, is_old: bool, rows: int) -> str:
    lines = [f"{each},3,{(OLD if is_old else NEW)[:10]},größer {each}" for each in _numbers(number, rows)]
    return "\n".join(["id,rating,date,text", *lines, ""])


def _play(number: int, is_old: bool, rows: int) -> str:
    seconds = OLD_S if is_old else NEW_S
    made = [
        [f"id-{each}", ["a"], 3, None, "größer", [seconds, 0], 0, None, None, None, None, None, []]
        for each in _numbers(number, rows)
    ]
    inner = json.dumps([made, [None, f"token-{number}"]], ensure_ascii=False)
    return ")]}'\n\n" + json.dumps([["wrb.fr", "UsvDTd", inner, None, None, None, "generic"]], ensure_ascii=False)


def _hits(number: int, is_old: bool, rows: int) -> str:
    at = (OLD_S if is_old else NEW_S) - number * 1000
    hits = [
        {"objectID": str(each), "comment_text": "größer", "created_at": NEW, "created_at_i": at}
        for each in _numbers(number, rows)
    ]
    return json.dumps({"hits": hits}, ensure_ascii=False)


SEATS: dict[str, Seat] = {
    "web_page": Seat(_web_page, content_type="text/html; charset=utf-8", is_json=False),
    "feed": Seat(_feed, content_type="application/atom+xml; charset=utf-8", is_paged=False, is_json=False),
    "file": Seat(_csv, url="{root}/reviews.csv", content_type="text/csv", is_paged=False, is_json=False),
    "steam": Seat(
        _json(
            lambda each, when: {
                "recommendationid": str(each), "author": {"steamid": str(each)}, "voted_up": True, "review": "größer",
                "timestamp_created": OLD_S if when == OLD else NEW_S,
            },
            lambda rows, number: {"response": {"cursor": f"c{number}", "reviews": rows}},
        ),
        {"appid": "440", "base_url": "{root}"},
    ),
    "app_store_feed": Seat(
        _json(
            lambda each, when: {
                "id": {"label": str(each)}, "im:rating": {"label": "3"}, "updated": {"label": when},
                "content": {"label": "größer"},
            },
            lambda rows, _: {"feed": {"entry": rows}},
        ),
        {"app": "12", "base_url": "{root}"},
    ),
    "bazaarvoice": Seat(
        _json(
            lambda each, when: {"Id": str(each), "Rating": 3, "SubmissionTime": when, "ReviewText": "größer"},
            lambda rows, _: {"HasErrors": False, "Results": rows},
        ),
        {"product": "p", "base_url": "{root}"},
        {"LEUMUND_BAZAARVOICE_PASSKEY": "hush"},
        has_credentials=True,
        full=100,
    ),
    "discourse": Seat(
        _json(
            lambda each, when: {"id": each, "cooked": "größer", "created_at": when, "username": "a"},
            lambda rows, _: {"latest_posts": rows},
        ),
        url="{root}",
    ),
    "google_play_page": Seat(_play, {"app": "com.nordlicht", "base_url": "{root}"}),
    "hacker_news": Seat(_hits, {"query": "nordlicht", "base_url": "{root}"}, full=1000),
    "mastodon": Seat(
        _json(
            lambda each, when: {"id": str(each), "content": "größer", "created_at": when, "account": {"acct": "a"}},
            lambda rows, _: rows,
        ),
        {"tag": "nordlicht"},
        url="{root}",
    ),
    "mozilla_addons": Seat(
        _json(
            lambda each, when: {"id": each, "score": 3, "created": when, "body": "größer"},
            lambda rows, _: {"next": "yes", "results": rows},
        ),
        {"addon": "night", "base_url": "{root}"},
    ),
    "trustpilot_page": Seat(
        _json(
            lambda each, when: {
                "id": f"{each:024x}", "rating": 3, "text": "größer", "dates": {"publishedDate": when},
                "consumer": {"displayName": "a"},
            },
            lambda rows, _: {"props": {"pageProps": {"reviews": rows}}},
        ),
        {"domain": "nordlicht.example", "base_url": "{root}"},
    ),
    "wordpress_org": Seat(
        _forum,
        {"plugin": "nordlicht", "base_url": "{root}"},
        content_type="application/atom+xml; charset=utf-8",
        is_json=False,
        is_endless=False,
    ),
    "yotpo": Seat(
        _json(
            lambda each, when: {"id": each, "content": "größer", "score": 3, "created_at": when},
            lambda rows, _: {"response": {"reviews": rows}},
        ),
        {"product": "p", "base_url": "{root}"},
        {"LEUMUND_YOTPO_APP_KEY": "key"},
        full=100,
    ),
}  # fmt: skip

if find_spec("tests.sources.owner_cases"):  # the sources with credentials bring pages of their own
    SEATS |= import_module("tests.sources.owner_seats").SEATS

KNOWN = frozenset(SEATS)
"""Connectors that must have a seat; those registered since are skipped until they get one."""
