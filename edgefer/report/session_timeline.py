"""One person's session as a drawing: a row an emotion, marks, what was not seen, and the valleys."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edgefer.camera.marks import MarkKind
from edgefer.camera.reading import UNCERTAIN
from edgefer.camera.session_lines import MarkLine
from edgefer.camera.session_stats import Stretch, stretches
from edgefer.camera.session_summary import PersonSummary, Summary
from edgefer.camera.session_valleys import steadied, strain, usually
from edgefer.camera.session_view import UNSURE
from edgefer.report import svg
from edgefer.report.page import Html
from edgefer.report.session_words import clock, name, percent

LEFT, RIGHT = 86.0, 14.0
LANE, CURVE, LABEL = 18.0, 70.0, 15.0
WIDTH, WIDEST = 1000.0, 2400.0
PER_MINUTE = 40.0  # pixels, where a session is too long for the narrowest drawing
TICKS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)


class _Scale:
    """Seconds to pixels."""

    def __init__(self, seconds: float) -> None:
        self.seconds = max(seconds, 1e-3)
        self.width = min(WIDEST, max(WIDTH, PER_MINUTE * seconds / 60))
        self._factor = (self.width - LEFT - RIGHT) / self.seconds

    def x(self, second: float) -> float:
        return LEFT + second * self._factor


def timeline(summary: Summary, one: PersonSummary) -> Html:
    """The drawing with its caption and, for those who do not see it, a text."""
    view = summary.view
    scale = _Scale(view.end)
    shown = stretches(one.person)
    rows = _label_rows(view.record.marks, scale)
    top = LABEL * (1 + max(rows, default=-1)) + 6
    lanes = [*view.labels, UNCERTAIN]
    bottom = top + LANE * len(lanes)
    end = bottom + 8 + CURVE
    key = f"t{one.person.number}"
    parts = [
        *_lanes(lanes, shown, scale, top),
        *_unseen(summary, one, scale, top, end, key),
        *_curve(summary, one, scale, bottom + 8),
        *_axis(scale, top, end),
        *_marks(view.record.marks, rows, scale, end),
    ]
    caption = (
        "What was shown, a row an emotion. Grey: not seen. Hatched: nothing was recorded. Upright lines: marks that begin a "
        "task, dotted those that note a moment. Below: probability of negative emotions and surprise together (dashed: this "
        "person's lower quartile), with the valleys."
    )
    return svg.framed(svg.svg(scale.width, end + 22, parts, _alternative(summary, one), key), caption)


def _lanes(lanes: Sequence[str], shown: Sequence[Stretch], scale: _Scale, top: float) -> list[str]:
    parts = []
    for place, lane in enumerate(lanes):
        y = top + place * LANE
        index = UNSURE if lane == UNCERTAIN else place
        if place % 2 == 0:
            parts.append(svg.rect(LEFT, y, scale.width - LEFT - RIGHT, LANE, class_="f"))
        parts.append(svg.words(LEFT - 8, y + 13, lane, text_anchor="end"))
        boxes = _boxes([one for one in shown if one.shown == index], scale, y + 2, LANE - 4)
        colour = "var(--muted)" if lane == UNCERTAIN else svg.fill(lane)
        if boxes:
            parts.append(svg.path(boxes, fill=colour, class_="o"))
    return parts


def _boxes(found: Sequence[Stretch], scale: _Scale, y: float, height: float) -> str:
    """All stretches of a row as one path; those less than half a pixel apart are one box."""
    boxes: list[list[float]] = []
    for one in found:
        start, end = scale.x(one.start), scale.x(one.end)
        if boxes and start - boxes[-1][1] < 0.5:
            boxes[-1][1] = end
        else:
            boxes.append([start, end])
    # What is shorter than a pixel would vanish.
    return "".join(f"M{a:.1f} {y:.1f}h{max(b - a, 0.8):.1f}v{height:.1f}H{a:.1f}z" for a, b in boxes)


def _unseen(summary: Summary, one: PersonSummary, scale: _Scale, top: float, end: float, key: str) -> list[str]:
    """Grey where somebody could have been seen and was not, hatched where nothing was recorded."""
    watched, person = summary.view.watched, one.person
    absent = ~np.isin(watched.start, person.times.start)
    grey = _merged(watched.start[absent], watched.end[absent])
    inside = _merged(watched.start, watched.end)
    edges = [0.0, *(edge for span in inside for edge in span), scale.seconds]
    gaps = [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a > 0.05]
    parts = [svg.rect(scale.x(a), top, scale.x(b) - scale.x(a), end - top, class_="g") for a, b in grey if b - a > 0.05]
    return parts + [svg.rect(scale.x(a), top, scale.x(b) - scale.x(a), end - top, fill=f"url(#{key})") for a, b in gaps]


def _merged(start: np.ndarray, end: np.ndarray) -> list[tuple[float, float]]:
    spans: list[tuple[float, float]] = []
    for a, b in zip(start.tolist(), end.tolist(), strict=True):
        if spans and a - spans[-1][1] < 1e-6:
            spans[-1] = (spans[-1][0], b)
        elif b > a:
            spans.append((a, b))
    return spans


def _curve(summary: Summary, one: PersonSummary, scale: _Scale, top: float) -> list[str]:
    person = one.person
    values = steadied(person, strain(person.probabilities, summary.view.labels))
    middle = (person.times.start + person.times.end) / 2
    low = top + CURVE

    def y(value: float) -> float:
        return low - value * (CURVE - 14)

    parts = [svg.words(LEFT - 8, low - 2, "0 %", class_="m", text_anchor="end")]
    parts += [
        svg.words(LEFT - 8, y(1) + 8, "100 %", class_="m", text_anchor="end"),
        svg.line(LEFT, low, scale.width - RIGHT, low, class_="l"),
    ]
    for number, valley in enumerate(one.valleys, start=1):
        start, width = scale.x(valley.start), scale.x(valley.end) - scale.x(valley.start)
        parts.append(svg.rect(start, top + 2, width, CURVE - 2, class_="a", fill="none", stroke_width="1.2", rx="2"))
        parts.append(svg.words(start + width / 2, top + 13, str(number), text_anchor="middle", font_weight="bold"))
    usual = usually(values, person)
    parts.append(svg.line(LEFT, y(usual), scale.width - RIGHT, y(usual), class_="s", stroke_dasharray="5 4"))
    breaks = np.flatnonzero(person.times.start[1:] - person.times.end[:-1] > 1e-6) + 1
    pixels = np.round([scale.x(second) for second in middle], 0)
    for rows in np.split(np.arange(len(values)), breaks):
        points = [(x, float(values[rows][pixels[rows] == x].mean())) for x in np.unique(pixels[rows])]
        steps = "".join(f"{'L' if place else 'M'}{x:.0f} {y(value):.1f}" for place, (x, value) in enumerate(points))
        parts.append(svg.path(steps + ("h.1" if len(points) == 1 else ""), class_="k", fill="none", stroke_width="1.4"))
    return parts


def _axis(scale: _Scale, top: float, end: float) -> list[str]:
    room = (scale.width - LEFT - RIGHT) / 70
    step = next((tick for tick in TICKS if scale.seconds / tick <= room), TICKS[-1])
    parts = []
    for second in np.arange(0, scale.seconds + 1e-6, step).tolist():
        parts.append(svg.line(scale.x(second), end, scale.x(second), end + 4, class_="s"))
        parts.append(svg.line(scale.x(second), top, scale.x(second), end, class_="l", stroke_width=".6"))
        parts.append(svg.words(scale.x(second), end + 16, clock(second), class_="m", text_anchor="middle"))
    return parts


def _label_rows(marks: Sequence[MarkLine], scale: _Scale) -> list[int]:
    """In which of at most four rows each mark is named, so that no two names touch."""
    ends: list[float] = []
    rows = []
    for mark in marks:
        start = scale.x(mark.time)
        width = min(svg.wide(mark.text), 180) + 10
        start = min(start, scale.width - width)
        row = next((number for number, end in enumerate(ends) if end <= start), len(ends))
        if row == 4:
            row = ends.index(min(ends))
        ends[row : row + 1] = [start + width]
        rows.append(row)
    return rows


def _marks(marks: Sequence[MarkLine], rows: Sequence[int], scale: _Scale, end: float) -> list[str]:
    parts = []
    for mark, row in zip(marks, rows, strict=True):
        x, y = scale.x(min(mark.time, scale.seconds)), LABEL * (row + 1)
        dotted = {"stroke_dasharray": "1 4"} if mark.does is MarkKind.NOTE else {}
        parts.append(svg.line(x, y - 10, x, end, class_="k", stroke_width="1.1", **dotted))
        text = svg.short(mark.text, 180)
        left = x + 4 + svg.wide(text) > scale.width
        parts.append(svg.words(x - 4 if left else x + 4, y - 2, text, text_anchor="end" if left else "start"))
    return parts


def _alternative(summary: Summary, one: PersonSummary) -> str:
    spent = one.whole
    shares = sorted(zip(spent.emotions.tolist(), summary.view.labels, strict=True), reverse=True)
    told = ", ".join(f"{label} {percent(time, spent.seen)}" for time, label in shares if time)
    peaks = ", ".join(f"{clock(valley.peak)} ({valley.emotion})" for valley in one.valleys) or "none"
    return (
        f"Timeline of {name(one)} over {clock(summary.view.end)}: seen {percent(spent.seen, spent.watched)} of it; of that "
        f"{told or 'nothing sure'}, uncertain {percent(spent.uncertain, spent.seen)}. Valleys: {peaks}."
    )
