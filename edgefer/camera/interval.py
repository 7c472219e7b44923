"""What was seen in an interval, and of nobody in particular: all that leaves a run with --aggregate-only."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgefer.camera.reading import SCHEMA, FrameReading

if TYPE_CHECKING:
    from edgefer.camera.line import IntervalLine


@dataclass(frozen=True)
class Interval:
    """Counts of one interval.

    start: seconds, see `Frame.time`; seconds: the length that was asked for. frames: read in it, at least 1.
    faces: faces in these frames, each frame counted by itself; most: of one frame.
    counts: how many of `faces` were shown with each emotion; the rest were uncertain.
    """

    start: float
    seconds: float
    frames: int
    faces: int
    most: int
    counts: tuple[tuple[str, int], ...]

    @property
    def emotions(self) -> dict[str, float]:
        """Share of the faces by the emotion shown, 0..1, in the model's order."""
        return {name: round(number / max(1, self.faces), 4) for name, number in self.counts}

    @property
    def uncertain(self) -> float:
        """Share of the faces that were uncertain, 0..1."""
        return round((self.faces - sum(number for _, number in self.counts)) / max(1, self.faces), 4)

    def to_json(self) -> IntervalLine:
        """Plain values; see docs/frame-schema.json."""
        return {
            "schema": SCHEMA,
            "start": self.start,
            "seconds": self.seconds,
            "frames": self.frames,
            "faces": self.faces,
            "most": self.most,
            "uncertain": self.uncertain,
            "emotions": self.emotions,
        }


class Intervals:
    """Counts readings into intervals that begin at whole multiples of `seconds`."""

    def __init__(self, seconds: float, labels: Sequence[str]) -> None:
        self._seconds = seconds
        self._labels = tuple(labels)
        self._number: int | None = None
        self._frames = self._faces = self._most = 0
        self._counts: Counter[str] = Counter()

    def add(self, reading: FrameReading) -> Interval | None:
        """Count a reading; returns the interval before, when this reading begins another."""
        number = math.floor(reading.time / self._seconds)
        ended = self.end() if number != self._number else None
        self._number = number
        self._frames += 1
        self._faces += len(reading.faces)
        self._most = max(self._most, len(reading.faces))
        self._counts.update(face.label for face in reading.faces if not face.uncertain)
        return ended

    def end(self) -> Interval | None:
        """The interval counted so far, None where no frame was; counting begins anew."""
        if self._number is None or not self._frames:
            return None
        counts = tuple((name, self._counts[name]) for name in self._labels)
        start = round(self._number * self._seconds, 3)
        ended = Interval(start, self._seconds, self._frames, self._faces, self._most, counts)
        self._frames = self._faces = self._most = 0
        self._counts.clear()
        return ended
