"""Figures of a benchmark as PNG bytes; see `edgefer.report.plots`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from edgefer.errors import DataError
from edgefer.report.axes import Named, group_colours, label_ends, log_axis, short
from edgefer.report.style import LIGHT, Theme, figure, plain, png

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Lines of one colour are told apart by these.
_MARKERS = ("o", "s", "^", "D", "v", "P", "X")
_PANELS = 3


@dataclass(frozen=True)
class LatencyMark:
    """One row of a latency figure; milliseconds. group: rows of one group share a colour; `TEACHER` has the first."""

    label: str
    group: str
    median: float
    p90: float
    p99: float | None = None


@dataclass(frozen=True)
class SweepLine:
    """One row of a throughput figure: faces a second by batch size, at least one."""

    label: str
    group: str
    rates: dict[int, float]


@dataclass(frozen=True)
class Distribution:
    """One row's calls by duration: counts over equal steps from `low` to `high` milliseconds, and how many lie above."""

    label: str
    group: str
    low: float
    high: float
    counts: tuple[int, ...]
    above: int
    median: float


@dataclass(frozen=True)
class MemoryBars:
    """One row's bytes by what is counted, such as `weights` or `RSS`; what it does not have is absent."""

    label: str
    group: str
    sizes: dict[str, int]


def latency(marks: Sequence[LatencyMark], theme: Theme = LIGHT) -> bytes:
    """Median of each row as a dot, a line to its 90th and a thinner one to its 99th percentile, on a log axis."""
    if not marks:
        raise DataError("no latency to draw")
    colours = group_colours([mark.group for mark in marks], theme)
    with figure(theme, 0.36 * len(marks) + 0.9) as drawn:
        axes = drawn.subplots()
        for place, mark in enumerate(marks):
            colour = colours[mark.group]
            if mark.p99 is not None:
                axes.plot((mark.p90, mark.p99), (place, place), color=colour, linewidth=1.0, alpha=0.8)
            axes.plot((mark.median, mark.p90), (place, place), color=colour, linewidth=3.2, solid_capstyle="butt")
            axes.plot(mark.median, place, "o", color=colour, markersize=7)
            axes.annotate(
                f"{short(mark.median)} ms",
                (mark.median, place),
                (-8, 0),
                textcoords="offset points",
                ha="right",
                va="center",
            )
        axes.set_yticks(range(len(marks)), [mark.label for mark in marks])
        axes.tick_params(axis="y", labelcolor=theme.ink)
        axes.set_ylim(len(marks) - 0.4, -0.6)
        log_axis(axes, [mark.median for mark in marks], [mark.p99 or mark.p90 for mark in marks])
        axes.set_xlabel("milliseconds a call, log scale")
        plain(axes, theme, "x")
        return png(drawn)


def sweep(lines: Sequence[SweepLine], theme: Theme = LIGHT) -> bytes:
    """Faces a second by batch size, both axes logarithmic; each line ends in its name."""
    if not lines:
        raise DataError("no throughput to draw")
    from matplotlib.ticker import FixedLocator, NullLocator

    colours = group_colours([line.group for line in lines], theme)
    batches = sorted({batch for line in lines for batch in line.rates})
    with figure(theme, 0.16 * len(lines) + 3.2) as drawn:
        axes = drawn.subplots()
        for number, line in enumerate(lines):
            known = sorted(line.rates.items())
            axes.plot(
                [batch for batch, _ in known],
                [rate for _, rate in known],
                marker=_MARKERS[number % len(_MARKERS)],
                markersize=5.5,
                linewidth=1.5,
                color=colours[line.group],
            )
        axes.set_xscale("log")
        axes.set_yscale("log")
        room = (batches[-1] / batches[0]) ** 0.06 if len(batches) > 1 else 2.0
        axes.set_xlim(batches[0] / room, batches[-1] * room)
        axes.xaxis.set_major_locator(FixedLocator(batches))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.10g}")
        axes.set_xlabel("faces in a call, log scale")
        axes.set_title("faces a second, log scale", loc="left", fontsize=10, color=theme.ink)
        plain(axes, theme, "both")
        ends = [(line, max(line.rates)) for line in lines]
        axes.tick_params(which="both", length=0)
        label_ends(axes, [Named(end, line.rates[end], line.label, colours[line.group]) for line, end in ends], theme)
        return png(drawn)


