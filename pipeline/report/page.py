"""The weekly page: `render_html` and `render_markdown`, one report to one text, the same numbers in every language.

The HTML file stands alone: style and charts are inside, there is no script, and nothing is loaded from elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from pipeline.report import charts, escalations, view
from pipeline.reputation import narrative, numbers
from pipeline.reputation.numbers import Language
from pipeline.reputation.weekly import WeekReport

DENSE_CHARACTERS = 950
_MARKDOWN_MARKS = re.compile(r"([\\`*_\[\]#|~])")


def render_html(report: WeekReport, lang: Language) -> str:
    """The page as one HTML document in `lang`; it prints on one sheet of A4."""
    context = _context(report, lang)
    found, legend = view.flags(report, lang)
    label = view.chart_label(report, lang)
    limits = narrative.report_chart(report)
    rows = view.bars(report, lang)
    wide, narrow = (
        Markup(charts.control_svg(report.figures, limits, found, language=lang, label=label, narrow=is_narrow))  # noqa: S704
        for is_narrow in (False, True)
    )
    drivers = charts.waterfall_svg(rows, label=view.bars_label(rows)) if rows else ""
    context["is_dense"] = _is_dense(report, context)
    if context["is_dense"]:
        context |= _escalations(report, lang, escalations.SHOWN_DENSE)
    template = _environment(is_html=True).get_template("page.html.j2")
    # The charts escape their own labels.
    return template.render(context, wide=wide, narrow=narrow, drivers=Markup(drivers), legend=legend)  # noqa: S704


def render_markdown(report: WeekReport, lang: Language) -> str:
    """The page as Markdown, charts in words; for e-mail and chat."""
    _, legend = view.flags(report, lang)
    rows = view.bars(report, lang)
    return (
        _environment(is_html=False).get_template("page.md.j2").render(_context(report, lang), legend=legend, rows=rows)
    )


def render_index(reports: Sequence[tuple[WeekReport, str]], lang: Language) -> str:
    """A page that lists reports, newest week first, each with its headline and a link to the relative path given."""
    entries = [
        {
            "path": path,
            "entity": report.entity_name,
            "monday": report.week_start,
            "week": view.week_name(report.week_start, lang),
            "days": numbers.week_days(report.week_start, lang),
            "headline": narrative.headline(report, lang),
        }
        for report, path in reports
    ]
    entries.sort(key=lambda entry: str(entry["entity"]))
    entries.sort(key=lambda entry: str(entry["monday"]), reverse=True)
    template = _environment(is_html=True).get_template("index.html.j2")
    return template.render(lang=lang, entries=entries, label=_labeller(lang))


def _is_dense(report: WeekReport, context: dict[str, object]) -> bool:
    """Whether the page holds so much text that print needs the smaller type to stay on one sheet."""
    quoted = [quote.text for quote in (*report.quotes[: view.SHOWN_QUOTES], *report.praise[:1])]
    written = [part for key in ("notices", "causes", "incidents", "places", "words") for part in _texts(context[key])]
    waiting = [f"{line.reasons}{line.due}{line.text}" for line in escalations.lines(report, "en")]
    return sum(len(text) for text in (report.entity_name, *quoted, *written, *waiting)) > DENSE_CHARACTERS


def _texts(parts: object) -> list[str]:
    return ["".join(part) for part in parts] if isinstance(parts, list) else []


def _labeller(lang: Language) -> object:
    def label(key: str, **values: object) -> str:
        return view.label(key, lang, **values)

    return label


def _context(report: WeekReport, lang: Language) -> dict[str, object]:
    more_incidents = len(report.incidents) - view.SHOWN_INCIDENTS
    more_sources = len(report.trust.sources) - view.SHOWN_SOURCES
    return {
        "lang": lang,
        "label": _labeller(lang),
        "entity": report.entity_name,
        "week": view.week_name(report.week_start, lang),
        "days": numbers.week_days(report.week_start, lang),
        "as_of": numbers.moment(report.as_of, report.time_zone, lang),
        "notices": narrative.notices(report, lang),
        "headline": narrative.headline(report, lang),
        "causes": narrative.causes(report, lang),
        "cards": view.cards(report, lang),
        "chart_title": view.chart_title(report, lang),
        "chart_legend": view.chart_legend(report, lang),
        "chart_sentence": narrative.chart_sentence(report, lang),
        "words": view.words(report, lang),
        "places": view.places(report, lang),
        "quotes": view.quote_lines(report.quotes, lang),
        "praise": view.quote_lines(report.praise[:1], lang),
        **_escalations(report, lang, escalations.SHOWN),
        "incidents": view.incidents(report, lang),
        "more_incidents": _more(more_incidents, lang),
        "trust": narrative.trust(report, lang),
        "sources": view.sources(report, lang),
        "more_sources": _more(more_sources, lang),
    }


def _escalations(report: WeekReport, lang: Language, shown: int) -> dict[str, object]:
    """The first reviews that wait for a person, and how many more do."""
    return {
        "escalations": escalations.lines(report, lang, shown),
        "more_escalations": _more(report.n_escalations - shown, lang),
    }


def _more(count: int, lang: Language) -> str:
    return numbers.decimal(count, lang) if count > 0 else ""


@cache
def _environment(*, is_html: bool) -> Environment:
    environment = Environment(
        loader=PackageLoader("pipeline.report"),
        autoescape=is_html,  # noqa: S701  Markdown has its own escape below
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["md"] = _escape_markdown
    return environment


def _escape_markdown(text: str) -> str:
    """`text` on one line with Markdown marks and HTML made harmless."""
    flat = re.sub(r"\s*[\r\n]+\s*", " ", text)
    plain = flat.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _MARKDOWN_MARKS.sub(r"\\\1", plain)
