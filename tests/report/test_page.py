import re
import shutil
import subprocess
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from pipeline.report import escalations, page, view
from tests.report import samples
from tests.reputation.test_narrative import numbers_of, plain

VOID = {"meta", "br", "img", "link", "hr", "input"}


class Reader(HTMLParser):
    """Text people read (hidden and spoken text too), tags in order, and every attribute."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.stack, self.tags, self.attributes, self.text = [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag):
        assert self.stack.pop() == tag

    def handle_data(self, data):
        if "style" not in self.stack and "svg" not in self.stack:
            self.text.append(data)


def read(html):
    reader = Reader()
    reader.feed(html)
    assert reader.stack == []
    return reader


@cache
def page_of(sample, language):
    return page.render_html(sample(), language)


EVERY = pytest.mark.parametrize("sample", samples.ALL)
BOTH = pytest.mark.parametrize("language", ["en", "de"])


@EVERY
@BOTH
def test_page_stands_alone(sample, language):
    html = page_of(sample, language)
    reader = read(html)
    assert not {"script", "link", "iframe", "object", "embed", "img", "base", "form"} & set(reader.tags)
    for tag, name, value in reader.attributes:
        assert not name.startswith("on")
        assert name not in ("src", "srcset", "xmlns", "xmlns:xlink", "xlink:href")
        if name == "href":
            assert value.startswith("#") if tag != "a" else value.startswith("https://reviews.example/")
    assert not re.search(r"@import|url\((?!#)|https?://(?!reviews\.example)", html)


@EVERY
@BOTH
def test_page_is_marked_up_for_everyone(sample, language):
    reader = read(page_of(sample, language))
    assert ("html", "lang", language) in reader.attributes
    assert reader.tags.count("h1") == 1
    assert reader.tags.index("h1") < reader.tags.index("h2") < reader.tags.index("h3")
    labels = [value for tag, name, value in reader.attributes if (tag, name) == ("svg", "aria-label")]
    assert len(labels) == reader.tags.count("svg")
    assert all(labels)
    ids = [value for _, name, value in reader.attributes if name == "id"]
    assert len(ids) == len(set(ids))


@EVERY
def test_both_languages_show_the_same_numbers(sample):
    shown = {}
    for language in ("en", "de"):
        reader = read(page_of(sample, language))
        labels = {value for _, name, value in reader.attributes if name == "aria-label"}
        shown[language] = numbers_of(plain(" ".join([*reader.text, *sorted(labels)])), language)
    assert shown["en"] == shown["de"]


@EVERY
@BOTH
def test_page_never_says_significant_or_shows_a_gap(sample, language):
    text = " ".join(read(page_of(sample, language)).text)
    assert not re.search(r"signifi[ck]an|\{\{|\bNone\b|\bnan\b|Undefined", text)


@pytest.mark.parametrize("sample", [samples.bad, samples.nothing_ever])
@BOTH
def test_same_report_gives_the_same_bytes(sample, language):
    assert page.render_html(sample(), language) == page_of(sample, language)
    assert page.render_markdown(sample(), language) == page.render_markdown(sample(), language)


@BOTH
def test_text_of_others_is_shown_not_run(language):
    html = page_of(samples.hostile, language)
    reader = read(html)
    assert "<script>alert('x')</script> & <img src=x" in "".join(reader.text)
    assert not {"b", "i", "u"} & set(reader.tags)
    assert "javascript:" not in html
    markdown = page.render_markdown(samples.hostile(), language)
    assert "<script" not in markdown
    assert "javascript:" not in markdown


def test_small_numbers_show_no_figure():
    html = page_of(samples.few, "en")
    assert html.count("too few reviews (n = 4)") == 2
    assert "zu wenige Bewertungen (n = 4)" in page_of(samples.few, "de")


def test_empty_states_say_so():
    text = " ".join(read(page_of(samples.nothing_ever, "en")).text)
    for sentence in (
        "No reviews came in this week.",
        "No comparison this week.",
        "No locations on record.",
        "No negative review with text this week.",
        "No open incident.",
    ):
        assert sentence in text


def test_waterfall_bars_end_where_the_next_begins():
    for sample in samples.ALL:
        rows = view.bars(sample(), "en")
        steps = [row for row in rows if not row.is_total]
        assert all(a.end == pytest.approx(b.start) for a, b in pairwise(steps))
        if steps:
            assert steps[-1].end == pytest.approx(rows[-1].end, abs=0.05)


def test_markdown_has_the_same_order_as_the_page():
    headings = re.findall(r"^## (.+)$", page.render_markdown(samples.bad(), "en"), re.MULTILINE)
    assert headings == [
        "Four figures",
        "Share of negative reviews over 26 weeks",
        "What drove it (percentage points)",
        "Where",
        "In their own words",
        "Praise",
        "Needs you",
        "Open incidents",
        "What this rests on",
    ]


def test_reviews_that_wait_are_listed_with_reason_and_due_time():
    text = " ".join("".join(read(page_of(samples.bad, "en")).text).split())
    assert "P1legal, disputed money, was due" in text
    assert "P1safety, very negative, due" in text
    assert "more waiting" not in text
    german = " ".join("".join(read(page_of(samples.hostile, "de")).text).split())
    assert "Wartend außerdem: 1.201." in german
    assert "Sicherheit, rechtlich, Diskriminierung, Antwort überfällig" in german
    assert "Needs you" not in page_of(samples.nothing_ever, "en")


def test_every_reason_has_a_name_in_both_languages():
    assert escalations.REASONS["en"].keys() == escalations.REASONS["de"].keys()
    assert len(escalations.REASONS["en"]) == 14


def test_index_lists_newest_week_first_and_escapes_names():
    html = page.render_index([(samples.bad(), "brandt/2026-W47/en.html"), (samples.hostile(), "x/en.html")], "en")
    reader = read(html)
    assert [value for tag, name, value in reader.attributes if (tag, name) == ("a", "href")] == [
        "brandt/2026-W47/en.html",
        "x/en.html",
    ]
    assert "b" not in reader.tags


@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs a browser that prints")
@pytest.mark.parametrize("sample", [samples.bad, samples.hostile, samples.nothing_ever])
@BOTH
def test_page_prints_on_one_sheet_of_a4(sample, language, tmp_path):
    source, target = tmp_path / "page.html", tmp_path / "page.pdf"
    source.write_text(page_of(sample, language), encoding="utf-8")
    flags = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    command = ["chromium", *flags.split(), "--disable-component-update", "--disable-sync", "--no-pdf-header-footer"]
    command += [f"--user-data-dir={tmp_path / 'profile'}", f"--print-to-pdf={target}", source.as_uri()]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    pdf = target.read_bytes()
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
    width, height = (float(side) for side in re.search(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", pdf).groups())
    assert (round(width), round(height)) == (595, 842)
