"""What is counted in a session: time in each emotion, changes, how sure the network was, how much was seen.

Pure functions of `session_view.py`'s arrays; all times are seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgefer.camera.session_view import UNSURE, Crowd, Floats, Ints, Person, Span, Times

BRIDGE = 2.0  # seconds out of sight after which nobody knows how an emotion became another
# Bounds of the probability of the strongest emotion, by which certainty is told.
SURE = (0.0, 0.4, 0.6, 0.8, 1.0)


@dataclass(frozen=True, eq=False)
class Spent:
    """How time was spent within some spans.

    watched: that is known, people there or not. seen: face-seconds of the people counted (two people seen for a second
    are two). uncertain: part of `seen`. emotions: seconds in which each emotion was shown, float64 `[labels]`; with
    `uncertain` they sum to `seen`. confidence: mean probability of the strongest emotion, 0..1; nan where nobody is seen.
    """

    watched: float
    seen: float
    uncertain: float
    emotions: Floats
    confidence: float

    @property
    def certain(self) -> float:
        """Seconds in which an emotion was shown."""
        return float(self.emotions.sum())

    @property
    def shares(self) -> Floats:
        """Share of the time in which an emotion was shown, 0..1, float64 `[labels]`; zeros where none was."""
        return self.emotions / self.certain if self.certain else np.zeros(len(self.emotions))


def spent(people: Sequence[Person], watched: Times, spans: Sequence[Span], labels: int) -> Spent:
    """Time of all these people together within the spans."""
    emotions, uncertain, sure, seen = np.zeros(labels), 0.0, 0.0, 0.0
    for person in people:
        seconds = person.times.within(spans)
        seen += float(seconds.sum())
        uncertain += float(seconds[person.shown == UNSURE].sum())
        emotions += np.bincount(person.shown + 1, seconds, labels + 1)[1:]
        sure += float(seconds @ person.probabilities.max(axis=1))
    return Spent(float(watched.within(spans).sum()), seen, uncertain, emotions, sure / seen if seen else float("nan"))


def spent_by_crowd(crowd: Crowd, spans: Sequence[Span]) -> Spent:
    """The same of aggregated intervals: face-seconds are faces a frame times seconds. What was how sure is not known."""
    seconds = crowd.times.within(spans)
    faces = seconds * crowd.faces / np.maximum(1, crowd.frames)
    return Spent(
        float(seconds.sum()), float(faces.sum()), float(faces @ crowd.uncertain), faces @ crowd.shares, float("nan")
    )


def present(people: Sequence[Person], watched: Times, spans: Sequence[Span]) -> float:
    """Seconds within the spans in which anybody was seen."""
    starts = np.unique(np.concatenate([person.times.start for person in people])) if people else np.zeros(0)
    return float(watched.within(spans)[np.isin(watched.start, starts)].sum())


def transitions(person: Person, labels: int) -> Ints:
    """How often one emotion followed another, int64 `[labels, labels]`, `[before, after]`.

    What was uncertain between them does not matter; being out of sight for longer than `BRIDGE` does.
    """
    sure = person.shown != UNSURE
    shown, times = person.shown[sure], person.times
    gaps = np.append(0.0, times.start[1:] - times.end[:-1])
    # A number that grows wherever the person was lost.
    sight = np.cumsum(gaps > BRIDGE)[sure]
    counts = np.zeros((labels, labels), np.int64)
    changed = (shown[1:] != shown[:-1]) & (sight[1:] == sight[:-1])
    np.add.at(counts, (shown[:-1][changed], shown[1:][changed]), 1)
    return counts


def certainty(person: Person) -> Floats:
    """Share of the time seen in which the strongest emotion's probability lay between the bounds of `SURE`, `[4]`."""
    seconds = person.times.end - person.times.start
    place = np.searchsorted(SURE[1:-1], person.probabilities.max(axis=1), side="right")
    return np.asarray(np.bincount(place, seconds, len(SURE) - 1) / seconds.sum())


@dataclass(frozen=True)
class Stretch:
    """Time in which the same was shown. shown: index of the emotion, or `UNSURE`."""

    start: float
    end: float
    shown: int


def stretches(person: Person) -> list[Stretch]:
    """What was shown, one stretch after another; a time out of sight ends one."""
    start, end, shown = person.times.start, person.times.end, person.shown
    apart = (start[1:] - end[:-1] > 1e-6) | (shown[1:] != shown[:-1])
    first = np.append(0, np.flatnonzero(apart) + 1)
    last = np.append(first[1:] - 1, len(start) - 1)
    return [Stretch(float(start[a]), float(end[b]), int(shown[a])) for a, b in zip(first, last, strict=True)]
