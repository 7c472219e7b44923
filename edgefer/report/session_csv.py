"""Sessions as CSV, for statistics programs and spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import timedelta
from math import isnan
from pathlib import Path

from edgefer.camera.reading import UNCERTAIN
from edgefer.camera.session_compare import Pairing
from edgefer.camera.session_summary import Summary, TaskTime
from edgefer.camera.session_view import UNSURE, Person, as_one
from edgefer.paths import write_text
from edgefer.report.session_words import task_at


def write(folder: Path, summary: Summary) -> list[Path]:
    """Write `samples.csv` and `summary.csv`, atomically; a crowd has no samples."""
    files = {"summary.csv": summary_csv(summary)}
    if summary.view.crowd is None:
        files = {"samples.csv": samples_csv(summary), **files}
    for name, text in files.items():
        write_text(folder / name, text)
    return [folder / name for name in files]


def samples_csv(summary: Summary) -> str:
    """A line a person and sample, and one for each sample in which nobody was seen."""
    view = summary.view
    people = as_one(view.people) if summary.one_person else view.people
    rows: list[tuple[float, list[str]]] = []
    alone = set(view.watched.start.tolist())
    for person in people:
        alone -= set(person.times.start.tolist())
        rows += [(second, _sample(summary, person, place)) for place, second in enumerate(person.times.start.tolist())]
    rows += [(second, [*_time(summary, second), "", "0", "", *[""] * len(view.labels)]) for second in alone]
    head = ["time", "time_of_day", "task", "person", "seen", "emotion", *view.labels]
    return _text(head, (row for _, row in sorted(rows, key=lambda pair: (pair[0], pair[1][3]))))


def summary_csv(summary: Summary) -> str:
    """A line a person and task, in seconds; `everybody` first."""
    labels = summary.view.labels
    head = ["person", "task", "watched", "seen", *labels, UNCERTAIN, "confidence", "valleys"]
    rows = [["everybody", *_task(one), ""] for one in summary.together]
    for person in summary.people:
        for one in person.tasks:
            peaks = sum(any(a <= valley.peak < b for a, b in one.task.spans) for valley in person.valleys)
            rows.append([str(person.person.number), *_task(one), str(peaks)])
    return _text(head, rows)


def pair_csv(found: Pairing) -> str:
    """A line a task and emotion of two sessions: shares, 0..1, and the difference with its interval."""
    head = ["task", "emotion", "first", "second", "difference", "low", "high", "blocks_first", "blocks_second"]
    rows = []
    for task in found.tasks:
        for one in task.differences:
            ends = ["", ""] if one.interval is None else [f"{one.interval.low:.4f}", f"{one.interval.high:.4f}"]
            shares = [f"{value:.4f}" for value in (one.first, one.second, one.value)]
            rows.append([_cell(task.name), one.emotion, *shares, *ends, *map(str, task.blocks)])
    return _text(head, rows)


def _time(summary: Summary, second: float) -> list[str]:
    header = summary.view.record.header
    day = (header.started + timedelta(seconds=second)).isoformat(timespec="milliseconds") if header.live else ""
    task = task_at(summary, second)
    return [f"{second:.3f}", day, "" if task == "-" else _cell(task)]


def _sample(summary: Summary, person: Person, place: int) -> list[str]:
    shown = int(person.shown[place])
    emotion = UNCERTAIN if shown == UNSURE else summary.view.labels[shown]
    shares = [f"{share:.3f}" for share in person.probabilities[place]]
    return [*_time(summary, float(person.times.start[place])), str(person.number), "1", emotion, *shares]


def _task(one: TaskTime) -> list[str]:
    spent = one.spent
    times = [spent.watched, spent.seen, *spent.emotions.tolist(), spent.uncertain]
    return [
        _cell(one.task.name),
        *(f"{time:.3f}" for time in times),
        "" if isnan(spent.confidence) else f"{spent.confidence:.4f}",
    ]


def _cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def _text(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return buffer.getvalue()
