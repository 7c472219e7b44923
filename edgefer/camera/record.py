"""Records what the overlay shows, as a video. The only place that stores camera pictures, and only when asked."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from edgefer.camera.frame import Picture
from edgefer.camera.opencv import file_backend, quiet
from edgefer.camera.outfile import claim
from edgefer.camera.overlay import draw
from edgefer.camera.reading import FrameReading
from edgefer.errors import ArtifactError, BackendError, UsageError

CODECS = {".mp4": "mp4v", ".mov": "mp4v", ".mkv": "mp4v", ".avi": "MJPG"}
DEFAULT_FPS = 25.0
# Bytes that stay free on the disk, and more for each frame: a film's index is written at its end.
RESERVE, RESERVE_FRAME = 1 << 20, 64


class Recorder:
    """A video at a constant rate that keeps the source's time: a frame stands until the next one's time has come.

    The file appears under its name when it is closed, and only if it reads back; a run without frames makes none. On a
    disk that is nearly full `take` raises ArtifactError, while what was recorded can still be finished.

    Raises UsageError for an unknown kind of file, ArtifactError where another run records to the same name.
    """

    def __init__(self, path: Path, fps: float | None) -> None:
        if path.suffix.lower() not in CODECS:
            raise UsageError(f"cannot record to {path}", f"name a file that ends in {', '.join(CODECS)}")
        if path.is_dir():
            raise ArtifactError(f"{path} is a directory", "name a file to write")
        self.files: tuple[Path, ...] = ()
        self.pictures = 0
        self._path = path
        self._fps = fps or DEFAULT_FPS
        # Beside the film, so that it is renamed in one step; the next recording takes over what a killed one left.
        self._temporary = path.with_name(f".{path.name}.unfinished{path.suffix}")
        self._descriptor = claim(self._temporary, path)
        self._writer: Any = None
        self._size = (0, 0)
        self._start = 0.0

    def take(self, reading: FrameReading) -> bool:
        picture = draw(reading)
        if self._writer is None:
            self._leave_room(picture)
            self._open(picture, reading.frame.time)
        due = round((reading.frame.time - self._start) * self._fps) + 1 - self.pictures
        for _ in range(due):
            self._leave_room(picture)
            self._writer.write(_fit(picture, self._size))
            self.pictures += 1
        return True

    def close(self) -> None:
        try:
            if self._writer is not None:
                self._writer.release()
            if self.pictures:
                self._check()
                self._temporary.replace(self._path)
                self.files = (self._path,)
        except OSError as error:
            raise ArtifactError(f"cannot write {self._path}: {error.strerror}", "name a writable place") from error
        finally:
            if not self.files:
                self._temporary.unlink(missing_ok=True)
            os.close(self._descriptor)

    def _open(self, picture: Picture, time: float) -> None:
        cv2 = quiet()
        # Most codecs store even sizes only.
        self._size = (max(2, picture.shape[1] // 2 * 2), max(2, picture.shape[0] // 2 * 2))
        self._start = time
        code = cv2.VideoWriter_fourcc(*CODECS[self._path.suffix.lower()])
        writer = cv2.VideoWriter(str(self._temporary), file_backend(), code, self._fps, self._size)
        if not writer.isOpened():
            raise BackendError(f"this OpenCV cannot write {self._path.suffix} videos", "name a file that ends in .avi")
        self._writer = writer

    def _leave_room(self, picture: Picture) -> None:
        disk = os.statvfs(self._temporary.parent)
        needed = RESERVE + RESERVE_FRAME * self.pictures + picture.nbytes // 2
        if disk.f_bavail * disk.f_frsize < needed:
            raise ArtifactError(
                f"the disk is full: the recording {self._path} ends after {self.pictures} frames", "free some space"
            )

    def _check(self) -> None:
        """OpenCV's writer says nothing when the disk is full."""
        cv2 = quiet()
        capture = cv2.VideoCapture(str(self._temporary), file_backend())
        found = int(capture.get(cv2.CAP_PROP_FRAME_COUNT)) if capture.read()[0] else 0
        capture.release()
        if found < self.pictures:
            written, self.pictures = self.pictures, 0
            raise ArtifactError(
                f"the recording {self._path} did not survive: {found} of {written} frames read back",
                "is the disk full? Free some space and run again",
            )


def _fit(picture: Picture, size: tuple[int, int]) -> Picture:
    """Bring a picture to (width, height) without changing its proportions; black bars fill the rest."""
    width, height = size
    if picture.shape[:2] == (height, width):
        return picture
    scale = min(width / picture.shape[1], height / picture.shape[0])
    inner = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    canvas = np.zeros((height, width, 3), np.uint8)
    left, top = (width - inner[0]) // 2, (height - inner[1]) // 2
    canvas[top : top + inner[1], left : left + inner[0]] = quiet().resize(picture, inner)
    return canvas
