"""Figures of evaluations as PNG bytes; see `edgefer.report.plots`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from edgefer.errors import DataError
from edgefer.evaluate.bootstrap import Interval
from edgefer.evaluate.calibration_error import Reliability
from edgefer.evaluate.comparison import Change
from edgefer.report.style import LIGHT, Theme, figure, plain, png


@dataclass(frozen=True)
class RecallSeries:
    """One model's recall, 0..1, and its 95 % interval by emotion; None where an emotion has no faces."""

    label: str
    recall: Sequence[float | None]
    intervals: Sequence[Interval | None]


def recall(emotions: Sequence[str], series: Sequence[RecallSeries], theme: Theme = LIGHT) -> bytes:
    """A dot and its interval for each emotion, in per cent; several models side by side under one another."""
    if not series or not any(value is not None for one in series for value in one.recall):
        raise DataError("no recall to draw")
    with figure(theme, 0.24 * len(emotions) * (len(series) + 0.6) + 0.9) as drawn:
        axes = drawn.subplots()
        for number, one in enumerate(series):
            shift = 0.26 * (number - (len(series) - 1) / 2)
            colour = theme.series[number % len(theme.series)]
            named = False
            for place, (value, interval) in enumerate(zip(one.recall, one.intervals, strict=True)):
                if value is None:
                    continue
                if interval is not None:
                    ends = (100 * interval.low, 100 * interval.high)
                    axes.plot(ends, (place + shift,) * 2, color=colour, linewidth=3.0, alpha=0.45)
                label = None if named else one.label
                axes.plot(100 * value, place + shift, "o", color=colour, markersize=6, label=label)
                named = True
        axes.set_yticks(range(len(emotions)), emotions)
        axes.tick_params(axis="y", labelcolor=theme.ink)
        axes.set_ylim(len(emotions) - 0.4, -0.6)
        axes.set_xlim(-2, 102)
        axes.set_xlabel("recall, % of the emotion's faces; the line is the 95 % interval")
        plain(axes, theme, "x")
        if len(series) > 1:
            drawn.legend(loc="outside upper left", frameon=False, labelcolor="linecolor", ncols=1, handlelength=1.0)
        return png(drawn)


def reliability(found: Reliability, theme: Theme = LIGHT) -> bytes:
    """How often a label is right, by how sure the network was; under it how many faces were that sure."""
    bins = len(found.faces)
    centres = (np.arange(bins) + 0.5) * 100 / bins
    width = 100 / bins * 0.86
    with figure(theme, 4.2, width=5.4) as drawn:
        upper, lower = drawn.subplots(2, 1, height_ratios=(3, 1), sharex=True)
        held = found.faces > 0
        upper.bar(centres[held], 100 * found.accuracy[held], width, color=theme.series[0])
        upper.plot((0, 100), (0, 100), color=theme.muted, linewidth=1.2, linestyle=(0, (4, 3)))
        upper.plot(100 * found.confidence[held], 100 * found.accuracy[held], "o", color=theme.series[1], markersize=4.5)
        upper.set_ylim(0, 100)
        upper.set_title("labelled right, %", loc="left", fontsize=10, color=theme.ink)
        lower.bar(centres, found.faces, width, color=theme.muted)
        lower.set_title("faces", loc="left", fontsize=10, color=theme.ink)
        lower.set_xlim(0, 100)
        lower.set_xlabel("probability of the label that was given, %")
        for axes in (upper, lower):
            plain(axes, theme, "y")
        return png(drawn)


def flips(changes: Mapping[str, Change], theme: Theme = LIGHT) -> bytes:
    """By emotion, to the left the faces that became wrong, to the right those that became right."""
    if not changes:
        raise DataError("no emotion to draw")
    from matplotlib.ticker import MaxNLocator

    names = list(changes)
    most = max(1, *(max(change.lost, change.gained) for change in changes.values()))
    with figure(theme, 0.34 * len(names) + 1.0) as drawn:
        axes = drawn.subplots()
        for place, change in enumerate(changes.values()):
            for size, sign, colour in ((change.lost, -1, theme.series[1]), (change.gained, 1, theme.series[0])):
                axes.barh(place, sign * size, 0.66, color=colour)
                axes.annotate(
                    f"{size:,}",
                    (sign * size, place),
                    (4 * sign, 0),
                    textcoords="offset points",
                    ha="left" if sign > 0 else "right",
                    va="center",
                )
        axes.axvline(0, color=theme.muted, linewidth=0.8)
        axes.set_xlim(-1.15 * most, 1.15 * most)
        axes.set_ylim(len(names) - 0.4, -0.6)
        axes.set_yticks(range(len(names)), names)
        axes.tick_params(axis="y", labelcolor=theme.ink)
        axes.xaxis.set_major_locator(MaxNLocator(7, integer=True))
        axes.xaxis.set_major_formatter(lambda value, _: f"{abs(value):g}")
        axes.set_title("faces that became wrong", loc="left", fontsize=10, color=theme.series[1])
        axes.set_title("faces that became right", loc="right", fontsize=10, color=theme.series[0])
        plain(axes, theme, "x")
        return png(drawn)
