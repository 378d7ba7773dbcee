"""Trustpilot's pages before 2021: each review is an article with scripts `data-initial-state` that hold its values."""

from __future__ import annotations

import json
from typing import Any

from bs4.element import Tag

from pipeline.review import ParsedReview, Rating, RawPage
from pipeline.sources import answer, values
from pipeline.sources.html_text import soup_of, words_of

_SIGN = "review-info"


def read(text: str, page: RawPage) -> list[ParsedReview]:
    """The reviews of a page of one review or of many, in its order; none where it is no such page."""
    if _SIGN not in text:
        return []
    kept: dict[object, ParsedReview] = {}
    for at, script in enumerate(soup_of(text).select(f'script[data-initial-state="{_SIGN}"]')):
        values_of = _json(script)
        if values_of:
            review = _review(values_of, script.find_parent("article") or script.parent or script, page)
            kept.setdefault(review.source_review_id or at, review)
    return list(kept.values())


def _review(row: dict[str, Any], article: Tag, page: RawPage) -> ParsedReview:
    dates = _state(article, "review-dates")
    verified = _state(article, "review-verified")
    identifier = answer.identifier(row.get("reviewId")) or answer.identifier(article.get("id"))
    stars = values.number(row.get("stars"))
    extra: dict[str, object] = {
        "verified": verified.get("isVerified"),
        "verification": answer.text(verified, "verificationSource"),
    }
    reply = article.select_one(".brand-company-reply__content, .company-reply__content")
    replied = article.select_one(".brand-company-reply time, .company-reply time")
    return answer.review(
        page,
        source_review_id=identifier,
        rating=Rating(stars) if stars else None,
        posted=answer.text(dates, "publishedDate") or answer.text(verified, "createdDateTime"),
        edited=answer.text(dates, "updatedDate"),
        title=answer.text(row, "reviewHeader") or words_of(article.select_one(".review-content__title")),
        words=answer.text(row, "reviewBody") or words_of(article.select_one(".review-content__text")),
        url=answer.text(row, "socialShareUrl"),
        author=answer.text(row, "consumerName") or words_of(article.select_one(".consumer-information__name")),
        answer=answer.reply(words_of(reply), replied.get("datetime") if replied else None),
        entity=answer.text(row, "businessUnitDisplayName"),
        extra=answer.only(extra, extra),
    )


def _state(article: Tag, name: str) -> dict[str, Any]:
    script = article.select_one(f'script[data-initial-state="{name}"]')
    return _json(script) if script else {}


def _json(script: Tag) -> dict[str, Any]:
    try:
        found = json.loads(script.get_text(), strict=False)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
