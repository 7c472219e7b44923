"""Accuracy against latency as PNG bytes, with the models that no other one beats in both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import pi

from edgefer.errors import DataError
from edgefer.report.axes import Named, group_colours, label_points, log_axis
from edgefer.report.style import LIGHT, Theme, figure, plain, png

# Points squared of the largest bubble and of a point without a memory figure.
_LARGEST, _PLAIN = 620, 64


@dataclass(frozen=True)
class TradePoint:
    """One model of a trade-off figure. accuracy: 0..1. memory: bytes, the area of its bubble; None for a plain dot."""

    label: str
    group: str
    milliseconds: float
    accuracy: float
    memory: int | None = None


def front(points: Sequence[TradePoint]) -> list[TradePoint]:
    """The points that no other beats: nothing is as fast and as accurate, and better in one of both. Fastest first."""
    kept = [point for point in points if not any(_beats(other, point) for other in points)]
    return sorted(kept, key=lambda point: (point.milliseconds, point.accuracy))


def tradeoff(points: Sequence[TradePoint], theme: Theme = LIGHT) -> bytes:
    """Bubbles on a log axis of milliseconds; up and to the left is better. Those on the front are filled and joined."""
    if not points:
        raise DataError("no model with both an accuracy and a latency to draw")
    from matplotlib.ticker import MaxNLocator

    colours = group_colours([point.group for point in points], theme)
    best = front(points)
    with figure(theme, 4.2) as drawn:
        axes = drawn.subplots()
        axes.step(
            [point.milliseconds for point in best],
            [100 * point.accuracy for point in best],
            where="post",
            color=theme.muted,
            linewidth=1.1,
            linestyle=(0, (4, 3)),
            zorder=1,
        )
        for point in points:
            colour = colours[point.group]
            where = (point.milliseconds, 100 * point.accuracy)
            inside = colour if point in best else "none"
            size = _area(point, points)
            axes.scatter(*where, s=size, facecolor=inside, alpha=0.3, edgecolor="none", zorder=2)
            axes.scatter(*where, s=size, facecolor="none", edgecolor=colour, linewidth=1.4, zorder=2)
            axes.scatter(*where, s=14, color=colour, zorder=3)
        times = [point.milliseconds for point in points]
        log_axis(axes, times, times)
        middle = 50 * (min(point.accuracy for point in points) + max(point.accuracy for point in points))
        reach = 140 * (max(point.accuracy for point in points) - middle / 100)
        axes.set_ylim(middle - max(reach, 1), middle + max(reach, 1))
        axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
        axes.set_xlabel("median milliseconds a call, log scale")
        axes.set_title("accuracy, %", loc="left", fontsize=10, color=theme.ink)
        plain(axes, theme, "both")
        names = [
            Named(
                point.milliseconds,
                100 * point.accuracy,
                point.label,
                colours[point.group],
                (_area(point, points) / pi) ** 0.5,
            )
            for point in points
        ]
        label_points(axes, names, theme)
        return png(drawn)


def _beats(one: TradePoint, other: TradePoint) -> bool:
    ahead = one.milliseconds <= other.milliseconds and one.accuracy >= other.accuracy
    return ahead and (one.milliseconds < other.milliseconds or one.accuracy > other.accuracy)


def _area(point: TradePoint, points: Sequence[TradePoint]) -> float:
    """Proportional to memory, so that the eye compares areas; never too small to see."""
    largest = max((other.memory or 0 for other in points), default=0)
    if point.memory is None or largest <= 0:
        return _PLAIN
    return max(24.0, _LARGEST * max(point.memory, 0) / largest)
