"""What is read from a frame, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from edgefer.camera.frame import Frame, Picture
from edgefer.data.preprocess import Box

if TYPE_CHECKING:
    from edgefer.camera.line import FaceLine, FrameLine

UNCERTAIN = "uncertain"
SCHEMA: Final = 1  # of JSON lines; docs/frame-schema.json


@dataclass(frozen=True)
class FaceReading:
    """One face and its emotion.

    box: x, y, width, height in pixels. probabilities: 0..1 by label name, in the card's order, summing to 1; smoothed
    where the face is followed.
    label: the strongest emotion, steadied; score: its probability. uncertain: even that one is too weak to be shown.
    detector_score: 0..1 when the face was last found, None where the detector gives none.
    track: number of the person followed, from 1; None in pictures that stand alone.
    raw: the network's own answer to this frame, as probabilities; None where the network was not asked.
    detected: the detector found the face in this frame; otherwise it was followed from frames before.
    """

    box: Box
    label: str
    score: float
    probabilities: Mapping[str, float]
    detector_score: float | None = None
    track: int | None = None
    raw: Mapping[str, float] | None = None
    uncertain: bool = False
    detected: bool = True

    @property
    def emotion(self) -> str:
        """What to show: the label, or `uncertain`."""
        return UNCERTAIN if self.uncertain else self.label

    def to_json(self) -> FaceLine:
        """Plain values, probabilities rounded to four digits."""
        return {
            "track": self.track,
            "box": list(self.box),
            "label": self.label,
            "score": round(self.score, 4),
            "uncertain": self.uncertain,
            "probabilities": _rounded(self.probabilities),
            "raw": None if self.raw is None else _rounded(self.raw),
            "detected": self.detected,
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

    @property
    def time(self) -> float:
        """Seconds, see `Frame.time`."""
        return self.frame.time

    @property
    def picture(self) -> Picture:
        """The frame itself, uint8 `[H, W, 3]` BGR."""
        return self.frame.picture

    def to_json(self) -> FrameLine:
        """`schema`, `frame`, `time` (seconds), `faces`; live: also `age_ms`, `dropped`; pictures: also `picture`."""
        record: FrameLine = {
            "schema": SCHEMA,
            "frame": self.frame.index,
            "time": round(self.frame.time, 3),
            "faces": [face.to_json() for face in self.faces],
        }
        if self.age_ms is not None:
            record["age_ms"] = round(self.age_ms, 1)
            record["dropped"] = self.frame.dropped
        if self.frame.name:
            record["picture"] = self.frame.name
        return record


def counted(number: int, what: str) -> str:
    """`0 faces`, `1 face`, `2 faces`."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def _rounded(probabilities: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in probabilities.items()}


def status(reading: FrameReading) -> str:
    """Speed, and for live sources how old the picture is and how many were dropped."""
    parts = [f"{reading.fps:.1f} fps"] if reading.fps else []
    if reading.age_ms is not None:
        parts += [f"age {reading.age_ms:.0f} ms", f"dropped {reading.frame.dropped}"]
    return "  ".join([*parts, counted(len(reading.faces), "face")])
