"""A session as arrays: who was seen when, and the tasks between its marks. Everything that is counted begins here.

A sample stands until the next one, and not beyond a gap; the last one of a run stands for nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edgefer.camera.marks import MarkKind
from edgefer.camera.reading import UNCERTAIN
from edgefer.camera.session_lines import IntervalLine, MarkLine, SampleLine
from edgefer.camera.session_read import Record

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Span = tuple[float, float]

BEFORE = "before the first mark"
BETWEEN = "between tasks"
WHOLE = "whole session"
UNSURE = -1

_BEGINS = re.compile(r"(?i)^(?:start|begin)(?:s|ning)?(?: of)? (.+)$|^(.+?)[ :,-]+(?:starts?|begins?)\.?$")
_ENDS = re.compile(
    r"(?i)^(?:end(?:s|ing)?|stops?)(?: of)? .+$|^.+?[ :,-]+(?:ends?|stops?|done|finished|over)\.?$|^(?:end|stop|done)$"
)


@dataclass(frozen=True, eq=False)
class Times:
    """Stretches of time: start, end in seconds, float64 `[N]`, in order and apart from each other."""

    start: Floats
    end: Floats

    @property
    def seconds(self) -> float:
        """All of them together."""
        return float(np.sum(self.end - self.start))

    def within(self, spans: Sequence[Span]) -> Floats:
        """How many seconds of each stretch lie in any of `spans`, which do not overlap: float64 `[N]`."""
        total = np.zeros(len(self.start))
        for begin, end in spans:
            total += np.clip(np.minimum(self.end, end) - np.maximum(self.start, begin), 0, None)
        return total


@dataclass(frozen=True, eq=False)
class Person:
    """Somebody who was seen.

    times: of the samples in which the person was seen, `[N]`. probabilities: float64 `[N, labels]`.
    shown: index of the emotion that was shown, int64 `[N]`, `UNSURE` where it was uncertain.
    """

    number: int
    times: Times
    probabilities: Floats
    shown: Ints

    @property
    def span(self) -> Span:
        """From when to when the person was there, with the times out of sight between."""
        return float(self.times.start[0]), float(self.times.end[-1])


@dataclass(frozen=True, eq=False)
class Crowd:
    """What a run with --aggregate-only leaves: intervals in which nobody is told from another.

    times: `[N]`. frames, faces, most: counts, float64 `[N]`. shares: of the faces by emotion, float64 `[N, labels]`.
    uncertain: share of the faces, float64 `[N]`.
    """

    times: Times
    frames: Floats
    faces: Floats
    most: Floats
    shares: Floats
    uncertain: Floats


@dataclass(frozen=True)
class Task:
    """A task and when it was done; one that was begun twice has two spans."""

    name: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, eq=False)
class View:
    """A session to count in. watched: the time that is known, people there or not. crowd: of aggregated runs only."""

    record: Record
    labels: tuple[str, ...]
    watched: Times
    people: tuple[Person, ...]
    tasks: tuple[Task, ...]
    crowd: Crowd | None

    @property
    def end(self) -> float:
        """The last second that is known."""
        return self.record.last


def view(record: Record) -> View:
    """Lay a record out. People who were never seen for a moment that lasted are left out."""
    labels = record.header.model.labels
    if record.header.aggregate:
        crowd = _crowd(record.intervals, labels)
        return View(record, labels, crowd.times, (), tasks(record.marks, record.last), crowd)
    watched = _sampled(record)
    people = _people(record.samples, watched, labels)
    return View(record, labels, watched, people, tasks(record.marks, record.last), None)


def tasks(marks: Sequence[MarkLine], end: float) -> tuple[Task, ...]:
    """The tasks between the marks, in the order in which they were begun first; empty where no mark begins one.

    `task 2`, `task 2 starts` and `start of task 2` begin task 2; it lasts until the next task begins or a mark says that
    one ends. Notes do not matter here.
    """
    turns = [mark for mark in marks if mark.does is MarkKind.TASK]
    if not turns:
        return ()
    spans: dict[str, list[Span]] = {}
    name, begin = BEFORE, 0.0
    for mark in turns:
        if mark.time > begin:
            spans.setdefault(name, []).append((begin, mark.time))
        name, begin = task_name(mark.text), mark.time
    if end > begin:
        spans.setdefault(name, []).append((begin, end))
    return tuple(Task(name, tuple(times)) for name, times in spans.items())


def task_name(text: str) -> str:
    """What is done after a mark with this text."""
    if _ENDS.match(text):
        return BETWEEN
    match = _BEGINS.match(text)
    return (match[1] or match[2]) if match else text


def as_one(people: Sequence[Person]) -> tuple[Person, ...]:
    """All of them as one person, who was lost and found again; where two were seen at once, the one seen for longer."""
    if not people:
        return ()
    first = sorted(people, key=lambda person: -person.times.seconds)
    start = np.concatenate([person.times.start for person in first])
    # Of equal starts, `unique` keeps the first one.
    _, rows = np.unique(start, return_index=True)
    return (
        Person(
            1,
            Times(start[rows], np.concatenate([person.times.end for person in first])[rows]),
            np.concatenate([person.probabilities for person in first])[rows],
            np.concatenate([person.shown for person in first])[rows],
        ),
    )


def _sampled(record: Record) -> Times:
    """How long each sample stands, in the order of the samples."""
    start = np.array([sample.time for sample in record.samples])
    if not len(start):
        return Times(start, start)
    # A run that was killed left no line that says when.
    killed = [start[start < run.time].max() for run in record.runs[1:] if (start < run.time).any()]
    told = [*(line.time for line in record.gaps), *(line.time for line in record.ends)]
    breaks = np.array(sorted([*told, *killed, np.inf]))
    end = np.append(start[1:], record.last)
    return Times(start, np.minimum(end, breaks[np.searchsorted(breaks, start)]))


def _people(samples: Sequence[SampleLine], stands: Times, labels: tuple[str, ...]) -> tuple[Person, ...]:
    index = {name: number for number, name in enumerate(labels)} | {UNCERTAIN: UNSURE}
    rows: dict[int, list[int]] = {}
    probabilities: dict[int, list[tuple[float, ...]]] = {}
    shown: dict[int, list[int]] = {}
    for place, sample in enumerate(samples):
        if stands.end[place] <= stands.start[place]:
            continue
        for one in sample.people:
            if one.seen:
                rows.setdefault(one.track, []).append(place)
                probabilities.setdefault(one.track, []).append(one.probabilities)
                shown.setdefault(one.track, []).append(UNSURE if one.uncertain else index[one.emotion])
    return tuple(
        Person(
            track,
            Times(stands.start[places], stands.end[places]),
            np.array(probabilities[track]),
            np.array(shown[track]),
        )
        for track, places in sorted(rows.items())
    )


def _crowd(lines: Sequence[IntervalLine], labels: tuple[str, ...]) -> Crowd:
    start = np.array([line.time for line in lines], np.float64)
    return Crowd(
        Times(start, start + np.array([line.seconds for line in lines], np.float64)),
        np.array([line.frames for line in lines], np.float64),
        np.array([line.faces for line in lines], np.float64),
        np.array([line.most for line in lines], np.float64),
        np.array([[line.emotions[name] for name in labels] for line in lines], np.float64).reshape(-1, len(labels)),
        np.array([line.uncertain for line in lines], np.float64),
    )
