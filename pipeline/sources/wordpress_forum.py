"""The forms in which WordPress.org shows a review: list and topic of its bbPress forum, feed entry, API section."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from urllib.parse import urljoin

from bs4.element import Tag

from pipeline.review import ParsedReview, Precision, Rating, RawPage, Reply
from pipeline.sources import answer, values
from pipeline.sources.html_text import soup_of, words_of

_TOPIC = re.compile(r"/support/topic/([^/?#]+)")
_COUNT = re.compile(r"""bbp-pagination-count[^>]*>[^<]*?([\d.,\u00a0\u202f]+)[^\d<]*\)""")
_LEAD = re.compile(r"^[^\n:]{2,20}:\s*\d+(?:\s+\w+)?$")
_TEAM = re.compile(r"\bby-(?:plugin|theme)-(?:author|contributor|contrib|support-rep|committer)\b")


def read(tree: Tag, page: RawPage) -> list[ParsedReview] | None:
    """The reviews of a forum page; None where it is neither a list nor a topic."""
    if tree.select_one(".review .review-head") is not None:
        return list(_sections(tree, page))
    content = tree.select_one(".bbp-topic-content")
    if content is not None:
        return _topic(tree, content, page)
    rows = tree.select("ul.topic, ul.type-topic, .bbp-body > ul[id^=bbp-topic-]")
    if rows:
        return [each for row in rows if (each := _row(row, page)) is not None]
    return [] if tree.select_one(".bbp-template-notice, #no-topic-0, .bbp-no-topic") else None


def sections(html: str, page: RawPage) -> list[ParsedReview]:
    """The reviews of the API's HTML."""
    return list(_sections(soup_of(html), page)) if html.strip() else []


def of_feed(review: ParsedReview) -> ParsedReview:
    """A feed's entry without the lines that tell its rating and replies, under the forum's id."""
    tree = soup_of(review.text or "")
    lines = (words_of(tree) or "").split("\n")
    while lines and (_LEAD.match(lines[0]) or not lines[0]):
        lines.pop(0)
    return replace(
        review,
        source_review_id=_slug(review.url) or review.source_review_id,
        text="\n".join(lines) or None,
        title=words_of(soup_of(review.title)) if review.title else None,
    )


def has_next(tree: Tag) -> bool:
    """Whether a list goes on."""
    return tree.select_one(".bbp-pagination-links a.next, a.next.page-numbers, link[rel=next]") is not None


def count(text: str) -> int | None:
    """The whole number of a list's topics: "Viewing 30 topics - 1 through 30 (of 1,234 total)"."""
    match = _COUNT.search(text)
    digits = re.sub(r"\D", "", match.group(1)) if match else ""
    return int(digits) if digits and len(digits) < 10 else None


def _slug(url: str | None) -> str | None:
    match = _TOPIC.search(url or "")
    return match.group(1) if match else None


def _stars(node: Tag) -> Rating | None:
    """The rating of the first stars below a node: said in an attribute, or as many as are filled."""
    stars = node.select_one(".wporg-ratings, .star-rating")
    if stars is None:
        return None
    inner = stars.select_one(".wporg-ratings") or stars
    for name in ("data-rating", "title", "aria-label"):
        value = inner.get(name)
        rating = values.rating(value) if isinstance(value, str) and value.strip() else None
        if rating is not None:
            return rating
    full, half = (len(inner.select(f".dashicons-star-{kind}, .star-{kind}")) for kind in ("filled", "half"))
    return Rating(full + half / 2) if full or half else None


def _row(row: Tag, page: RawPage) -> ParsedReview | None:
    link = row.select_one("a.bbp-topic-permalink")
    rating = _stars(row)
    if link is None or rating is None:
        return None  # a pinned notice of the forum
    url = urljoin(page.url, str(link.get("href") or ""))
    return answer.review(
        page,
        source_review_id=_slug(url),
        rating=rating,
        title=words_of(link),
        url=url if url.startswith("http") else None,
        author=words_of(row.select_one(".bbp-topic-started-by .bbp-author-name, .bbp-topic-started-by a")),
    )


def _topic(tree: Tag, content: Tag, page: RawPage) -> list[ParsedReview]:
    rating = _stars(content) or _stars(tree)
    if rating is None:
        return []  # a question, not a review
    canonical = tree.select_one("link[rel=canonical]")
    url = str(canonical.get("href") or "") if canonical is not None else page.url
    for stars in content.select(".wporg-ratings"):
        stars.decompose()
    head = content.find_parent(class_=re.compile(r"\btopic\b")) or tree
    review = answer.review(
        page,
        source_review_id=_slug(url) or _slug(page.url),
        rating=rating,
        title=words_of(tree.select_one("h1.page-title, h1.entry-title, .bbp-topic-title h1, header h1")),
        words=words_of(content),
        url=url if url.startswith("http") else None,
        author=words_of(head.select_one(".bbp-author-name, .bbp-topic-author a.bbp-author-link")),
    )
    posted_at, precision = _told(head.select_one(".bbp-topic-post-date a, a.bbp-topic-permalink[title]"))
    return [replace(review, posted_at=posted_at, posted_precision=precision, reply=_reply(tree))]


def _reply(tree: Tag) -> Reply | None:
    """The first answer of the makers."""
    for node in tree.select(".reply, .type-reply"):
        classes = node.get("class")
        if _TEAM.search(" ".join(classes) if isinstance(classes, list) else ""):
            words = words_of(node.select_one(".bbp-reply-content"))
            if words:
                return Reply(words, _told(node.select_one(".bbp-reply-post-date a, a.bbp-reply-permalink"))[0])
    return None


def _told(link: Tag | None) -> tuple[datetime | date | None, Precision | None]:
    """The time in a link's title. The forum shows its times in UTC and does not say so."""
    title = link.get("title") if link is not None else None
    found, precision = values.when(title if isinstance(title, str) else None)
    if isinstance(found, datetime) and found.tzinfo is None:
        found = found.replace(tzinfo=UTC)
    return found, precision


def _sections(tree: Tag, page: RawPage) -> Iterator[ParsedReview]:
    for node in tree.select(".review:has(.review-head)"):
        name = node.select_one(".reviewer-name")
        for login in name.select("small") if name is not None else []:
            login.decompose()
        review = answer.review(
            page,
            source_review_id=None,
            rating=_stars(node),
            posted=words_of(node.select_one(".review-date")),
            title=words_of(node.select_one(".review-title")),
            words=words_of(node.select_one(".review-body")),
            author=words_of(name),
        )
        if review.rating is not None or review.text or review.title:
            yield review
