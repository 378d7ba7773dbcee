"""Measures the parsers beside the bare library on the same bytes: MB/s and reviews/s on one core.

python bench/parse.py [--reviews 2000]
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime

import lxml.etree
import lxml.html

from pipeline import sources
from pipeline.review import RawPage
from pipeline.sources import file_rows

_TEXT = "The parcel came two weeks late, the box was torn, and nobody answered. Größe stimmt auch nicht."


def _best(work: Callable[[], object], tries: int = 3) -> float:
    took = []
    for _ in range(tries):
        started = time.perf_counter()
        work()
        took.append(time.perf_counter() - started)
    return min(took)


def _json_ld(count: int) -> bytes:
    nodes = [
        {"@type": "Review", "author": {"@type": "Person", "name": f"A{at}"}, "datePublished": "2026-03-05",
         "reviewBody": f"{_TEXT} {at}", "reviewRating": {"@type": "Rating", "ratingValue": 1 + at % 5}}
        for at in range(count)
    ]  # fmt: skip
    blob = json.dumps({"@context": "https://schema.org", "@type": "Product", "name": "Brio", "review": nodes})
    return f'<html><body><script type="application/ld+json">{blob}</script></body></html>'.encode()


def _microdata(count: int) -> bytes:
    parts = [
        f'<div itemprop="review" itemscope itemtype="https://schema.org/Review"><span itemprop="author">A{at}</span>'
        f'<time itemprop="datePublished" datetime="2026-03-05"></time><p itemprop="reviewBody">{_TEXT} {at}</p>'
        f'<div itemprop="reviewRating" itemscope itemtype="https://schema.org/Rating">'
        f'<meta itemprop="ratingValue" content="{1 + at % 5}"></div></div>'
        for at in range(count)
    ]
    body = "".join(parts)
    return f'<html><body><div itemscope itemtype="https://schema.org/Product">{body}</div></body></html>'.encode()


def _steam(count: int) -> bytes:
    rows = [
        {"recommendationid": str(at), "author": {"steamid": str(at)}, "voted_up": at % 3 > 0, "language": "english",
         "timestamp_created": 1_773_000_000 + at, "review": f"{_TEXT} {at}"}
        for at in range(count)
    ]  # fmt: skip
    return json.dumps({"response": {"cursor": "x", "reviews": rows}}).encode()


def _feed(count: int) -> bytes:
    items = "".join(
        f"<item><title>Rating: {1 + at % 5}/5</title><guid>{at}</guid><author>a{at}@mail.example</author>"
        f"<pubDate>Thu, 05 Mar 2026 08:00:00 GMT</pubDate><description>{_TEXT} {at}</description></item>"
        for at in range(count)
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>R</title>{items}</channel></rss>'.encode()


def _rdfa(count: int) -> bytes:
    body = "".join(
        f'<div property="review" typeof="Review"><span property="author">A{at}</span>'
        f'<span property="datePublished" content="2026-03-05"></span><p property="reviewBody">{_TEXT} {at}</p>'
        f'<div property="reviewRating" typeof="Rating"><span property="ratingValue">{1 + at % 5}</span></div></div>'
        for at in range(count)
    )
    return f'<html><body><div vocab="https://schema.org/" typeof="Product">{body}</div></body></html>'.encode()


def _app_store(count: int) -> bytes:
    entries = [
        {"id": {"label": str(at)}, "im:rating": {"label": str(1 + at % 5)}, "title": {"label": "R"},
         "content": {"label": f"{_TEXT} {at}"}, "author": {"name": {"label": f"A{at}"}},
         "updated": {"label": "2026-03-05T10:00:00-07:00"}}
        for at in range(count)
    ]  # fmt: skip
    return json.dumps({"feed": {"entry": entries}}).encode()


def _bazaarvoice(count: int) -> bytes:
    rows = [
        {"Id": str(at), "Rating": 1 + at % 5, "ReviewText": f"{_TEXT} {at}", "UserNickname": f"A{at}",
         "SubmissionTime": "2026-03-05T10:00:00.000+00:00"}
        for at in range(count)
    ]  # fmt: skip
    return json.dumps({"HasErrors": False, "Results": rows, "TotalResults": count}).encode()


def _google_play(count: int) -> bytes:
    rows = [
        [f"id{at}", [f"A{at}"], 1 + at % 5, None, f"{_TEXT} {at}", [1_773_000_000 + at, 0], 0, None, None, None]
        for at in range(count)
    ]
    inner = json.dumps([rows, [None, "token"]])
    return (")]}'\n\n" + json.dumps([["wrb.fr", "UsvDTd", inner, None, None, None, "generic"]])).encode()


def _bare_google_play(body: bytes) -> object:
    return json.loads(json.loads(body.split(b"\n", 2)[2])[0][2])


def _csv(count: int) -> bytes:
    rows = "".join(f'{at},{1 + at % 5},2026-03-05,A{at},"{_TEXT} {at}"\n' for at in range(count))
    return f"id,rating,date,author,text\n{rows}".encode()


def _bare_utf_16(body: bytes) -> object:
    return list(csv.reader(io.StringIO(body.decode("utf-16"))))


def _json_lines(count: int) -> bytes:
    return "".join(
        json.dumps({"id": at, "rating": 1 + at % 5, "text": f"{_TEXT} {at}"}) + "\n" for at in range(count)
    ).encode()


def _bare_json_ld(body: bytes) -> object:
    return [json.loads(script.text) for script in lxml.html.fromstring(body).iter("script")]


def _page(source: str, body: bytes) -> RawPage:
    kind = {"web_page": "text/html; charset=utf-8", "feed": "application/xml"}.get(source, "application/json")
    return RawPage(source, "https://bench.example/", datetime(2026, 3, 6, tzinfo=UTC), 200, kind, body)


def _show(name: str, count: int, body: bytes, ours: Callable[[], int], bare: Callable[[], object]) -> None:
    assert ours() == count, name
    size = len(body) / 1e6
    took, least = _best(ours), _best(bare)
    rates = f"{size / took:>8.1f} MB/s {count / took:>9,.0f} reviews/s"
    print(f"{name:<18}{rates}   bare {size / least:>8.1f} MB/s  x{took / least:.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reviews", type=int, default=2000)
    count: int = parser.parse_args().reviews
    pages: list[tuple[str, str, bytes, Callable[[bytes], object]]] = [
        ("JSON-LD", "web_page", _json_ld(count), _bare_json_ld),
        ("microdata", "web_page", _microdata(count), lxml.html.fromstring),
        ("RDFa", "web_page", _rdfa(count), lxml.html.fromstring),
        ("steam", "steam", _steam(count), json.loads),
        ("App Store feed", "app_store_feed", _app_store(count), json.loads),
        ("Bazaarvoice", "bazaarvoice", _bazaarvoice(count), json.loads),
        ("Google Play", "google_play_page", _google_play(count), _bare_google_play),
        ("feed", "feed", _feed(count), lxml.etree.fromstring),
    ]
    for name, source, body, bare in pages:
        known, page = sources.get(source), _page(source, body)
        _show(name, count, body, lambda k=known, p=page: len(k.parse(p)), lambda b=body, f=bare: f(b))  # type: ignore[misc]
    tables: list[tuple[str, bytes, Callable[[bytes], object]]] = [
        ("CSV", _csv(count), lambda body: list(csv.reader(io.StringIO(body.decode())))),
        ("CSV in UTF-16", _csv(count).decode().encode("utf-16"), _bare_utf_16),
        ("JSON lines", _json_lines(count), lambda body: [json.loads(line) for line in body.splitlines()]),
    ]
    for name, body, bare in tables:
        _show(
            name,
            count,
            body,
            lambda b=body: sum(1 for _ in file_rows.parse_bytes(b, source="file", entity="Brio", location=None)),  # type: ignore[misc]
            lambda b=body, f=bare: f(b),  # type: ignore[misc]
        )


if __name__ == "__main__":
    main()
