"""Small helpers for drawings inside a page: no library, sharp at any size, light and dark by the page's own colours."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from edgefer.report.page import Html

# Fills on which dark text stands, in light and dark pages. Okabe and Ito's hues, apart in lightness as well, so that they
# are told apart without hues; contempt and others take what is left.
FILLS = {
    "anger": "#f0894a",
    "disgust": "#2fae84",
    "fear": "#d79ad0",
    "happy": "#f5d93b",
    "sad": "#4f8fd0",
    "surprise": "#9be0f5",
    "neutral": "#b4bac2",
    "contempt": "#b39a5e",
}
OTHER = "#b4bac2"
INK = "#10151a"

_STYLE = (
    "text{font:11px system-ui,sans-serif;fill:var(--ink)}.m{fill:var(--muted)}.on{fill:#10151a}"
    ".l{stroke:var(--line)}.s{stroke:var(--muted)}.k{stroke:var(--ink)}.a{stroke:var(--accent)}"
    ".f{fill:var(--soft)}.g{fill:var(--muted);opacity:.22}.o{stroke:var(--ink);stroke-opacity:.35;stroke-width:.5}"
)


def fill(emotion: str) -> str:
    """The colour of an emotion."""
    return FILLS.get(emotion, OTHER)


def svg(width: float, height: float, parts: Sequence[str], alternative: str, key: str) -> str:
    """A drawing. alternative: the same in words. key: a name that no other drawing of the page has, letters and digits."""
    return (
        f'<svg role="img" aria-label="{escape(alternative)}" viewBox="0 0 {width:g} {height:g}" '
        f'style="display:block;width:100%;min-width:{0.85 * width:g}px;max-width:{width:g}px;height:auto">'
        f"<style>{_STYLE}</style>"
        f'<defs><pattern id="{key}" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<path class="s" d="M0 0V6" stroke-width="1.5" opacity=".6"/></pattern></defs>'
        f"{''.join(parts)}</svg>"
    )


def framed(drawing: str, caption: str) -> Html:
    """A drawing with what is seen under it; it scrolls sideways where the screen is narrow."""
    return Html(f'<figure><div class="wide">{drawing}</div><figcaption>{escape(caption)}</figcaption></figure>')


def rect(x: float, y: float, width: float, height: float, **how: str) -> str:
    """A rectangle; `class_` and attributes such as `fill`."""
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" height="{height:.1f}"{_how(how)}/>'


def line(x: float, y: float, to_x: float, to_y: float, **how: str) -> str:
    """A straight line."""
    return f'<path d="M{x:.1f} {y:.1f}L{to_x:.1f} {to_y:.1f}"{_how(how)}/>'


def path(commands: str, **how: str) -> str:
    """A path by its commands."""
    return f'<path d="{commands}"{_how(how)}/>'


def words(x: float, y: float, text: str, **how: str) -> str:
    """A line of text whose base is at `y`."""
    return f'<text x="{x:.1f}" y="{y:.1f}"{_how(how)}>{escape(text)}</text>'


def wide(text: str) -> float:
    """About how wide a text is, at the size of `words`."""
    return 6.1 * len(text)


def short(text: str, room: float) -> str:
    """A text that fits, with a mark where it was cut."""
    fits = int(room / 6.1)
    return text if len(text) <= fits else f"{text[: max(1, fits - 1)]}…"


def _how(how: dict[str, str]) -> str:
    return "".join(f' {name.rstrip("_").replace("_", "-")}="{escape(value)}"' for name, value in how.items())
