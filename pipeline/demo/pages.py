"""The two portals' pages: one with JSON-LD, one with microdata, a decimal comma, ten points and bare dates."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from statistics import fmean

from pipeline.demo.firms import Firm
from pipeline.demo.opinion import BERLIN, Opinion

PER_PAGE = 20
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;margin:0;background:#f4f2ee;color:#222}header{background:%s;color:#fff;"
    "padding:1rem 2rem}main{max-width:46rem;margin:1rem auto;padding:0 1rem}article{background:#fff;border-radius:8px;"
    "padding:1rem;margin:1rem 0}h2{font-size:1rem;margin:0}.meta{color:#666;font-size:.85rem}.stars{color:#b36b00}"
    ".reply{border-left:3px solid #bbb;margin:.5rem 0 0;padding-left:.8rem}nav a{margin-right:1rem}"
)


def last_page(count: int) -> int:
    """The number of the last page; an empty list has one page."""
    return max(1, -(-count // PER_PAGE))


def portal_a(firm: Firm, location: str, opinions: Sequence[Opinion], page: int, path: str) -> str:
    """Page `page` (from 1) of the portal Meinungshafen, newest first, with its reviews as JSON-LD."""
    shown = _slice(opinions, page)
    graph: dict[str, object] = {
        "@context": "https://schema.org",
        "@type": firm.schema_type,
        "name": f"{firm.title} {location}",
        "review": [_json_ld(opinion) for opinion in shown],
    }
    if opinions:
        graph["aggregateRating"] = {
            "@type": "AggregateRating",
            "ratingValue": round(fmean(opinion.stars for opinion in opinions), 1),
            "reviewCount": len(opinions),
            "bestRating": 5,
            "worstRating": 1,
        }
    # "</" inside a script element would end it.
    script = json.dumps(graph, ensure_ascii=False).replace("</", "<\\/")
    head = f'<script type="application/ld+json">{script}</script>'
    articles = "\n".join(_article(opinion) for opinion in shown)
    return _page("Meinungshafen", "#1d4e5f", firm, location, articles, head, _links(len(opinions), page, path))


def portal_b(firm: Firm, location: str, opinions: Sequence[Opinion], page: int, path: str) -> str:
    """Page `page` (from 1) of the portal Branchenblick: microdata, 0 to 10 points, dates without a time."""
    shown = _slice(opinions, page)
    mean = f"{fmean(points(opinion) for opinion in opinions):.1f}".replace(".", ",") if opinions else ""
    total = (
        '<p itemprop="aggregateRating" itemscope itemtype="https://schema.org/AggregateRating">'
        f'Schnitt <b itemprop="ratingValue">{mean}</b> von <span itemprop="bestRating">10</span> bei '
        f'<span itemprop="reviewCount">{len(opinions)}</span> Bewertungen<meta itemprop="worstRating" content="0"></p>'
        if opinions
        else ""
    )
    articles = (
        f'<div itemscope itemtype="https://schema.org/{firm.schema_type}">'
        f'<meta itemprop="name" content="{escape(firm.title)} {escape(location)}">{total}'
        + "\n".join(_microdata(opinion) for opinion in shown)
        + "</div>"
    )
    return _page("Branchenblick", "#5a2a4a", firm, location, articles, "", _links(len(opinions), page, path))


def points(opinion: Opinion) -> float:
    """Stars 1-5 on the second portal's scale of 0 to 10."""
    return (opinion.stars - 1) * 2.5


def comma(value: float) -> str:
    """A number with a decimal comma: 7.5 gives "7,5", 10.0 gives "10"."""
    return f"{value:g}".replace(".", ",")


def _slice(opinions: Sequence[Opinion], page: int) -> Sequence[Opinion]:
    return opinions[(page - 1) * PER_PAGE : page * PER_PAGE]


def _json_ld(opinion: Opinion) -> dict[str, object]:
    node: dict[str, object] = {
        "@type": "Review",
        "author": {"@type": "Person", "name": opinion.author},
        "datePublished": opinion.posted_at.astimezone(BERLIN).isoformat(),
        "inLanguage": opinion.language,
        "reviewRating": {"@type": "Rating", "ratingValue": str(opinion.stars), "bestRating": "5", "worstRating": "1"},
    }
    if opinion.title:
        node["headline"] = opinion.title
    if opinion.text:
        node["reviewBody"] = opinion.text
    if opinion.edited_at:
        node["dateModified"] = opinion.edited_at.astimezone(BERLIN).isoformat()
    if opinion.reply and opinion.reply_at:
        node["comment"] = {
            "@type": "Comment",
            "text": opinion.reply,
            "dateCreated": opinion.reply_at.astimezone(BERLIN).isoformat(),
        }
    return node


def _article(opinion: Opinion) -> str:
    local = opinion.posted_at.astimezone(BERLIN)
    body = f"<p>{escape(opinion.text)}</p>" if opinion.text else ""
    title = f"<h2>{escape(opinion.title)}</h2>" if opinion.title else ""
    answer = f'<p class="reply">Antwort des Anbieters: {escape(opinion.reply)}</p>' if opinion.reply else ""
    return (
        f'<article lang="{opinion.language}">{title}<div class="stars">{"★" * opinion.stars}{"☆" * (5 - opinion.stars)}'
        f'</div><div class="meta">{escape(opinion.author)} · {local:%d.%m.%Y %H:%M}</div>{body}{answer}</article>'
    )


def _microdata(opinion: Opinion) -> str:
    title = f'<h2 itemprop="name">{escape(opinion.title)}</h2>' if opinion.title else ""
    body = f'<p itemprop="reviewBody">{escape(opinion.text)}</p>' if opinion.text else ""
    return (
        f'<article itemprop="review" itemscope itemtype="https://schema.org/Review">{title}'
        '<div itemprop="reviewRating" itemscope itemtype="https://schema.org/Rating">'
        f'<span class="stars"><b itemprop="ratingValue">{comma(points(opinion))}</b> / '
        '<span itemprop="bestRating">10</span></span><meta itemprop="worstRating" content="0"></div>'
        '<div class="meta"><span itemprop="author" itemscope itemtype="https://schema.org/Person">'
        f'<span itemprop="name">{escape(opinion.author)}</span></span> · '
        f'<time itemprop="datePublished" datetime="{opinion.day.isoformat()}">{opinion.day:%d.%m.%Y}</time></div>'
        f"{body}</article>"
    )


def _links(count: int, page: int, path: str) -> tuple[str | None, str | None]:
    before = f"{path}?page={page - 1}" if page > 1 else None
    after = f"{path}?page={page + 1}" if page < last_page(count) else None
    return before, after


def _page(
    site: str, colour: str, firm: Firm, location: str, body: str, head: str, links: tuple[str | None, str | None]
) -> str:
    before, after = links
    rel = f'<link rel="next" href="{after}">' if after else ""
    nav = (f'<a rel="prev" href="{before}">Neuere</a>' if before else "") + (
        f'<a rel="next" href="{after}">Ältere</a>' if after else ""
    )
    name = f"{escape(firm.title)} {escape(location)}"
    return (
        f'<!doctype html><html lang="de"><head><meta charset="utf-8"><title>{name}: Bewertungen | {site}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE % colour}</style>{rel}{head}</head>'
        f"<body><header><strong>{site}</strong> · erfundene Firmen, erfundene Menschen</header>"
        f"<main><h1>{name}</h1>{body}<nav>{nav}</nav></main></body></html>"
    )
