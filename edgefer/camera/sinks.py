"""Where readings go: the protocol, and the two sinks that write text."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TextIO

from edgefer.camera.overlay import status
from edgefer.camera.reading import FrameReading, counted
from edgefer.console import say
from edgefer.errors import ArtifactError

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
        self._stdout = target == "-"
        self.files: tuple[Path, ...] = () if self._stdout else (Path(target),)
        self._stream = sys.stdout if self._stdout else _open(Path(target))

    def take(self, reading: FrameReading) -> bool:
        try:
            self._stream.write(json.dumps(reading.to_json(), separators=(",", ":")) + "\n")
            self._stream.flush()
        except BrokenPipeError:  # whoever read stdout has left
            return False
        except OSError as error:
            raise ArtifactError(f"cannot write {self._name}: {error.strerror}", "free some space") from error
        return True

    def close(self) -> None:
        if self._stdout:
            return
        try:
            self._stream.close()
        except OSError as error:
            # The line that could not be written was reported by `take`; the lines before it are in the file.
            say(f"{self._name} ends with the last whole line that fitted: {error.strerror}")

    @property
    def _name(self) -> str:
        return "stdout" if self._stdout else str(self.files[0])


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
            if face.track is not None and self._labels.get(face.track) != face.label:
                self._labels[face.track] = face.label
                say(f"{reading.frame.time:8.2f} s  face {face.track}: {face.label} {face.score:.0%}")
                self._last = self._clock()
        if self._clock() - self._last >= PERIOD:
            self._last = self._clock()
            say(f"{reading.frame.time:8.2f} s  {counted(self._frames, 'frame')}, {status(reading)}")
        return True

    def close(self) -> None:
        pass


def _faces(reading: FrameReading) -> str:
    return ", ".join(f"{face.label} {face.score:.0%} at {list(face.box)}" for face in reading.faces) or "no face"


def _open(path: Path) -> TextIO:
    if path.is_dir():
        raise ArtifactError(f"{path} is a directory", "name a file to write, or - for stdout")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("w", encoding="utf-8")
    except OSError as error:
        raise ArtifactError(f"cannot write {path}: {error.strerror}", "name a writable place") from error
