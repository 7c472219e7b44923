"""Colours of figures, for light and for dark pages. The hues are Okabe and Ito's, which colour-blind people tell apart."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from edgefer.errors import BackendError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Inches of a figure's width; a page shows it at 100 CSS pixels an inch, the file holds twice as many.
WIDTH = 7.2
_DPI = 200


@dataclass(frozen=True)
class Theme:
    """background, ink (text), muted (axes, captions), grid; series: line colours in order; ramp: from none to all."""

    name: str
    background: str
    ink: str
    muted: str
    grid: str
    series: tuple[str, ...]
    ramp: tuple[str, str]


LIGHT = Theme(
    name="light",
    background="#ffffff",
    ink="#1c1f23",
    muted="#5f6771",
    grid="#e3e6ea",
    series=("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8a6d00", "#56b4e9"),
    ramp=("#f4f7fa", "#0b5a8f"),
)
DARK = Theme(
    name="dark",
    background="#16191d",
    ink="#e8eaed",
    muted="#9aa3ad",
    grid="#2c3138",
    series=("#56b4e9", "#f0894a", "#2fc69b", "#e0a3c6", "#f0e442", "#7f9fd0"),
    ramp=("#1f242a", "#7cc4f0"),
)


@contextmanager
def figure(theme: Theme, height: float, width: float = WIDTH) -> Iterator[Figure]:
    """A figure of so many inches with the theme's colours; raises BackendError when matplotlib is not installed."""
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError as error:
        raise BackendError("figures need matplotlib, which is not installed", "pip install matplotlib") from error
    settings: dict[Any, Any] = {
        "font.family": "sans-serif",
        "font.size": 9.5,
        "text.color": theme.ink,
        "axes.labelcolor": theme.muted,
        "axes.edgecolor": theme.grid,
        "axes.facecolor": theme.background,
        "xtick.color": theme.muted,
        "ytick.color": theme.muted,
        "figure.facecolor": theme.background,
    }
    with matplotlib.rc_context(settings):
        yield Figure(figsize=(width, height), layout="constrained")


def png(drawn: Figure) -> bytes:
    """The figure as PNG; the same drawing gives the same bytes."""
    import io

    buffer = io.BytesIO()
    drawn.savefig(buffer, format="png", dpi=_DPI, metadata={"Software": None})
    return buffer.getvalue()


def plain(axes: Axes, theme: Theme, grid: str) -> None:
    """No frame, no tick marks, thin lines along one axis (`x` or `y`) behind the data."""
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.tick_params(length=0)
    axes.set_axisbelow(True)
    axes.grid(visible=True, axis=grid, color=theme.grid, linewidth=0.8)  # type: ignore[arg-type]
