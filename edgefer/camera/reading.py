"""What is read from a frame, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edgefer.camera.frame import Frame
from edgefer.data.preprocess import Box


@dataclass(frozen=True)
class FaceReading:
    """One face and its emotion.

    box: x, y, width, height in pixels. probabilities: 0..1 by label name, in the card's order, summing to 1.
    label: the emotion shown; score: its probability. detector_score: 0..1, None where the detector gives none.
    track: number of the person followed, from 1; None in pictures that stand alone.
    """

    box: Box
    label: str
    score: float
    probabilities: Mapping[str, float]
    detector_score: float | None = None
    track: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain values, probabilities rounded to four digits."""
        return {
            "track": self.track,
            "box": list(self.box),
            "label": self.label,
            "score": round(self.score, 4),
            "probabilities": {name: round(value, 4) for name, value in self.probabilities.items()},
            "detector_score": None if self.detector_score is None else round(self.detector_score, 4),
        }


@dataclass(frozen=True, eq=False)
class FrameReading:
    """One frame and the faces in it.

    age_ms: milliseconds from the grab of a live frame to this reading, None for files.
    fps: frames read a second, lately; 0 at the first.
    """

    frame: Frame
    faces: tuple[FaceReading, ...]
    age_ms: float | None = None
    fps: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """`frame`, `time` (seconds), `faces`; live: also `age_ms`, `dropped` (so far); pictures: also `picture`."""
        record: dict[str, Any] = {"frame": self.frame.index, "time": round(self.frame.time, 3)}
        if self.age_ms is not None:
            record |= {"age_ms": round(self.age_ms, 1), "dropped": self.frame.dropped}
        if self.frame.name:
            record["picture"] = self.frame.name
        return record | {"faces": [face.to_json() for face in self.faces]}


def counted(number: int, what: str) -> str:
    """`0 faces`, `1 face`, `2 faces`."""
    return f"{number} {what}{'' if number == 1 else 's'}"
