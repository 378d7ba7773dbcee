"""The charts of the weekly page as inline SVG: no script, no outside reference, the same bytes for the same report."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from pipeline.reputation import numbers
from pipeline.reputation.numbers import Language
from pipeline.reputation.statistics import ControlChart
from pipeline.reputation.verdict import MIN_COMPARISON
from pipeline.reputation.weekly import WeekFigures

if TYPE_CHECKING:
    from matplotlib.typing import RcKeyType

INK, MUTED, RULE = "#1f2933", "#5f6b76", "#d5dbe1"
LINE, BAND, WORSE, BETTER, CALM = "#2a5d84", "#e6edf3", "#a8432b", "#2f7d6b", "#9aa5b1"
FONT = "-apple-system, BlinkMacSystemFont, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
# Enough slots that a young entity's few weeks do not fill the whole width.
MIN_SLOTS = 8


@dataclass(frozen=True)
class Flag:
    """Letters above the week (index into the figures) in which events or incidents began."""

    week: int
    letters: str
    is_incident: bool


@dataclass(frozen=True)
class Bar:
    """A row of the waterfall: `start` and `end` in percent; `is_total` rows begin at zero.

    `is_reliable` is False where the whole change may be chance: then no colour takes sides.
    """

    label: str
    text: str
    start: float
    end: float
    is_total: bool = False
    is_reliable: bool = True


def control_svg(
    figures: Sequence[WeekFigures],
    chart: ControlChart | None,
    flags: Sequence[Flag],
    *,
    language: Language,
    label: str,
    narrow: bool = False,
) -> str:
    """The negative share by week: limits shaded, usual share dashed, hollow below ten reviews, gaps where none."""
    with rc_context(style("control-narrow" if narrow else "control")):
        figure = Figure(figsize=(3.7, 2.5) if narrow else (7.4, 1.65), layout="constrained")
        axes = figure.add_subplot()
        if chart is not None:
            _draw_limits(axes, chart)
        top = _draw_weeks(axes, figures, chart, language) * (1.28 if flags else 1.1)
        _draw_flags(axes, flags, top)
        slots = max(len(figures), MIN_SLOTS)
        axes.set_xlim(len(figures) - slots - 0.6, len(figures) - 0.4)
        _label_weeks(axes, figures, every=6 if narrow else 2)
        axes.yaxis.set_major_locator(MaxNLocator(nbins=4, min_n_ticks=2, steps=[1, 2, 5, 10]))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: numbers.percent(y / 100, language)))
        axes.set_ylim(0, top)
        return _inline(figure, "control-narrow" if narrow else "control", label)


def _draw_limits(axes: Axes, chart: ControlChart) -> None:
    edges: list[float] = []
    lows: list[float] = []
    highs: list[float] = []
    for index, point in enumerate(chart.points):
        edges += [index - 0.5, index + 0.5]
        lows += [float("nan") if point.low is None else 100 * point.low] * 2
        highs += [float("nan") if point.high is None else 100 * point.high] * 2
    axes.fill_between(edges, lows, highs, color=BAND, linewidth=0, zorder=1)
    axes.axhline(100 * chart.center, color=MUTED, linewidth=0.8, linestyle=(0, (4, 3)), zorder=2)


def _draw_weeks(axes: Axes, figures: Sequence[WeekFigures], chart: ControlChart | None, language: Language) -> float:
    """Draws line and markers; returns the height they need, in percent."""
    shares = [100 * week.neg_share.value if week.neg_share else float("nan") for week in figures]
    axes.plot(range(len(shares)), shares, color=LINE, linewidth=1.4, zorder=3)
    for index, (week, share) in enumerate(zip(figures, shares, strict=True)):
        if week.neg_share is None:
            continue
        outside = chart is not None and is_outside(week, chart, index)
        color = LINE if not outside or chart is None else WORSE if share > 100 * chart.center else BETTER
        face = color if week.n >= MIN_COMPARISON else "white"
        axes.plot(
            [index], [share], marker="D" if outside else "o", markersize=5.5 if outside else 4,
            markerfacecolor=face, markeredgecolor=color, markeredgewidth=1.1, linestyle="none", zorder=4,
        )  # fmt: skip
    known = [share for share in shares if share == share]
    limits = [100 * point.high for point in chart.points if point.high is not None] if chart else []
    # One tiny week has limits up to 100 %; it must not flatten all the others.
    tallest = max([*known, min(max(limits, default=0), 2 * max(known, default=20)), 10.0])
    last = figures[-1].neg_share
    if last is not None:
        text = numbers.share(last.value, figures[-1].n, language)
        axes.annotate(
            text, (len(figures) - 1, 100 * last.value), xytext=(-7, 3), textcoords="offset points",
            ha="right", fontweight="bold", color=INK, zorder=5,
        )  # fmt: skip
    return min(tallest, 100.0)


def is_outside(week: WeekFigures, chart: ControlChart, index: int) -> bool:
    """Whether a week is marked as outside the limits; one of fewer than ten reviews never is."""
    return chart.points[index].signal == "outside" and week.n >= MIN_COMPARISON


def _draw_flags(axes: Axes, flags: Sequence[Flag], top: float) -> None:
    for flag in flags:
        color = WORSE if flag.is_incident else MUTED
        axes.plot([flag.week, flag.week], [0, top * 0.9], color=color, linewidth=0.8, linestyle=":", zorder=2)
        axes.text(
            flag.week, top * 0.93, flag.letters, ha="center", va="center", color="white", fontsize=7,
            fontweight="bold", zorder=6,
            bbox={"boxstyle": "round,pad=0.22" if flag.is_incident else "square,pad=0.22", "fc": color, "ec": "none"},
        )  # fmt: skip


def _label_weeks(axes: Axes, figures: Sequence[WeekFigures], every: int) -> None:
    last = len(figures) - 1
    shown = [index for index in range(len(figures)) if (last - index) % every == 0]
    axes.set_xticks(shown, [str(figures[index].week_start.isocalendar().week) for index in shown])


def waterfall_svg(bars: Sequence[Bar], *, label: str) -> str:
    """From the usual share over the themes to this week's, in horizontal bars; each carries its number."""
    with rc_context(style("drivers")):
        figure = Figure(figsize=(3.7, 0.21 * len(bars) + 0.15), layout="constrained")
        axes = figure.add_subplot()
        reach = max([*(max(bar.start, bar.end) for bar in bars), 1.0])
        floor = min(0.0, *(min(bar.start, bar.end) for bar in bars))
        for row, bar in enumerate(bars):
            color = LINE if bar.is_total else _step_color(bar)
            low, width = min(bar.start, bar.end), abs(bar.end - bar.start)
            axes.barh(row, max(width, reach * 0.004), left=low, height=0.62, color=color, zorder=3)
            axes.text(
                max(bar.start, bar.end) + reach * 0.02, row, bar.text, va="center", ha="left", color=INK,
                fontweight="bold" if bar.is_total else "normal",
            )  # fmt: skip
            if row + 1 < len(bars):
                axes.plot([bar.end, bar.end], [row, row + 1], color=RULE, linewidth=0.8, zorder=2)
        axes.set_yticks(range(len(bars)), [bar.label for bar in bars], color=INK)
        axes.invert_yaxis()
        axes.set_xlim(floor, reach * 1.22)
        axes.xaxis.set_visible(False)
        axes.grid(visible=False)
        axes.spines["bottom"].set_visible(False)
        return _inline(figure, "drivers", label)


