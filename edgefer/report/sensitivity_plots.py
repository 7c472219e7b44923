"""What INT8 does layer by layer, and to whom, as PNG bytes; see `edgefer.report.plots`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgefer.evaluate.gate import points
from edgefer.quantize.sensitivity import Sensitivity
from edgefer.report.style import LIGHT, Theme, figure, plain, png

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def by_layer(found: Sensitivity, theme: Theme = LIGHT) -> bytes:
    """A bar a convolution, worst first: how far its INT8 takes the answers from float32's, in thousandths of a nat."""
    values = [1e3 * effect.divergence for effect in found.effects]
    with figure(theme, _height(found)) as drawn:
        axes = drawn.subplots()
        axes.barh(range(len(values)), values, 0.66, color=theme.series[0])
        for place, (value, effect) in enumerate(zip(values, found.effects, strict=True)):
            text = f"{value:.3f}, {100 * (1 - effect.same_label):.1f} % other labels"
            axes.annotate(text, (value, place), (5, 0), textcoords="offset points", va="center", fontsize=8.5)
        axes.set_xlim(0, 1.35 * (max(values) or 1))
        axes.set_xlabel("mean KL divergence from float32, thousandths of a nat")
        _layers(axes, found, theme)
        return png(drawn)


def by_emotion(found: Sensitivity, theme: Theme = LIGHT) -> bytes:
    """The same over the faces of each emotion that has any, a panel each; at a bar's end how its recall changed."""
    names = [name for name, recall in found.recall.items() if recall is not None]
    values = {name: [1e3 * (effect.divergences[name] or 0.0) for effect in found.effects] for name in names}
    reach = max(max(row) for row in values.values()) or 1
    with figure(theme, _height(found)) as drawn:
        panels = drawn.subplots(1, len(names), sharey=True, squeeze=False)[0]
        for axes, name in zip(panels, names, strict=True):
            axes.barh(range(len(found.effects)), values[name], 0.66, color=theme.series[0])
            for place, (value, effect) in enumerate(zip(values[name], found.effects, strict=True)):
                change = found.changes(effect)[name]
                colour = theme.series[1] if change < 0 else theme.ink
                text = points(change) if change else "0"
                axes.annotate(
                    text, (value, place), (2, 0), textcoords="offset points", va="center", fontsize=7.5, color=colour
                )
            axes.set_xlim(0, 1.6 * reach)
            axes.locator_params(axis="x", nbins=3)
            axes.tick_params(axis="x", labelsize=8)
            axes.set_title(name, fontsize=9, color=theme.ink)
            _layers(axes, found, theme)
        label = "mean KL divergence from float32, thousandths of a nat; at the bars: change of recall, points"
        drawn.supxlabel(label, fontsize=9.5, color=theme.muted)
        return png(drawn)


def _height(found: Sensitivity) -> float:
    return 0.27 * len(found.effects) + 0.95


def _layers(axes: Axes, found: Sensitivity, theme: Theme) -> None:
    axes.set_yticks(range(len(found.effects)), found.ranking)
    axes.set_ylim(len(found.effects) - 0.4, -0.6)
    plain(axes, theme, "x")
    axes.tick_params(axis="y", labelcolor=theme.ink)
