"""Two sessions, task by task: how much more of its time each emotion takes in the second.

The interval is of time alone. Each task is cut into blocks, since what somebody looks like in one moment hardly differs
from the next (a bootstrap of blocks: Künsch 1989); blocks are drawn with replacement, 1,000 times. It tells whether a
difference stands out from how these two recordings vary within themselves, and nothing about other people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgefer.camera.session_stats import Spent, spent, spent_by_crowd
from edgefer.camera.session_view import WHOLE, Floats, Span, Task, Times, View
from edgefer.errors import DataError
from edgefer.evaluate.bootstrap import RESAMPLES, SEED, Interval

BLOCK = 5.0  # seconds
FEWEST = 6  # blocks; fewer say nothing about how much they vary


@dataclass(frozen=True)
class Difference:
    """Share of one emotion, 0..1: in the first session, in the second, second less first.

    interval: 95 % of the difference, None where a side is too short for one, or the emotion was never shown.
    """

    emotion: str
    first: float
    second: float
    interval: Interval | None

    @property
    def value(self) -> float:
        """Second less first, -1..1."""
        return self.second - self.first

    @property
    def shown(self) -> bool:
        """Whether it was shown in either."""
        return self.first > 0 or self.second > 0


@dataclass(frozen=True, eq=False)
class TaskPair:
    """A task in both sessions. blocks: how many pieces of time with a shown emotion each side has."""

    name: str
    first: Spent
    second: Spent
    blocks: tuple[int, int]
    differences: tuple[Difference, ...]


@dataclass(frozen=True, eq=False)
class Pairing:
    """What can be compared, and the tasks that only one of the sessions has."""

    labels: tuple[str, ...]
    tasks: tuple[TaskPair, ...]
    only_first: tuple[str, ...]
    only_second: tuple[str, ...]

    @property
    def intervals(self) -> int:
        """How many differences have one."""
        return sum(one.interval is not None for task in self.tasks for one in task.differences)


def compare(first: View, second: View) -> Pairing:
    """Compare two sessions over all their time and in each task that both have, by name.

    Raises DataError when their networks do not know the same emotions.
    """
    if set(first.labels) != set(second.labels):
        raise DataError(
            f"{first.record.header.name} and {second.record.header.name} were read by networks of other emotions",
            "compare sessions of one model",
        )
    # In the first one's order of labels.
    order = [second.labels.index(name) for name in first.labels]
    mine, theirs = _tasks(first), _tasks(second)
    pairs = []
    for name in mine:
        if name in theirs:
            a, b = blocks(first, mine[name].spans), blocks(second, theirs[name].spans)[:, order]
            found = _differences(first.labels, a, b)
            here, there = time_in(first, mine[name].spans), time_in(second, theirs[name].spans)
            pairs.append(TaskPair(name, here, _ordered(there, order), (len(a), len(b)), found))
    return Pairing(
        first.labels,
        tuple(pairs),
        tuple(name for name in mine if name not in theirs),
        tuple(name for name in theirs if name not in mine),
    )


def time_in(view: View, spans: Sequence[Span]) -> Spent:
    """Time of everybody in a session within the spans."""
    if view.crowd is not None:
        return spent_by_crowd(view.crowd, spans)
    return spent(view.people, view.watched, spans, len(view.labels))


def blocks(view: View, spans: Sequence[Span]) -> Floats:
    """Seconds of each emotion in each piece of `BLOCK` seconds in which any was shown: float64 `[blocks, labels]`."""
    rows = [np.zeros((0, len(view.labels)))]
    for start, end in spans:
        edges = np.append(np.arange(start, end, BLOCK), end)
        rows.append(np.diff(_passed(view, edges), axis=0))
    found = np.concatenate(rows)
    # Sums of differences are zero but for their last digits.
    return np.asarray(found[found.sum(axis=1) > 1e-6])


def _passed(view: View, moments: Floats) -> Floats:
    """Seconds of each emotion until each of some moments, float64 `[moments, labels]`."""
    columns = []
    for label in range(len(view.labels)):
        if view.crowd is not None:
            faces = view.crowd.faces / np.maximum(1, view.crowd.frames)
            columns.append(_until(view.crowd.times, faces * view.crowd.shares[:, label], moments))
        else:
            shown = [_until(one.times, (one.shown == label).astype(np.float64), moments) for one in view.people]
            columns.append(np.sum([np.zeros(len(moments)), *shown], axis=0))
    return np.stack(columns, axis=1)


def _until(times: Times, rates: Floats, moments: Floats) -> Floats:
    """The integral up to each moment of what has a rate in each stretch of time and is 0 between them."""
    if not len(times.start):
        return np.zeros(len(moments))
    total = np.cumsum(rates * (times.end - times.start))
    knots = np.stack([times.start, times.end], axis=1).ravel()
    values = np.stack([np.append(0.0, total[:-1]), total], axis=1).ravel()
    return np.asarray(np.interp(moments, knots, values))


def difference(first: Floats, second: Floats, seed: int = SEED) -> tuple[Floats, list[Interval]]:
    """Second less first of the emotions' shares of time, float64 `[labels]`, and the 95 % interval of each.

    first, second: seconds of each emotion in each block, float64 `[blocks, labels]`, at least one block each.
    """
    generator = np.random.default_rng(seed)
    drawn = _drawn(second, generator) - _drawn(first, generator)
    return _share(second.sum(axis=0)) - _share(first.sum(axis=0)), [Interval.of(column) for column in drawn.T]


def _tasks(view: View) -> dict[str, Task]:
    whole = Task(WHOLE, ((0.0, view.end),))
    return {task.name: task for task in (whole, *view.tasks)}


def _differences(labels: Sequence[str], first: Floats, second: Floats) -> tuple[Difference, ...]:
    before, after = _share(first.sum(axis=0)), _share(second.sum(axis=0))
    enough = min(len(first), len(second)) >= FEWEST
    intervals: Sequence[Interval | None] = difference(first, second)[1] if enough else [None] * len(labels)
    return tuple(
        Difference(name, float(a), float(b), interval if a > 0 or b > 0 else None)
        for name, a, b, interval in zip(labels, before, after, intervals, strict=True)
    )


def _drawn(blocks: Floats, generator: np.random.Generator) -> Floats:
    """Shares of each emotion in each resample, float64 `[resamples, labels]`."""
    rows = generator.integers(len(blocks), size=(RESAMPLES, len(blocks)))
    return _share(blocks[rows].sum(axis=1))


def _share(seconds: Floats) -> Floats:
    total = seconds.sum(axis=-1, keepdims=True)
    return np.asarray(np.divide(seconds, total, out=np.zeros(seconds.shape), where=total > 0))


def _ordered(one: Spent, order: list[int]) -> Spent:
    return Spent(one.watched, one.seen, one.uncertain, one.emotions[order], one.confidence)
