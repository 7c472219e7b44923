"""Everything that a report tells of one session, counted once."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan
from typing import Any

from edgefer.camera.session_compare import time_in
from edgefer.camera.session_stats import SURE, Spent, certainty, present, spent, transitions
from edgefer.camera.session_valleys import Valley, valleys
from edgefer.camera.session_view import WHOLE, Floats, Ints, Person, Task, View, as_one

PASSING = 2.0  # seconds; who was seen for less walked by


@dataclass(frozen=True, eq=False)
class TaskTime:
    """A task and how its time was spent."""

    task: Task
    spent: Spent


@dataclass(frozen=True, eq=False)
class PersonSummary:
    """tasks: the whole session first. transitions: `[before, after]`. certainty: by the bounds of `SURE`."""

    person: Person
    tasks: tuple[TaskTime, ...]
    transitions: Ints
    valleys: tuple[Valley, ...]
    certainty: Floats

    @property
    def whole(self) -> Spent:
        """All the time."""
        return self.tasks[0].spent


@dataclass(frozen=True, eq=False)
class Summary:
    """A session. together: everybody, the whole session first. present: seconds in which anybody was seen.

    people: by the time that they were seen, longest first. passing: numbers of people who were seen for less than
    `PASSING` seconds, who are counted in `together` alone. one_person: all numbers were taken for one person.
    at_once: most people at one moment.
    """

    view: View
    together: tuple[TaskTime, ...]
    present: float
    people: tuple[PersonSummary, ...]
    passing: int
    one_person: bool
    at_once: int


def summarize(view: View, one_person: bool = False) -> Summary:
    """Count a session. one_person: whoever was seen is one person, who was lost and found again."""
    found = as_one(view.people) if one_person else view.people
    long = [person for person in found if person.times.seconds >= PASSING] or list(found)
    tasks = (Task(WHOLE, ((0.0, max(view.end, 1e-9)),)), *view.tasks)
    people = sorted((_person(view, person, tasks) for person in long), key=lambda one: -one.whole.seen)
    return Summary(
        view=view,
        together=tuple(TaskTime(task, time_in(view, task.spans)) for task in tasks),
        present=present(view.people, view.watched, tasks[0].spans) if view.crowd is None else _crowd_present(view),
        people=tuple(people),
        passing=len(found) - len(long),
        one_person=one_person,
        at_once=_at_once(view),
    )


def to_json(summary: Summary) -> dict[str, Any]:
    """Plain values; seconds to the millisecond, shares to four digits."""
    view, record = summary.view, summary.view.record
    return {
        "session": record.header.name,
        "file": str(record.path),
        "source": record.header.source,
        "started": record.header.started.isoformat(),
        "live": record.header.live,
        "model": record.header.model.model_dump(),
        "runs": len(record.runs),
        "being_written": record.lives,
        "cut_off": record.cut_off,
        "seconds": round(view.end, 3),
        "watched": round(view.watched.seconds, 3),
        "present": round(summary.present, 3),
        "gaps": [{"time": gap.time, "why": gap.why} for gap in record.gaps],
        "marks": [{"time": mark.time, "does": mark.does.value, "text": mark.text} for mark in record.marks],
        "together": [_task_json(one, view.labels) for one in summary.together],
        "people": [_person_json(one, view.labels) for one in summary.people],
        "passing": summary.passing,
    }


def _person(view: View, person: Person, tasks: tuple[Task, ...]) -> PersonSummary:
    count = len(view.labels)
    times = tuple(TaskTime(task, spent([person], view.watched, task.spans, count)) for task in tasks)
    found = tuple(valleys(person, view.labels))
    return PersonSummary(person, times, transitions(person, count), found, certainty(person))


def _crowd_present(view: View) -> float:
    assert view.crowd is not None
    return float((view.crowd.times.end - view.crowd.times.start)[view.crowd.faces > 0].sum())


def _at_once(view: View) -> int:
    if view.crowd is not None:
        return int(view.crowd.most.max(initial=0))
    return max((sum(one.seen for one in sample.people) for sample in view.record.samples), default=0)


def _task_json(one: TaskTime, labels: tuple[str, ...]) -> dict[str, Any]:
    return {
        "task": one.task.name,
        "spans": [[round(start, 3), round(end, 3)] for start, end in one.task.spans],
        "watched": round(one.spent.watched, 3),
        "seen": round(one.spent.seen, 3),
        "uncertain": round(one.spent.uncertain, 3),
        "confidence": None if isnan(one.spent.confidence) else round(one.spent.confidence, 4),
        "emotions": {name: round(float(time), 3) for name, time in zip(labels, one.spent.emotions, strict=True)},
    }


def _person_json(one: PersonSummary, labels: tuple[str, ...]) -> dict[str, Any]:
    counts = one.transitions
    return {
        "person": one.person.number,
        "from": round(one.person.span[0], 3),
        "to": round(one.person.span[1], 3),
        "tasks": [_task_json(task, labels) for task in one.tasks],
        "transitions": [
            {"before": labels[a], "after": labels[b], "count": int(counts[a, b])}
            for a, b in zip(*counts.nonzero(), strict=True)
        ],
        "valleys": [
            {
                "start": round(valley.start, 3),
                "end": round(valley.end, 3),
                "peak": round(valley.peak, 3),
                "rise": round(valley.rise, 4),
                "emotion": valley.emotion,
                "certain": round(valley.certain, 4),
            }
            for valley in one.valleys
        ],
        "certainty": [
            {"from": low, "to": high, "share": round(float(share), 4)}
            for low, high, share in zip(SURE[:-1], SURE[1:], one.certainty, strict=True)
        ],
    }
