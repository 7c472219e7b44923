"""Records what the overlay shows, as a video. The only place that stores camera pictures, and only when asked."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from edgefer import paths
from edgefer.camera.frame import Picture
from edgefer.camera.opencv import file_backend, quiet
from edgefer.camera.overlay import draw
from edgefer.camera.reading import FrameReading
from edgefer.errors import ArtifactError, BackendError, UsageError

CODECS = {".mp4": "mp4v", ".mov": "mp4v", ".mkv": "mp4v", ".avi": "MJPG"}
DEFAULT_FPS = 25.0


class Recorder:
    """A video at a constant rate that keeps the source's time: a frame stands until the next one's time has come.

    The file appears under its name when it is closed, and only if it reads back; a run without frames makes none.
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
        self._stack = ExitStack()
        self._writer: Any = None
        self._size = (0, 0)
        self._start = 0.0

    def take(self, reading: FrameReading) -> bool:
        picture = draw(reading)
        if self._writer is None:
            self._open(picture, reading.frame.time)
        due = round((reading.frame.time - self._start) * self._fps) + 1 - self.pictures
        for _ in range(due):
            self._writer.write(_fit(picture, self._size))
        self.pictures += max(0, due)
        return True

    def close(self) -> None:
        if self._writer is None:
            return
        with self._stack:
            self._writer.release()
            self._check()
        self.files = (self._path,)

    def _open(self, picture: Picture, time: float) -> None:
        cv2 = quiet()
        self._temporary = self._stack.enter_context(paths.atomic_file(self._path))
        # Most codecs store even sizes only.
        self._size = (max(2, picture.shape[1] // 2 * 2), max(2, picture.shape[0] // 2 * 2))
        self._start = time
        code = cv2.VideoWriter_fourcc(*CODECS[self._path.suffix.lower()])
        writer = cv2.VideoWriter(str(self._temporary), file_backend(), code, self._fps, self._size)
        if not writer.isOpened():
            self._stack.close()
            raise BackendError(f"this OpenCV cannot write {self._path.suffix} videos", "name a file that ends in .avi")
        self._writer = writer

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
