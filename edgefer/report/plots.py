"""Figures as PNG bytes. matplotlib is imported when one is drawn, and no display is needed.

Each takes a theme, so that a page can hold a light and a dark version.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from edgefer.errors import DataError
from edgefer.report.axes import cycle
from edgefer.report.style import LIGHT, Theme, figure, plain, png


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
        for colour, (name, epochs) in zip(cycle(theme, len(shown)), shown.items(), strict=True):
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
