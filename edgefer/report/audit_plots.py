"""Figures of an audit as PNG bytes: brightness of each split, and how its faces are spread over the classes."""

from __future__ import annotations

import numpy as np

from edgefer.data.audit.findings import BAR, BRIGHT, DARK, Audit
from edgefer.report.style import LIGHT, Theme, figure, plain, png


def brightness(audit: Audit, theme: Theme = LIGHT) -> bytes:
    """A line a split: the share of its faces at each mean gray level."""
    with figure(theme, 2.9) as drawn:
        axes = drawn.subplots()
        for colour, (name, split) in zip(_colours(audit, theme), audit.splits.items(), strict=True):
            shares = 100 * np.array(split.histogram) / max(split.light.faces, 1)
            axes.stairs(shares, np.arange(len(shares) + 1) * BAR, color=colour, linewidth=1.8, label=name)
        for limit in (DARK, BRIGHT):
            axes.axvline(limit, color=theme.muted, linewidth=0.9, linestyle=(0, (4, 3)))
        axes.set_xlim(0, 256)
        axes.set_ylim(bottom=0)
        axes.set_xticks(range(0, 257, 32))
        axes.set_xlabel("mean gray level of a face")
        axes.set_title("faces of the split, %", loc="left", fontsize=10, color=theme.ink)
        plain(axes, theme, "y")
        axes.legend(loc="upper right", frameon=False, labelcolor="linecolor", handlelength=1.2)
        return png(drawn)


def coverage(audit: Audit, theme: Theme = LIGHT) -> bytes:
    """Bars of the share of each class, those of the splits beside each other."""
    height = 0.8 / len(audit.splits)
    with figure(theme, 0.5 * len(audit.emotions) + 0.9) as drawn:
        axes = drawn.subplots()
        for number, (colour, (name, split)) in enumerate(
            zip(_colours(audit, theme), audit.splits.items(), strict=True)
        ):
            shares = [100 * split.classes[emotion].faces / max(split.light.faces, 1) for emotion in audit.emotions]
            places = np.arange(len(shares)) + height * (number - (len(audit.splits) - 1) / 2)
            axes.barh(places, shares, height=0.86 * height, color=colour, label=name)
            for place, share in zip(places, shares, strict=True):
                axes.annotate(
                    f"{share:.1f}",
                    (share, place),
                    (4, 0),
                    textcoords="offset points",
                    va="center",
                    fontsize=8,
                    color=theme.muted,
                )
        axes.set_yticks(range(len(audit.emotions)), audit.emotions)
        axes.tick_params(axis="y", labelcolor=theme.ink)
        axes.invert_yaxis()
        axes.set_xlabel("% of the split")
        plain(axes, theme, "x")
        axes.margins(x=0.1)
        axes.legend(loc="lower right", frameon=False, labelcolor="linecolor", handlelength=1.2)
        return png(drawn)


def _colours(audit: Audit, theme: Theme) -> list[str]:
    return [theme.series[number % len(theme.series)] for number in range(len(audit.splits))]
