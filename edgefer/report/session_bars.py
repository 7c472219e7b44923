"""Time in each emotion as bars: a row a task, or a task in two sessions; and differences with their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edgefer.camera.reading import UNCERTAIN
from edgefer.camera.session_compare import TaskPair
from edgefer.camera.session_stats import Spent
from edgefer.report import svg
from edgefer.report.page import Html
from edgefer.report.session_words import clock, percent, signed

WIDTH, NAMES, ROW, BAR = 760.0, 190.0, 30.0, 22.0


@dataclass(frozen=True)
class Bar:
    """A row: its name and how its time was spent."""

    name: str
    spent: Spent


def bars(rows: Sequence[Bar], labels: Sequence[str], key: str) -> Html:
    """Shares of the time seen, by emotion in the order of the labels, then uncertain; key as `svg.svg` has it."""
    parts = []
    told = []
    for place, row in enumerate(rows):
        y = place * ROW
        parts.append(svg.words(NAMES - 10, y + 19, svg.short(row.name, NAMES - 14), text_anchor="end"))
        shares = [float(time) for time in row.spent.emotions] + [row.spent.uncertain]
        if not row.spent.seen:
            parts.append(svg.words(NAMES, y + 19, "nobody seen", class_="m"))
            told.append(f"{row.name}: nobody seen")
            continue
        x = NAMES
        for name, time in zip((*labels, UNCERTAIN), shares, strict=True):
            width = (WIDTH - NAMES - 4) * time / row.spent.seen
            if width > 0:
                parts += _piece(x, y + 4, width, name, percent(time, row.spent.seen), key)
            x += width
        listed = ", ".join(
            f"{name} {percent(time, row.spent.seen)}"
            for name, time in zip((*labels, UNCERTAIN), shares, strict=True)
            if time
        )
        told.append(f"{row.name}, {clock(row.spent.watched)}: {listed}")
    names = [name for place, name in enumerate(labels) if any(row.spent.emotions[place] > 0 for row in rows)]
    parts += _legend([*names, UNCERTAIN], len(rows) * ROW + 8, key)
    drawing = svg.svg(WIDTH, len(rows) * ROW + 28, parts, "; ".join(told), key)
    return svg.framed(drawing, "Share of the time seen, by the emotion shown.")


def _legend(names: Sequence[str], y: float, key: str) -> list[str]:
    """The names in the order of the pieces."""
    parts, x = [], NAMES
    for name in names:
        parts += [
            svg.rect(x, y, 11, 11, fill=_colour(name, key), class_="o"),
            svg.words(x + 15, y + 10, name, class_="m"),
        ]
        x += 30 + svg.wide(name)
    return parts


def _colour(name: str, key: str) -> str:
    return f"url(#{key})" if name == UNCERTAIN else svg.fill(name)


def _piece(x: float, y: float, width: float, name: str, share: str, key: str) -> list[str]:
    piece = svg.rect(x, y, width, BAR, fill=_colour(name, key), class_="o")
    titled = piece.replace("/>", f"><title>{name} {share}</title></rect>")
    for text in (f"{name} {share}", name, share):
        if svg.wide(text) + 8 <= width and name != UNCERTAIN:
            return [titled, svg.words(x + width / 2, y + 15, text, class_="on", text_anchor="middle")]
    return [titled]


def differences(task: TaskPair, first: str, second: str, key: str) -> Html:
    """A dot and its 95 % interval for each emotion, in points."""
    left, right, row = 90.0, WIDTH - 60, 22.0
    middle, half = (left + right) / 2, (right - left) / 2
    ends = [abs(one.value) for one in task.differences]
    ends += [max(abs(one.interval.low), abs(one.interval.high)) for one in task.differences if one.interval]
    reach = next((limit for limit in (0.1, 0.2, 0.5) if max(ends) <= limit), 1.0)

    def x(value: float) -> float:
        return middle + half * value / reach

    bottom = row * len(task.differences) + 4
    parts = []
    for mark in (-reach, -reach / 2, 0.0, reach / 2, reach):
        parts.append(svg.line(x(mark), 0, x(mark), bottom, class_="s" if mark == 0 else "l"))
        parts.append(svg.words(x(mark), bottom + 14, signed(mark), class_="m", text_anchor="middle"))
    for place, one in enumerate(task.differences):
        y = place * row + row / 2 + 2
        parts.append(svg.words(left - 10, y + 4, one.emotion, text_anchor="end"))
        if one.interval is not None:
            parts.append(
                svg.line(
                    x(one.interval.low), y, x(one.interval.high), y, class_="a", stroke_width="4", stroke_opacity=".5"
                )
            )
        parts.append(f'<circle cx="{x(one.value):.1f}" cy="{y:.1f}" r="4.5" style="fill:var(--accent)"/>')
    told = ", ".join(f"{one.emotion} {signed(one.value)}" for one in task.differences)
    drawing = svg.svg(WIDTH, bottom + 20, parts, f"{task.name}, {second} less {first} in points: {told}", key)
    return svg.framed(drawing, f"{second} less {first}, in points of the time shown; the line is the 95 % interval.")
