"""Figures as PNG bytes. matplotlib is imported when one is drawn, and no display is needed.

Each takes a theme, so that a page can hold a light and a dark version.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from edgefer.errors import DataError
from edgefer.report.style import LIGHT, Theme, figure, plain, png

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# The group whose colour is the same in every figure.
TEACHER = "teacher"


@dataclass(frozen=True)
class LatencyMark:
    """One row of a latency figure; milliseconds. group: rows of one group share a colour; `TEACHER` has the first."""

    label: str
    group: str
    median: float
    p90: float
    p99: float | None = None


@dataclass(frozen=True)
class TradePoint:
    """One model of a trade-off figure. accuracy: 0..1."""

    label: str
    group: str
    milliseconds: float
    accuracy: float


def training_curves(runs: Mapping[str, Sequence[Mapping[str, Any]]], theme: Theme = LIGHT) -> bytes:
    """Accuracy on the choosing split and loss, by epoch, for several runs.

    runs: name -> epochs, each with `epoch` (from 1), `accuracy` (0..1) and `loss`. A dot marks the best epoch of each
    run. Raises DataError when no run has an epoch.
    """
    shown = {name: list(epochs) for name, epochs in runs.items() if epochs}
    if not shown:
        raise DataError("no epoch to draw")
    with figure(theme, 3.3) as drawn:
        left, right = drawn.subplots(1, 2, width_ratios=(3, 2))
        for colour, (name, epochs) in zip(_cycle(theme, len(shown)), shown.items(), strict=True):
            numbers = [epoch["epoch"] for epoch in epochs]
            scores = [100 * epoch["accuracy"] for epoch in epochs]
            best = int(np.argmax(scores))
            marker = "o" if len(epochs) == 1 else None
            name = f"{name}, best {scores[best]:.1f} %"
            left.plot(numbers, scores, color=colour, linewidth=1.8, marker=marker, markersize=4, label=name)
            left.plot(numbers[best], scores[best], "o", color=colour, markersize=6)
            right.plot(
                numbers, [epoch["loss"] for epoch in epochs], color=colour, linewidth=1.8, marker=marker, markersize=4
            )
        for axes, title in ((left, "accuracy, %"), (right, "training loss")):
            plain(axes, theme, "y")
            axes.set_title(title, loc="left", fontsize=10, color=theme.ink)
            axes.set_xlabel("epoch")
            axes.xaxis.get_major_locator().set_params(integer=True)
        right.set_ylim(bottom=0)
        left.legend(loc="lower right", frameon=False, labelcolor="linecolor", handlelength=1.2)
        return png(drawn)


def confusion(counts: npt.NDArray[np.int64], emotions: Sequence[str], theme: Theme = LIGHT) -> bytes:
    """Where the faces of each emotion went, as percent of that emotion's faces.

    counts: int `[emotions, emotions]`, `[true, predicted]`. An emotion without faces has an empty row.
    """
    if counts.shape != (len(emotions), len(emotions)):
        raise DataError(f"{len(emotions)} emotions need a square matrix of them, not {counts.shape}")
    totals = counts.sum(axis=1, keepdims=True)
    shares = np.divide(100.0 * counts, totals, out=np.zeros(counts.shape), where=totals > 0)
    from matplotlib.colors import LinearSegmentedColormap

    side = 0.62 * len(emotions) + 1.1
    with figure(theme, side, width=side + 0.6) as drawn:
        axes = drawn.subplots()
        axes.imshow(shares, cmap=LinearSegmentedColormap.from_list("ramp", theme.ramp), vmin=0, vmax=100)
        dark_cells = theme.name == "light"
        for row, column in np.ndindex(*counts.shape):
            if not totals[row, 0]:
                continue
            strong = shares[row, column] > 50
            colour = ("#ffffff" if dark_cells else "#10202c") if strong else theme.ink
            text = f"{shares[row, column]:.0f}" if counts[row, column] else "0"
            weight = "bold" if row == column else "normal"
            axes.text(column, row, text, ha="center", va="center", color=colour, fontsize=9, fontweight=weight)
        axes.set_xticks(range(len(emotions)), emotions)
        axes.set_yticks(
            range(len(emotions)), [f"{name}  ({total:,})" for name, total in zip(emotions, totals[:, 0], strict=True)]
        )
        axes.xaxis.tick_top()
        axes.tick_params(axis="x", rotation=40)
        for label in axes.get_xticklabels():
            label.set(ha="left", rotation_mode="anchor")
        axes.set_title(
            "rows: true emotion (faces); columns: what the network said, % of the row", loc="left", fontsize=9
        )
        plain(axes, theme, "both")
        axes.grid(visible=False)
        return png(drawn)


def latency(marks: Sequence[LatencyMark], theme: Theme = LIGHT) -> bytes:
    """Median of each row as a dot, a line to its 90th and a thinner one to its 99th percentile, on a log axis."""
    if not marks:
        raise DataError("no latency to draw")
    colours = _group_colours([mark.group for mark in marks], theme)
    with figure(theme, 0.36 * len(marks) + 0.9) as drawn:
        axes = drawn.subplots()
        for place, mark in enumerate(marks):
            colour = colours[mark.group]
            if mark.p99 is not None:
                axes.plot((mark.p90, mark.p99), (place, place), color=colour, linewidth=1.0, alpha=0.8)
            axes.plot((mark.median, mark.p90), (place, place), color=colour, linewidth=3.2, solid_capstyle="butt")
            axes.plot(mark.median, place, "o", color=colour, markersize=7)
            axes.annotate(
                f"{_short(mark.median)} ms",
                (mark.median, place),
                (-8, 0),
                textcoords="offset points",
                ha="right",
                va="center",
            )
        axes.set_yticks(range(len(marks)), [mark.label for mark in marks])
        axes.tick_params(axis="y", labelcolor=theme.ink)
        axes.set_ylim(len(marks) - 0.4, -0.6)
        _log_axis(axes, [mark.median for mark in marks], [mark.p99 or mark.p90 for mark in marks])
        axes.set_xlabel("milliseconds a call, log scale")
        plain(axes, theme, "x")
        return png(drawn)


def tradeoff(points: Sequence[TradePoint], theme: Theme = LIGHT) -> bytes:
    """Accuracy against median latency; up and to the left is better."""
    if not points:
        raise DataError("no model with both an accuracy and a latency to draw")
    from matplotlib.ticker import MaxNLocator

    colours = _group_colours([point.group for point in points], theme)
    with figure(theme, 3.8) as drawn:
        axes = drawn.subplots()
        for point in points:
            axes.plot(point.milliseconds, 100 * point.accuracy, "o", color=colours[point.group], markersize=8)
        times = [point.milliseconds for point in points]
        _log_axis(axes, times, times)
        middle = 50 * (min(point.accuracy for point in points) + max(point.accuracy for point in points))
        reach = 140 * (max(point.accuracy for point in points) - middle / 100)
        axes.set_ylim(middle - max(reach, 1), middle + max(reach, 1))
        axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
        axes.set_xlabel("median milliseconds a call, log scale")
        axes.set_title("accuracy, %", loc="left", fontsize=10, color=theme.ink)
        plain(axes, theme, "both")
        _label_points(axes, points, colours)
        return png(drawn)


def _cycle(theme: Theme, count: int) -> list[str]:
    return [theme.series[number % len(theme.series)] for number in range(count)]


def _group_colours(groups: Sequence[str], theme: Theme) -> dict[str, str]:
    """The teacher has the first colour in every figure, shown or not."""
    names = list(dict.fromkeys((TEACHER, *groups)))
    return dict(zip(names, _cycle(theme, len(names)), strict=True))


def _label_points(axes: Axes, points: Sequence[TradePoint], colours: Mapping[str, str]) -> None:
    """Write each name beside its dot, on the side with room, moved up or down until it lies on no name and no dot."""
    axes.figure.draw_without_rendering()  # type: ignore[union-attr]
    places = [axes.transData.transform((point.milliseconds, 100 * point.accuracy)) for point in points]
    taken: list[Any] = []
    for point in points:
        label = axes.annotate(
            point.label,
            (point.milliseconds, 100 * point.accuracy),
            (9, 0),
            textcoords="offset points",
            va="center",
            fontsize=9,
            color=colours[point.group],
        )
        # What is placed here would move again if the layout made room for it.
        label.set_in_layout(False)
        side = 9
        if label.get_window_extent().x1 > axes.bbox.x1:
            side = -9
            label.set(ha="right")
        for shift in (0, 13, -13, 26, -26, 39, -39):
            label.xyann = (side, shift)
            box = label.get_window_extent()
            if not any(box.overlaps(other) for other in taken) and not any(box.contains(*place) for place in places):
                break
        taken.append(box)


def _log_axis(axes: Axes, lows: Sequence[float], highs: Sequence[float]) -> None:
    """A log axis with plain numbers, with room on the left for the values written there."""
    from matplotlib.ticker import FixedLocator, NullLocator

    low, high = min(lows), max(highs)
    axes.set_xscale("log")
    span = max(np.log10(high / low), 0.5)
    begin, end = np.log10(low) - 0.28 * span, np.log10(high) + 0.12 * span
    axes.set_xlim(10**begin, 10**end)
    steps = (1, 2, 5) if end - begin < 2.5 else (1,)
    decades = range(int(np.floor(begin)), int(np.ceil(end)) + 1)
    ticks = [step * 10.0**decade for decade in decades for step in steps]
    axes.xaxis.set_major_locator(FixedLocator([tick for tick in ticks if begin <= np.log10(tick) <= end]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")


def _short(value: float) -> str:
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"