def _step_color(bar: Bar) -> str:
    if not bar.is_reliable:
        return CALM
    return WORSE if bar.end > bar.start else BETTER


def style(salt: str) -> dict[RcKeyType, Any]:
    """The look of every chart; `salt` makes the ids of an SVG the same each time."""
    return {
        "svg.hashsalt": salt, "svg.fonttype": "none", "font.family": "DejaVu Sans", "font.size": 8,
        "axes.edgecolor": RULE, "axes.spines.top": False, "axes.spines.right": False, "axes.spines.left": False,
        "axes.grid": True, "axes.grid.axis": "y", "grid.color": "#eef1f4", "grid.linewidth": 0.8,
        "axes.axisbelow": True, "xtick.color": MUTED, "ytick.color": MUTED, "xtick.major.size": 0,
        "ytick.major.size": 0, "text.parse_math": False,
    }  # fmt: skip


def _inline(figure: Figure, name: str, label: str) -> str:
    """The figure's SVG for use inside HTML: own ids, the page's font, no metadata, no namespace addresses."""
    out = io.StringIO()
    metadata = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    FigureCanvasSVG(figure)
    figure.savefig(out, format="svg", metadata=metadata)
    svg = out.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>|<!--.*?-->", "", svg, flags=re.DOTALL)
    root, rest = svg.split(">", 1)
    svg = re.sub(r'\s(?:xmlns(?::\w+)?|version|width|height)="[^"]*"', "", root) + ">" + rest
    svg = svg.replace("xlink:href", "href").replace("'DejaVu Sans'", FONT.replace('"', "'"))
    svg = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", svg)
    return svg.replace("<svg", f'<svg class="{name}" role="img" aria-label="{escape(label)}"', 1)
