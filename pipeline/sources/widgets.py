"""Review widgets that shops put into their pages, by the mark-up they leave there.

Judge.me: `.jdgm-rev` with its values in attributes, seen on pages of 2020. Shopify Product Reviews: `.spr-review`.
WooCommerce: a list of comments, `.star-rating` in words. Both from the templates their makers publish.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bs4.element import Tag

from pipeline.review import ParsedReview, RawPage
from pipeline.sources import selectors
from pipeline.sources.selectors import Place, Selectors


@dataclass(frozen=True)
class Widget:
    """A widget: the words in a page that betray it, and where its values stand."""

    name: str
    sign: str
    selectors: Selectors


def _places(places: Mapping[str, str]) -> dict[str, Place]:
    return {name: Place.of(text, name) for name, text in places.items()}


WIDGETS = (
    Widget(
        "judge.me",
        "jdgm-rev",
        Selectors(
            review=".jdgm-rev:not(.jdgm-rev .jdgm-rev)",
            places=_places(
                {
                    "id": "@data-review-id",
                    "entity": "@data-product-title",
                    "rating": ".jdgm-rev__rating@data-score",
                    "date": ".jdgm-rev__timestamp@data-content",
                    "author": ".jdgm-rev__author",
                    "title": ".jdgm-rev__title",
                    "text": ".jdgm-rev__body",
                    "reply": ".jdgm-rev__reply-content",
                }
            ),
            extra=_places(
                {
                    "verified": "@data-verified-buyer",
                    "thumbs_up": "@data-thumb-up-count",
                    "thumbs_down": "@data-thumb-down-count",
                    "country": ".jdgm-rev__author-wrapper@data-location-country-code",
                }
            ),
        ),
    ),
    Widget(
        "shopify",
        "spr-review",
        Selectors(
            review=".spr-review",
            places=_places(
                {
                    "id": "@id",
                    "rating": ".spr-starratings@aria-label",
                    "date": ".spr-review-header-byline strong:nth-of-type(2)",
                    "author": ".spr-review-header-byline strong:nth-of-type(1)",
                    "title": ".spr-review-header-title",
                    "text": ".spr-review-content-body",
                    "reply": ".spr-review-reply-body",
                }
            ),
        ),
    ),
    Widget(
        "woocommerce",
        "woocommerce-review__",
        Selectors(
            review="li.review, li.comment:has(.woocommerce-review__author)",
            places=_places(
                {
                    "id": "@id",
                    "rating": ".star-rating",
                    "date": "time.woocommerce-review__published-date@datetime",
                    "author": ".woocommerce-review__author",
                    "text": ".description",
                }
            ),
            rating_pattern=re.compile(r"\d(?:[.,]\d+)?"),
        ),
    ),
)


def read(text: str, tree: Tag, page: RawPage) -> list[ParsedReview]:
    """The reviews of the first widget that holds some."""
    for widget in WIDGETS:
        if widget.sign in text:
            found = selectors.read(widget.selectors, tree, page, widget.name, is_declared=False)
            if found:
                return found
    return []


def is_in(text: str) -> bool:
    """Whether a page names one of the widgets at all."""
    return any(widget.sign in text for widget in WIDGETS)