def histograms(rows: Sequence[Distribution], theme: Theme = LIGHT) -> bytes:
    """How long calls took, a panel a row, each with its own axis; a line at the median."""
    if not rows:
        raise DataError("no histogram to draw")
    colours = group_colours([row.group for row in rows], theme)
    columns = min(_PANELS, len(rows))
    lines = ceil(len(rows) / columns)
    with figure(theme, 1.7 * lines + 0.25) as drawn:
        panels = drawn.subplots(lines, columns, squeeze=False).ravel()
        for axes, row in zip(panels, rows, strict=False):
            _distribution(axes, row, colours[row.group], theme)
        for axes in panels[len(rows) :]:
            axes.set_axis_off()
        drawn.supxlabel("milliseconds a call", fontsize=9.5, color=theme.muted)
        return png(drawn)


def memory(rows: Sequence[MemoryBars], names: Sequence[str], theme: Theme = LIGHT) -> bytes:
    """A panel for each of the names that are counted, each with its own axis of MB; a bar a row with its value."""
    if not rows or not names:
        raise DataError("no memory figure to draw")
    colours = group_colours([row.group for row in rows], theme)
    with figure(theme, 0.32 * len(rows) + 1.0) as drawn:
        panels = drawn.subplots(1, len(names), sharey=True, squeeze=False)[0]
        for axes, name in zip(panels, names, strict=True):
            values = [row.sizes.get(name) for row in rows]
            most = max((value for value in values if value is not None), default=0) / 1e6 or 1
            for place, (row, value) in enumerate(zip(rows, values, strict=True)):
                text = "-" if value is None else short(value / 1e6)
                length = max(0.0, (value or 0) / 1e6)
                axes.barh(place, length, 0.62, color=colours[row.group])
                axes.annotate(text, (length, place), (3, 0), textcoords="offset points", va="center", fontsize=8)
            axes.set_xlim(0, 1.5 * most)
            axes.locator_params(axis="x", nbins=3)
            axes.tick_params(axis="x", labelsize=8)
            axes.set_title(name, fontsize=9, loc="left", color=theme.ink)
            plain(axes, theme, "x")
            axes.set_yticks(range(len(rows)), [row.label for row in rows])
            axes.tick_params(axis="y", labelcolor=theme.ink)
            axes.set_ylim(len(rows) - 0.4, -0.6)
        drawn.supxlabel("MB (10^6 bytes), each panel with its own axis", fontsize=9.5, color=theme.muted)
        return png(drawn)


def _distribution(axes: Axes, row: Distribution, colour: str, theme: Theme) -> None:
    high = row.high if row.high > row.low else row.low * 1.01 or 1.0
    axes.stairs(row.counts, np.linspace(row.low, high, len(row.counts) + 1), fill=True, color=colour, alpha=0.75)
    axes.axvline(row.median, color=theme.ink, linewidth=1.0)
    axes.set_title(row.label.replace(", ", "\n", 1), fontsize=8.5, loc="left", color=theme.ink)
    if row.above:
        axes.annotate(
            f"{row.above:,} above",
            (1, 1),
            (0, -2),
            xycoords="axes fraction",
            textcoords="offset points",
            ha="right",
            va="top",
            fontsize=8,
            color=theme.muted,
        )
    axes.set_yticks([])
    axes.locator_params(axis="x", nbins=4)
    axes.tick_params(axis="x", labelsize=8)
    plain(axes, theme, "x")
