"""The report of two usability sessions side by side."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from edgefer.camera.session_compare import Pairing, TaskPair
from edgefer.camera.session_summary import Summary
from edgefer.report import page
from edgefer.report import session_words as words
from edgefer.report.page import Section
from edgefer.report.session_bars import Bar, bars, differences
from edgefer.table import text_table


class Names:
    """What the two sessions are called; their places where their names are the same."""

    def __init__(self, first: Summary, second: Summary) -> None:
        a, b = first.view.record, second.view.record
        same = a.header.name == b.header.name
        self.first, self.second = (str(a.path.parent), str(b.path.parent)) if same else (a.header.name, b.header.name)

    @property
    def title(self) -> str:
        return f"{self.first} and {self.second}"


def render(first: Summary, second: Summary, found: Pairing) -> str:
    """For a terminal: a table a task."""
    names = Names(first, second)
    lines = [f"Sessions {names.title}"]
    for task in found.tasks:
        lines += [
            "",
            _title(task),
            text_table(words.difference_head(names.first, names.second), words.difference_rows(task)),
        ]
    return "\n".join([*lines, "", *_remarks(first, second, found, names), words.NOT_A_STUDY])


def write(path: Path, first: Summary, second: Summary, found: Pairing) -> None:
    """Write the page, atomically."""
    names = Names(first, second)
    lead = f"{names.first}: {words.when(first.view)}. {names.second}: {words.when(second.view)}."
    page.write_page(path, f"Sessions {names.title}", lead, sections(first, second, found))


def sections(first: Summary, second: Summary, found: Pairing) -> list[Section]:
    """What both are, then each task that both have."""
    names = Names(first, second)
    both = [("", *(name for name, _ in words.headline(first)))]
    rows = [
        [name, *(value for _, value in words.headline(one))]
        for name, one in ((names.first, first), (names.second, second))
    ]
    glance = [
        page.text(words.NOT_A_STUDY),
        page.text(words.DISCLOSURE),
        page.table("Both sessions", both[0], rows),
        page.notes(_remarks(first, second, found, names)),
    ]
    return [
        Section("At a glance", glance),
        *(_task(place, task, found, names) for place, task in enumerate(found.tasks)),
    ]


def to_json(first: Summary, second: Summary, found: Pairing) -> dict[str, Any]:
    """Plain values; shares of the time shown, 0..1, second less first."""
    names = Names(first, second)
    return {
        "first": {"session": names.first, "file": str(first.view.record.path)},
        "second": {"session": names.second, "file": str(second.view.record.path)},
        "tasks": [
            {
                "task": task.name,
                "blocks": list(task.blocks),
                "differences": [asdict(one) | {"difference": one.value} for one in task.differences],
            }
            for task in found.tasks
        ],
        "only_first": list(found.only_first),
        "only_second": list(found.only_second),
    }


def _task(place: int, task: TaskPair, found: Pairing, names: Names) -> Section:
    rows = [Bar(names.first, task.first), Bar(names.second, task.second)]
    head, lines = words.difference_head(names.first, names.second), words.difference_rows(task)
    caption = "Of the time shown; differences in points"
    return Section(
        words.sentence(_title(task)).rstrip("."),
        [
            bars(rows, found.labels, f"b{place}"),
            differences(task, names.first, names.second, f"d{place}"),
            page.table(caption, head, lines),
        ],
    )


def _title(task: TaskPair) -> str:
    return f"{task.name}, {words.clock(task.first.watched)} and {words.clock(task.second.watched)}"


def _remarks(first: Summary, second: Summary, found: Pairing, names: Names) -> list[str]:
    lines = words.pair_remarks(found, names.first, names.second)
    for name, one in ((names.first, first), (names.second, second)):
        lines += [f"{name}: {line}" for line in words.remarks(one)]
    models = {one.view.record.header.model.sha256 for one in (first, second)}
    if len(models) > 1:
        lines.insert(0, "They were read by different models: part of every difference is theirs.")
    if first.view.record.header.settings != second.view.record.header.settings:
        lines.insert(0, "They were read with different settings.")
    return lines
