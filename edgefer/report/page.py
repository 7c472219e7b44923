"""A self-contained HTML page: no scripts, nothing fetched, light and dark, readable on a phone."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from importlib.util import find_spec
from pathlib import Path
from typing import NewType

import edgefer
from edgefer.paths import write_text
from edgefer.report.style import DARK, LIGHT, Theme

# Text that is safe to stand in a page: made by the functions below, which escape what they are given.
Html = NewType("Html", str)

_LONG_HEAD = 14


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it."""

    title: str
    body: Sequence[Html]


def write_page(path: Path, title: str, lead: str, sections: Sequence[Section]) -> None:
    """Write a page atomically. lead: one or two sentences under the title, or an empty text."""
    write_text(path, render(title, lead, sections))


def render(title: str, lead: str, sections: Sequence[Section]) -> str:
    """The page as one HTML document."""
    parts = [
        "<!doctype html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">',
        # The page proves that it asks nobody for anything.
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">",
        f"<title>{escape(title)}</title>",
        f"<style>{_STYLE}</style>",
        "</head>",
        "<body>",
        "<header>",
        f"<h1>{escape(title)}</h1>",
        f'<p class="lead">{escape(lead)}</p>' if lead else "",
        "</header>",
        "<main>",
        *(_section(section) for section in sections),
        "</main>",
        f"<footer>edgefer {escape(edgefer.__version__)}</footer>",
        "</body>",
        "</html>",
    ]
    return "\n".join(part for part in parts if part) + "\n"


def text(words: str) -> Html:
    """A paragraph."""
    return Html(f"<p>{escape(words)}</p>")


def heading(words: str) -> Html:
    """A heading inside a section."""
    return Html(f"<h3>{escape(words)}</h3>")


def notes(lines: Sequence[str]) -> Html:
    """Small print: one item a line."""
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return Html(f'<ul class="notes">{items}</ul>')


def facts(pairs: Sequence[tuple[str, str]]) -> Html:
    """The few figures that matter most: a name and a value each."""
    items = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in pairs)
    return Html(f'<dl class="facts">{items}</dl>')


def table(caption: str, head: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1) -> Html:
    """A table whose first `left` columns are texts and whose others are numbers, right-aligned.

    The first cell of a row names it. A row shorter than `head` ends in a text that spans the columns it lacks.
    """
    titles = "".join(f'<th scope="col"{_align(column, left)}>{_head(name)}</th>' for column, name in enumerate(head))
    body = "".join(_row(row, len(head), left) for row in rows)
    return Html(
        f'<div class="wide"><table><caption>{escape(caption)}</caption>'
        f"<thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def figure(draw: Callable[[Theme], bytes], caption: str, alternative: str) -> Html:
    """A PNG figure, drawn once for light and once for dark pages.

    caption: what is seen, under it. alternative: the same in words for those who do not see it, and where matplotlib,
    which draws, is not installed.
    """
    if find_spec("matplotlib") is None:
        return text(f"{alternative} (The figure needs matplotlib: pip install matplotlib.)")
    light, dark = draw(LIGHT), draw(DARK)
    width, height = _size(light)
    return Html(
        '<figure><div class="wide"><picture>'
        f'<source media="(prefers-color-scheme: dark)" srcset="{_embedded(dark)}">'
        f'<img src="{_embedded(light)}" alt="{escape(alternative)}" width="{width // 2}" height="{height // 2}">'
        f"</picture></div><figcaption>{escape(caption)}</figcaption></figure>"
    )


def _embedded(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


def _section(section: Section) -> str:
    return f"<section><h2>{escape(section.title)}</h2>\n" + "\n".join(section.body) + "</section>"


def _row(row: Sequence[str], columns: int, left: int) -> str:
    cells = [f'<th scope="row">{escape(row[0])}</th>']
    for column, cell in enumerate(row[1:], start=1):
        last = column == len(row) - 1 and len(row) < columns
        span = f' colspan="{columns - column}" class="why"' if last else _align(column, left)
        cells.append(f"<td{span}>{escape(cell)}</td>")
    return f"<tr>{''.join(cells)}</tr>"


def _head(name: str) -> str:
    """Long heads may break into lines, short ones stay whole."""
    return escape(name if len(name) > _LONG_HEAD else name.replace(" ", "\u00a0"))


def _align(column: int, left: int) -> str:
    return "" if column < left else ' class="number"'


def _size(png: bytes) -> tuple[int, int]:
    """Width and height of a PNG, pixels, from its header."""
    return int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")


_STYLE = """
:root { --ink: #1c1f23; --muted: #5f6771; --line: #e3e6ea; --page: #ffffff; --soft: #f6f7f9; --accent: #0b5a8f; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8eaed; --muted: #9aa3ad; --line: #2c3138; --page: #16191d; --soft: #1d2126; --accent: #7cc4f0; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 66rem; padding: 2.5rem 1.25rem 4rem; background: var(--page); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
h1 { font-size: 1.9rem; line-height: 1.2; letter-spacing: -0.01em; margin: 0 0 .5rem; font-weight: 650; }
h2 { font-size: 1.25rem; margin: 3rem 0 1rem; padding-top: 1.25rem; border-top: 1px solid var(--line); font-weight: 650; }
h3 { font-size: 1rem; margin: 2rem 0 .5rem; font-weight: 650; }
p { max-width: 44rem; margin: .75rem 0; }
.lead { color: var(--muted); font-size: 1.1rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .875rem; line-height: 1.4; margin: .5rem 0 1rem; min-width: 26rem;
  font-variant-numeric: tabular-nums lining-nums; }
caption { caption-side: top; text-align: left; color: var(--muted); padding: 0 0 .5rem; }
th, td { padding: .4rem 1rem .4rem 0; text-align: left; vertical-align: baseline; border-bottom: 1px solid var(--line);
  white-space: nowrap; }
th:last-child, td:last-child { padding-right: 0; }
thead th { color: var(--muted); font-weight: 500; border-bottom-color: var(--muted); vertical-align: bottom;
  white-space: normal; }
tbody th { font-weight: 500; }
.number { text-align: right; }
.why { color: var(--muted); white-space: normal; }
figure { margin: 1.5rem 0; }
figure img { display: block; max-width: 100%; height: auto; min-width: min(100%, 30rem); }
figcaption { color: var(--muted); font-size: .9rem; max-width: 44rem; margin-top: .5rem; }
.facts { display: flex; flex-wrap: wrap; gap: 1rem 2.5rem; margin: 1.25rem 0; }
.facts dt { color: var(--muted); font-size: .85rem; }
.facts dd { margin: 0; font-size: 1.5rem; font-weight: 600; font-variant-numeric: tabular-nums lining-nums; }
.notes { color: var(--muted); font-size: .85rem; padding-left: 1.1rem; max-width: 52rem; }
.notes li { margin: .2rem 0; }
footer { margin-top: 4rem; color: var(--muted); font-size: .85rem; }
@media (max-width: 34rem) { body { padding-top: 1.5rem; } .wide img { min-width: 30rem; } }
@media print { body { max-width: none; padding: 0; } section { break-inside: avoid-page; } }
"""
