"""Where readings go: the protocol, and the two sinks that write text."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from edgefer.camera.outfile import LineFile
from edgefer.camera.reading import FaceReading, FrameReading, counted, status
from edgefer.console import say

PERIOD = 10.0  # seconds between lines when no label changes


class Sink(Protocol):
    """Takes readings, one after another, until it is closed.

    files: what it has made. pictures: how many camera pictures it has stored.
    """

    files: tuple[Path, ...]
    pictures: int

    def take(self, reading: FrameReading) -> bool:
        """Take one reading; False asks the loop to stop."""

    def close(self) -> None:
        """Finish what was written; it is valid afterwards. Called once, also after an error."""


class JsonLines:
    """One flushed JSON object a frame, see `FrameReading.to_json`. `-` is stdout; other names are overwritten."""

    pictures = 0

    def __init__(self, target: str) -> None:
        self._file = LineFile(target)
        self.files = self._file.files

    def take(self, reading: FrameReading) -> bool:
        return self._file.write(json.dumps(reading.to_json(), separators=(",", ":")))

    def close(self) -> None:
        self._file.close()


class Lines:
    """For people: a line on stderr whenever a face shows another emotion, and one every ten seconds."""

    pictures = 0
    files: tuple[Path, ...] = ()

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._labels: dict[int, str] = {}
        self._clock = clock
        self._last = clock()
        self._frames = 0

    def take(self, reading: FrameReading) -> bool:
        self._frames += 1
        if reading.frame.name:
            say(f"{reading.frame.name}: {_faces(reading)}")
            return True
        for face in reading.faces:
            if face.track is not None and self._labels.get(face.track) != face.emotion:
                self._labels[face.track] = face.emotion
                say(f"{reading.frame.time:8.2f} s  face {face.track}: {_emotion(face)}")
                self._last = self._clock()
        if self._clock() - self._last >= PERIOD:
            self._last = self._clock()
            say(f"{reading.frame.time:8.2f} s  {counted(self._frames, 'frame')}, {status(reading)}")
        return True

    def close(self) -> None:
        pass


def _faces(reading: FrameReading) -> str:
    return ", ".join(f"{_emotion(face)} at {list(face.box)}" for face in reading.faces) or "no face"


def _emotion(face: FaceReading) -> str:
    """`happy 70%`; a label that is not shown has no share."""
    return face.emotion if face.uncertain else f"{face.label} {face.score:.0%}"
