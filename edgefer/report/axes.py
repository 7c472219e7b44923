"""What figures with many models share: colours by group, log axes with plain numbers, names that do not overlap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from edgefer.report.style import Theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Annotation

# The group whose colour is the same in every figure.
TEACHER = "teacher"


def cycle(theme: Theme, count: int) -> list[str]:
    """So many colours, the first again after the last."""
    return [theme.series[number % len(theme.series)] for number in range(count)]


def group_colours(groups: Sequence[str], theme: Theme) -> dict[str, str]:
    """The teacher has the first colour in every figure, shown or not."""
    names = list(dict.fromkeys((TEACHER, *groups)))
    return dict(zip(names, cycle(theme, len(names)), strict=True))


@dataclass(frozen=True)
class Named:
    """A dot of a figure and what is written beside it. radius: of the dot, points."""

    x: float
    y: float
    name: str
    colour: str
    radius: float = 4


def label_points(axes: Axes, points: Sequence[Named], theme: Theme) -> None:
    """Write each name beside its dot, on the side with room, moved up or down until it lies on no name and no dot."""
    from matplotlib.patheffects import withStroke
    from matplotlib.transforms import Bbox

    drawn = axes.get_figure(root=True)
    assert drawn is not None
    drawn.draw_without_rendering()
    pixel = drawn.dpi / 72
    taken: list[Any] = []
    for point in points:
        x, y = axes.transData.transform((point.x, point.y))
        reach = 0.75 * point.radius * pixel
        taken.append(Bbox([[x - reach, y - reach], [x + reach, y + reach]]))
    for point in points:
        label = axes.annotate(
            point.name,
            (point.x, point.y),
            (point.radius + 4, 0),
            textcoords="offset points",
            va="center",
            fontsize=9,
            color=point.colour,
            # Lines pass behind the letters, not through them.
            path_effects=[withStroke(linewidth=3, foreground=theme.background)],
            arrowprops={
                "arrowstyle": "-",
                "color": theme.muted,
                "linewidth": 0.7,
                "shrinkA": 0,
                "shrinkB": point.radius,
            },
        )
        # What is placed here would move again if the layout made room for it.
        label.set_in_layout(False)
        _find_room(label, axes, point.radius + 4, taken)
        taken.append(_extent(label))


def _find_room(label: Annotation, axes: Axes, side: float, taken: Sequence[Any]) -> None:
    """Move a label to the nearest place at its dot where it lies on nothing and inside the axes.

    Its line to the dot is drawn where it is not right beside it.
    """
    assert label.arrow_patch is not None
    for shift in (0, 13, -13, 26, -26, 39, -39, 52, -52, 65, -65):
        for way, align in ((side, "left"), (-side, "right")):
            label.set(ha=align)
            label.xyann = (way, shift)
            label.arrow_patch.set_visible(abs(shift) > 13)
            box = _extent(label)
            inside = box.x1 <= axes.bbox.x1 and box.x0 >= axes.bbox.x0
            if inside and not any(box.overlaps(other) for other in taken):
                return


def _extent(label: Annotation) -> Any:
    """Where the letters are, without the line."""
    from matplotlib.text import Text

    # Only this one moves the letters to where they were set.
    label.get_window_extent()
    return Text.get_window_extent(label)


def label_ends(axes: Axes, points: Sequence[Named], theme: Theme) -> None:
    """Write names in a column right of the axes, in the order of the dots, each joined to its dot by a thin line.

    The axes make room for the longest name.
    """
    drawn = axes.get_figure(root=True)
    assert drawn is not None
    # A letter is about as wide as half its height; the line before it takes 40 points.
    share = (40 + 4.9 * max(len(point.name) for point in points)) / (72 * drawn.get_figwidth())
    layout = drawn.get_layout_engine()
    assert layout is not None
    layout.set(rect=(0, 0, max(0.4, 1 - share), 1))  # type: ignore[call-arg]
    drawn.draw_without_rendering()
    step = 13 * drawn.dpi / 72
    order = sorted(points, key=lambda point: point.y)
    heights = [float(axes.transData.transform((point.x, point.y))[1]) for point in order]
    for place in range(1, len(heights)):
        heights[place] = max(heights[place], heights[place - 1] + step)
    # What grew past the top goes back down, as far as names below leave room.
    heights[-1] = min(heights[-1], axes.bbox.y1)
    for place in range(len(heights) - 2, -1, -1):
        heights[place] = min(heights[place], heights[place + 1] - step)
    right = max(float(axes.transData.transform((point.x, point.y))[0]) for point in points)
    column = right + 26 * drawn.dpi / 72
    for point, height in zip(order, heights, strict=True):
        x, y = axes.transData.inverted().transform((column, height))
        label = axes.annotate(
            point.name,
            (point.x, point.y),
            (x, y),
            textcoords="data",
            annotation_clip=False,
            va="center",
            fontsize=9,
            color=point.colour,
            arrowprops={"arrowstyle": "-", "color": theme.muted, "linewidth": 0.7, "shrinkA": 2, "shrinkB": 4},
        )
        label.set_in_layout(False)


def log_axis(axes: Axes, lows: Sequence[float], highs: Sequence[float]) -> None:
    """A log x axis with plain numbers, with room on the left for the values written there."""
    from matplotlib.ticker import FixedLocator, NullLocator

    low, high = min(lows), max(highs)
    axes.set_xscale("log")
    span = max(np.log10(high / low), 0.5)
    begin, end = np.log10(low) - 0.28 * span, np.log10(high) + 0.12 * span
    axes.set_xlim(10**begin, 10**end)
    decades = range(int(np.floor(begin)), int(np.ceil(end)) + 1)
    # The coarsest steps of which at least three are on the axis.
    for steps in (
        (1,),
        (1, 2, 5),
        (1, 1.5, 2, 3, 4, 5, 6, 8),
        (1, 1.1, 1.2, 1.3, 1.4, 1.6, 1.8, 2, 2.5, 3, 4, 5, 6, 8),
    ):
        ticks = [step * 10.0**decade for decade in decades for step in steps]
        ticks = [tick for tick in ticks if begin <= np.log10(tick) <= end]
        if len(ticks) >= 3:
            break
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")


def short(value: float) -> str:
    """Three digits that count."""
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"
