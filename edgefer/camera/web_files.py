"""The page's files, read once; its text is filled in here, so that it says whom it concerns before any script runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template

from edgefer.camera.overlay import COLOURS, OTHER

FOLDER = Path(__file__).parent / "web_page"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".html": "text/html; charset=utf-8",
}
PAGES = ("people", "intervals")


@dataclass(frozen=True)
class About:
    """What does not change during a run.

    page: `people` with pictures and a timeline each, or `intervals` without either. labels: of the model, in its order.
    source: how the source calls itself. notice: the disclosure. kept: whether
    the run stores pictures. run: as in `Site`.
    """

    page: str
    labels: tuple[str, ...]
    source: str
    notice: str
    kept: str
    run: str


def files(about: About) -> Mapping[str, tuple[str, bytes]]:
    """Type and bytes of all files by name; the page itself is `""`."""
    found = {
        path.name: (TYPES[path.suffix], path.read_bytes())
        for path in sorted(FOLDER.iterdir())
        if path.suffix in TYPES and path.suffix != ".html"
    }
    return {**found, "": (TYPES[".html"], _page(about))}


def _page(about: About) -> bytes:
    colours = {name: _css(COLOURS.get(name, OTHER)) for name in about.labels}
    # "<" would let a label end the script element that holds this.
    data = json.dumps({"run": about.run, "page": about.page, "colours": colours}).replace("<", "\\u003c")
    text = (FOLDER / f"{about.page}.html").read_text(encoding="utf-8")
    words = {name: escape(getattr(about, name)) for name in ("notice", "source", "kept")}
    return Template(text).substitute(words, data=data).encode()


def _css(colour: tuple[int, int, int]) -> str:
    blue, green, red = colour
    return f"#{red:02x}{green:02x}{blue:02x}"
