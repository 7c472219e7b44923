"""Valleys: stretches in which somebody looked more negative, or more surprised, than that person does at ease.

A network that sees sadness in a resting face sees it all the time, so everybody is held against their own face: the lower
quartile, since somebody who struggles for most of a session has a median that hides it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgefer.camera.session_view import Floats, Person

NEGATIVE = ("anger", "disgust", "fear", "sad", "contempt")
STRAIN = (*NEGATIVE, "surprise")
WINDOW = 1.0  # seconds on each side that are averaged
RISE = 0.25  # above the person's lower quartile
EASE = 0.25  # share of the time that counts as being at ease
SHORTEST = 1.0  # seconds
APART = 2.0  # seconds; what is nearer is one valley
MOST = 10


@dataclass(frozen=True)
class Valley:
    """A stretch worth a look in one's own recording.

    start, end, peak: seconds. rise: at the peak above the person's lower quartile, 0..1. emotion: the one that rose most, over
    the whole stretch. certain: share of it in which any emotion was shown.
    """

    person: int
    start: float
    end: float
    peak: float
    rise: float
    emotion: str
    certain: float


def strain(probabilities: Floats, labels: Sequence[str]) -> Floats:
    """Probability of any negative emotion or surprise, 0..1, float64 `[N]`, of probabilities `[N, labels]`."""
    return np.asarray(probabilities[:, [name in STRAIN for name in labels]].sum(axis=1))


def steadied(person: Person, values: Floats) -> Floats:
    """Values `[N, ...]` averaged by time over `WINDOW` seconds on each side; not across a time out of sight."""
    start, end = person.times.start, person.times.end
    middle, seconds = (start + end) / 2, end - start
    sums = np.concatenate(
        [np.zeros((1, values[0].size)), np.cumsum(seconds[:, None] * values.reshape(len(values), -1), 0)]
    )
    total = np.append(0.0, np.cumsum(seconds))
    piece = np.cumsum(np.append(False, start[1:] - end[:-1] > 1e-6))
    low = np.maximum(np.searchsorted(middle, middle - WINDOW - 1e-9), np.searchsorted(piece, piece, side="left"))
    high = np.minimum(np.searchsorted(middle, middle + WINDOW + 1e-9), np.searchsorted(piece, piece, side="right"))
    mean = (sums[high] - sums[low]) / (total[high] - total[low])[:, None]
    return np.asarray(mean.reshape(values.shape))


def valleys(person: Person, labels: Sequence[str]) -> list[Valley]:
    """The deepest `MOST` valleys of a person, by depth times length, in the order of time."""
    curve = steadied(person, strain(person.probabilities, labels))
    usual = usually(curve, person)
    found = [
        _valley(person, rows, curve - usual, labels) for rows in _runs(person, np.flatnonzero(curve >= usual + RISE))
    ]
    long = [(depth, valley) for depth, valley in found if valley.end - valley.start >= SHORTEST]
    deepest = sorted(long, key=lambda pair: -pair[0])[:MOST]
    return sorted((valley for _, valley in deepest), key=lambda valley: valley.start)


def _runs(person: Person, rows: np.ndarray[tuple[int], np.dtype[np.intp]]) -> list[slice]:
    """First to last row of each run of rows whose times are less than `APART` from each other."""
    if not len(rows):
        return []
    start, end = person.times.start[rows], person.times.end[rows]
    cuts = np.flatnonzero(start[1:] - end[:-1] > APART) + 1
    return [slice(int(part[0]), int(part[-1]) + 1) for part in np.split(rows, cuts)]


def _valley(person: Person, rows: slice, above: Floats, labels: Sequence[str]) -> tuple[float, Valley]:
    start, end = person.times.start[rows], person.times.end[rows]
    seconds = end - start
    peak = int(np.argmax(above[rows]))
    strained = [number for number, name in enumerate(labels) if name in STRAIN]
    usual = np.quantile(person.probabilities[:, strained], EASE, axis=0)
    rose = np.average(person.probabilities[rows][:, strained], axis=0, weights=seconds) - usual
    valley = Valley(
        person=person.number,
        start=float(start[0]),
        end=float(end[-1]),
        peak=float((start[peak] + end[peak]) / 2),
        rise=float(above[rows][peak]),
        emotion=labels[strained[int(np.argmax(rose))]],
        certain=float(seconds[person.shown[rows] >= 0].sum() / seconds.sum()),
    )
    return float(seconds @ above[rows]), valley


def usually(curve: Floats, person: Person) -> float:
    """The value below which the curve `[N]` of a person lies for `EASE` of the time."""
    order = np.argsort(curve)
    passed = np.cumsum((person.times.end - person.times.start)[order])
    return float(curve[order][np.searchsorted(passed, EASE * passed[-1])])
