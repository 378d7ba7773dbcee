"""The picture of a replay: negative reviews over time, and below them what each budget would have sent."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Literal

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.dates import AutoDateLocator
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from pipeline.report.charts import BAND, CALM, INK, LINE, MUTED, RULE, WORSE, style
from pipeline.reputation import numbers
from pipeline.reputation.numbers import Language
from pipeline.reputation.replay import BudgetRow
from pipeline.reputation.timeline import Timeline

Format = Literal["svg", "png"]

WORDS: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "title": "{name}, {start} to {end}",
        "day": "negative reviews a day",
        "week": "negative reviews a week",
        "usual": "usual number, with the band of 95% of usual times",
        "outside": "more than usual",
        "rows": "alerts if you accept this many false ones a month",
        "count": "{n} ({rate} a month)",
        "urgent": "P1",
        "other": "P2, P3",
        "nothing": "no reviews in this time",
    },
    "de": {
        "title": "{name}, {start} bis {end}",
        "day": "negative Bewertungen am Tag",
        "week": "negative Bewertungen in der Woche",
        "usual": "übliche Anzahl, mit dem Bereich von 95 % der üblichen Zeiten",
        "outside": "mehr als üblich",
        "rows": "Hinweise, wenn Sie so viele falsche im Monat hinnehmen",
        "count": "{n} ({rate} im Monat)",
        "urgent": "P1",
        "other": "P2, P3",
        "nothing": "keine Bewertungen in dieser Zeit",
    },
}
_DPI = 144
EPOCH = date(1970, 1, 1)


def replay_picture(
    timeline: Timeline, rows: Sequence[BudgetRow], *, name: str, chosen: float, language: Language, form: Format
) -> bytes:
    """The picture as SVG or PNG; the row of the budget `chosen` is in bold. The same bytes for the same replay."""
    with rc_context(style("replay")):
        figure = Figure(figsize=(9.6, 3.7 + 0.3 * len(rows)), layout="constrained")
        counts, alerts = figure.subplots(2, 1, sharex=True, height_ratios=(2.6, 0.3 * len(rows) + 0.35))
        end = timeline.days[-1] + timedelta(days=timeline.step - 1)
        _draw_counts(counts, timeline, language)
        _draw_rows(alerts, rows, chosen, language)
        words = WORDS[language]
        span = {"start": numbers.day(timeline.days[0], language), "end": numbers.day(end, language)}
        figure.suptitle(
            words["title"].format(name=name, **span), x=0.005, ha="left", color=INK, fontweight="bold", fontsize=10
        )
        alerts.set_xlim(_number(timeline.days[0]) - 0.6, _number(end) + 0.6)
        _label_days(alerts, timeline.days[0], end, language)
        return _bytes(figure, form)


def _draw_counts(axes: Axes, timeline: Timeline, language: Language) -> None:
    words, x = WORDS[language], [_number(day) for day in timeline.days]
    width = 0.82 * timeline.step
    middle = [day + (timeline.step - 1) / 2 for day in x]
    edges = [edge for day in x for edge in (day - 0.5, day + timeline.step - 0.5)]
    low, high = ([value for value in values for _ in range(2)] for values in (timeline.low, timeline.high))
    axes.fill_between(edges, low, high, color=BAND, linewidth=0, zorder=1)
    usual = [value for value in timeline.expected for _ in range(2)]
    axes.plot(edges, usual, color=LINE, linewidth=1, linestyle=(0, (4, 2)), zorder=4, label=words["usual"])
    is_high = [y > top for y, top in zip(timeline.negatives, timeline.high, strict=True)]
    colors = [WORSE if high_ else CALM for high_ in is_high]
    axes.bar(middle, timeline.negatives, width=width, color=colors, zorder=3, linewidth=0)
    if any(is_high):
        axes.bar([middle[0]], [0], color=WORSE, label=words["outside"])
    axes.set_ylim(0, max(1.0, float(max(timeline.negatives))) * 1.08)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: numbers.decimal(y, language)))
    axes.set_ylabel(words["day" if timeline.step == 1 else "week"], color=MUTED)
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False, fontsize=8, labelcolor=MUTED)
    if not timeline.negatives.any():
        axes.text(0.5, 0.5, words["nothing"], transform=axes.transAxes, ha="center", color=MUTED)


def _draw_rows(axes: Axes, rows: Sequence[BudgetRow], chosen: float, language: Language) -> None:
    words = WORDS[language]
    for place, row in enumerate(rows):
        is_chosen = row.false_alerts_a_month == chosen
        axes.axhline(place, color=LINE if is_chosen else RULE, linewidth=1, zorder=1)
        for is_urgent in (False, True):
            days = [_number(a.alert_day) for a in row.alerts if (a.severity == "P1") is is_urgent]
            axes.plot(
                days, [place] * len(days), linestyle="none", marker="D" if is_urgent else "o", markersize=6,
                markerfacecolor=WORSE if is_urgent else "white", markeredgecolor=WORSE, zorder=3,
                label=words["urgent" if is_urgent else "other"] if place == 0 else None,
            )  # fmt: skip
        rate = numbers.decimal(row.alerts_a_month, language, digits=1)
        text = words["count"].format(n=numbers.decimal(row.n_alerts, language), rate=rate)
        axes.annotate(
            text, (1, place), xycoords=("axes fraction", "data"), xytext=(6, 0), textcoords="offset points",
            va="center", annotation_clip=False, color=INK, fontweight="bold" if is_chosen else "normal",
        )  # fmt: skip
    labels = [numbers.decimal(row.false_alerts_a_month, language, digits=2, fixed=False) for row in rows]
    axes.set_yticks(range(len(rows)), labels)
    for place, tick in enumerate(axes.get_yticklabels()):
        tick.set_fontweight("bold" if rows[place].false_alerts_a_month == chosen else "normal")
        tick.set_color(INK)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.grid(visible=False)
    axes.set_title(words["rows"], loc="left", color=MUTED, fontsize=8)
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False, fontsize=8, labelcolor=MUTED)


def _label_days(axes: Axes, start: date, end: date, language: Language) -> None:
    locator = AutoDateLocator(minticks=4, maxticks=9)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    skeleton = "yMMM" if (end - start).days > 120 else "MMMd"
    axes.xaxis.set_major_formatter(
        FuncFormatter(lambda x, _: numbers.day(EPOCH + timedelta(days=int(x)), language, skeleton=skeleton))
    )


def _number(day: date) -> int:
    """A day as matplotlib counts days."""
    return (day - EPOCH).days


def _bytes(figure: Figure, form: Format) -> bytes:
    out = io.BytesIO()
    if form == "png":
        FigureCanvasAgg(figure)
        figure.savefig(out, format="png", dpi=_DPI, metadata={"Software": None})
    else:
        FigureCanvasSVG(figure)
        figure.savefig(out, format="svg", metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    return out.getvalue()
