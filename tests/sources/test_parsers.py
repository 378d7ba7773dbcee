"""What parsers do with payloads that are not what they should be, and how far `fetch` reads."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from pipeline import sources
from pipeline.errors import BadInput, PipelineError, SourceCut, UsageError
from pipeline.sources import file_rows, values
from pipeline.sources.client import Client
from pipeline.sources.source import Subscription
from tests.sources.conftest import WINDOW, page_of
from tests.sources.test_fixtures import CASES

_ERROR_PAGE = (
    b"<!doctype html><html><head><title>Error</title></head><body><h1>503 Service Unavailable</h1></body></html>"
)
_LOGIN = b"<html><body><form><input name='user'><input type=\"password\" name='p'></form></body></html>"
_WALL = b"<html><head><title>Just a moment...</title></head><body></body></html>"


def _rows(body: bytes, layout: str = "generic", **mapping: str) -> list[file_rows.Item]:
    return list(
        file_rows.parse_bytes(body, source="file", entity="Brio", location=None, layout=layout, mapping=mapping)
    )


@pytest.mark.parametrize("source", sorted(sources.names()))
@pytest.mark.parametrize("body", [b"", b" \n"])
def test_an_empty_payload_is_one_line(source: str, body: bytes) -> None:
    with pytest.raises(BadInput) as error:
        sources.get(source).parse(page_of(source, body))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("source", "body", "says"),
    [
        ("steam", _ERROR_PAGE, "not JSON"),
        ("steam", b'{"error": "no key"}', "no Steam reviews"),
        ("steam", b'{"success": 2, "reviews": []}', "no Steam reviews"),
        ("steam", b"[1, 2]", "no Steam reviews"),
        ("feed", _ERROR_PAGE, "not a feed"),
        ("feed", b'{"a": 1}', "not a feed"),
        ("file", _ERROR_PAGE, "a web page"),
        ("web_page", _LOGIN, "a login page"),
        ("web_page", _WALL, "a wall"),
        ("web_page", b"%PDF-1.7 <", "not a web page"),
        ("web_page", b'{"a": 1}', "not a web page"),
    ],
)
def test_another_payload_is_one_line(source: str, body: bytes, says: str) -> None:
    with pytest.raises(BadInput) as error:
        sources.get(source).parse(page_of(source, body))
    assert says in str(error.value)
    assert "\n" not in str(error.value)


def test_a_page_without_reviews_is_fine() -> None:
    assert sources.get("web_page").parse(page_of("web_page", b"<html><body><p>Hello</p></body></html>")) == []


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"rating,text\n", "no rows"),
        (b"a,b\n1,2\n", "no column for rating or text; columns: a, b"),
        (b"just words\nmore words\n", "one column only"),
        (b'[{"rating": 1', "broken JSON"),
        (b'{"rating": 1', "broken JSON"),
    ],
)
def test_a_file_that_is_no_table_of_reviews_is_one_line(body: bytes, says: str) -> None:
    with pytest.raises(BadInput) as error:
        _rows(body)
    assert says in str(error.value).replace(". Name it with --map", "")
    assert "\n" not in str(error.value)


def test_a_missing_column_is_named_beside_the_present_ones() -> None:
    with pytest.raises(BadInput, match=r"no column 'Stern' for rating.*Columns: sterne, kommentar"):
        _rows(b"Sterne,Kommentar\n4,x\n", rating="Stern")
    with pytest.raises(UsageError, match="no field 'stars'"):
        _rows(b"Sterne,Kommentar\n4,x\n", stars="Sterne")
    with pytest.raises(UsageError, match="no layout 'xls'"):
        _rows(b"Sterne,Kommentar\n4,x\n", layout="xls")


def test_a_mapping_wins_over_what_a_column_seems_to_be() -> None:
    (review,) = _rows(b"text,real text,rating\nwrong,right,4\n", text="real text")
    assert not isinstance(review, file_rows.RejectedRow)
    assert review.text == "right"


def test_bad_rows_are_set_aside_with_their_line() -> None:
    good, bad, last = _rows(b'rating,text\n4,"two\nlines"\n,\n5,fine\n')
    assert bad == file_rows.RejectedRow(4, "neither rating nor text")
    assert not isinstance(good, file_rows.RejectedRow)
    assert not isinstance(last, file_rows.RejectedRow)
    assert isinstance(_rows(b'{"rating": 3}\n{"rating": \n')[1], file_rows.RejectedRow)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encodings_and_dialects_read_alike(encoding: str, delimiter: str) -> None:
    text = "Sterne|Kommentar|Autor\n2|Größe fällt schön klein aus, 40 € für nichts.|Jürgen\n"
    if delimiter == ",":
        text = text.replace("aus, 40", "aus 40")
    (review,) = _rows(text.replace("|", delimiter).encode(encoding))
    assert not isinstance(review, file_rows.RejectedRow)
    assert (review.text or "").startswith("Größe fällt schön klein aus")
    assert "€" in (review.text or "")
    assert review.author == "Jürgen"


def test_a_binary_file_is_one_line() -> None:
    with pytest.raises(BadInput) as error:
        _rows(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20)
    assert "\n" not in str(error.value)


def test_a_folder_is_read_file_by_file(tmp_path: Path, client: Client) -> None:
    (tmp_path / "b.csv").write_text("rating,text\n4,x\n", encoding="utf-8")
    (tmp_path / "a.jsonl").write_text('{"rating": 1}\n', encoding="utf-8")
    (tmp_path / "notes.txt").write_text("x", encoding="utf-8")
    subscription = Subscription("exports", "file", "Brio", options={"path": str(tmp_path)})
    pages = list(sources.get("file").fetch(subscription, WINDOW, client))
    assert [page.url.rsplit("/", 1)[1] for page in pages] == ["a.jsonl", "b.csv"]
    assert all(page.url.startswith("file:///") for page in pages)
    missing = Subscription("exports", "file", "Brio", options={"path": str(tmp_path / "none")})
    with pytest.raises(BadInput, match="no such file"):
        list(sources.get("file").fetch(missing, WINDOW, client))


@pytest.mark.parametrize(
    ("written", "stars"),
    [("3,2", 3.2), ("87/100", 4.48), ("4 of 5", 4.0), ("4 von 5", 4.0), (4.0, 4.0), ("★★★", 3.0), ("80%", 4.2),
     ("four", 4.0), ("", None), ("n/a", None), (None, None), (True, None), (float("nan"), None)],
)  # fmt: skip
def test_ratings_as_people_write_them(written: object, stars: float | None) -> None:
    rating = values.rating(written)
    assert (None if rating is None else rating.stars) == (None if stars is None else pytest.approx(stars))


@pytest.mark.parametrize(
    ("written", "iso", "precision"),
    [("05.03.2026", "2026-03-05", "day"), ("25/03/2026", "2026-03-25", "day"), ("03/25/2026", "2026-03-25", "day"),
     ("2026-03-05 10:11:12", "2026-03-05T10:11:12", "second"),
     ("2026-03-05T10:11Z", "2026-03-05T10:11:00+00:00", "minute"),
     ("2026-03-05T10:11:12+01:00", "2026-03-05T10:11:12+01:00", "second"), ("2026-03", "2026-03-01", "month"),
     (1772800000, "2026-03-06T12:26:40+00:00", "second"), ("1772800000000", "2026-03-06T12:26:40+00:00", "second"),
     ("Sat, 07 Mar 2026 08:00:00 GMT", "2026-03-07T08:00:00+00:00", "second")],
)  # fmt: skip
def test_dates_as_sites_write_them(written: object, iso: str, precision: str) -> None:
    found, kind = values.when(written)
    assert found is not None
    assert (found.isoformat(), kind) == (iso, precision)


@pytest.mark.parametrize("written", ["05/03/2026", "yesterday", "2026-13-45", "", None, True, 4])
def test_dates_that_cannot_be_told_are_none(written: object) -> None:
    assert values.when(written) == (None, None)


def test_the_registry_knows_its_sources() -> None:
    assert {"feed", "file", "steam", "web_page"} <= set(sources.names())
    assert all(sources.get(name).name == name for name in sources.names())
    assert all(sources.get(name).name == name for name in sources.names())
    with pytest.raises(UsageError, match="Known: app_store_connect, app_store_feed"):
        sources.get("twitter")


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_damaged_payloads_never_crash_a_parser(data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(CASES))
    body = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(body)))
        cut = data.draw(st.integers(0, 30))
        body[at : at + cut] = data.draw(
            st.binary(max_size=8) | st.sampled_from([b"null", b"[]", b"{}", b'"', b"<", b"1e999", b"\0", b"-9" * 20])
        )
    said = ""
    try:
        sources.get(path.parent.name).parse(page_of(path.parent.name, bytes(body)))
    except PipelineError as error:
        said = str(error)
    assert "\n" not in said


def _review_page(day: int, following: str | None) -> str:
    node = {"@type": "Review", "author": f"A{day}", "datePublished": f"2026-03-{day:02}", "reviewBody": f"Day {day}"}
    link = f'<a rel="next" href="{following}">more</a>' if following else ""
    return f'<html><script type="application/ld+json">{json.dumps(node)}</script>{link}</html>'


def test_pages_are_followed_until_one_is_older(
    client: Client, open_site: HTTPServer, subscribe: Callable[..., Subscription]
) -> None:
    for number, day in enumerate((9, 7, 5, 3), start=1):
        open_site.expect_request(f"/reviews{number}").respond_with_data(
            _review_page(day, f"/reviews{number + 1}"), content_type="text/html"
        )
    fetch = sources.get("web_page").fetch
    assert len(list(fetch(subscribe("/reviews1"), WINDOW, client))) == 3
    bounded = fetch(subscribe("/reviews1", max_pages="2"), WINDOW, client)
    assert [next(bounded).url[-1], next(bounded).url[-1]] == ["1", "2"]
    with pytest.raises(SourceCut, match="max_pages"):
        next(bounded)


def test_another_host_is_not_followed(
    client: Client, open_site: HTTPServer, subscribe: Callable[..., Subscription]
) -> None:
    open_site.expect_request("/reviews").respond_with_data(
        _review_page(9, "https://elsewhere.example/"), content_type="text/html"
    )
    assert len(list(sources.get("web_page").fetch(subscribe(), WINDOW, client))) == 1


def test_steam_feeds_the_cursor_back_encoded_once(
    client: Client, open_site: HTTPServer, subscribe: Callable[..., Subscription]
) -> None:
    cursors: list[str] = []

    def answer(request: Request) -> Response:
        cursors.append(request.args["cursor"])
        following = {"*": "Ao+/=", "Ao+/=": "Bo+/="}.get(request.args["cursor"])
        if following is None:
            return Response('{"response": {}}', content_type="application/json")
        row = {"recommendationid": following, "voted_up": True, "timestamp_created": 1773040000, "review": "x"}
        return Response(json.dumps({"response": {"cursor": following, "reviews": [row]}}))

    open_site.expect_request("/IUserReviewsService/GetAppReviews/v1/").respond_with_handler(answer)
    subscription = subscribe("/", "steam", appid="440", base_url=open_site.url_for("/"))
    steam = sources.get("steam")
    pages = list(steam.fetch(subscription, WINDOW, client))
    assert cursors == ["*", "Ao+/=", "Bo+/="]
    assert sum(len(steam.parse(page)) for page in pages) == 2
    with pytest.raises(UsageError, match="no appid"):
        list(steam.fetch(subscribe("/", "steam"), WINDOW, client))
