"""Films: every frame, and the difference between its end and a broken file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from edgefer.camera.frame import Frame, Picture, Source, to_bgr
from edgefer.camera.opencv import file_backend, fps_of, quiet
from edgefer.errors import SourceError

FIX = "name a video that plays, a picture or a folder of pictures"
# A container may announce a little more than it holds (its length comes from the sound, or is an estimate).
SLACK = 0.05


class Film(Source):
    """All frames of a film that is open, in order, at the speed of whoever reads them."""

    def __init__(self, capture: Any, where: str, title: str) -> None:
        """capture: an open cv2.VideoCapture, closed with the film. where: for messages. title: for the description."""
        super().__init__()
        self._capture, self._where = capture, where
        self._first = self._read() if capture.isOpened() else None
        if self._first is None:
            capture.release()
            raise SourceError(f"{where} is no video that OpenCV can decode: it gives no frame", FIX)
        self.fps = fps_of(capture)
        self._announced = capture.get(quiet().CAP_PROP_FRAME_COUNT)
        height, width = self._first.shape[:2]
        self.description = f"{title}, {width}x{height}" + (f" at {self.fps:g} fps" if self.fps else "")

    def __iter__(self) -> Iterator[Frame]:
        """Raises SourceError after the last frame when the film announced clearly more."""
        index, time = 0, 0.0
        picture, self._first = self._first, None
        while picture is not None and not self.stopped:
            time = self._time(index, time)
            yield Frame(index, time, picture)
            index += 1
            picture = self._read()
        if not self.stopped:
            self._check_end(index, time)

    def close(self) -> None:
        self._capture.release()

    def _read(self) -> Picture | None:
        ok, picture = self._capture.read()
        return to_bgr(picture) if ok else None

    def _time(self, index: int, before: float) -> float:
        """Position of the frame just read, which follows variable rates; from the rate where a reader has none."""
        position = self._capture.get(quiet().CAP_PROP_POS_MSEC) / 1000
        step = 1 / (self.fps or 25)
        if index == 0:
            return position if 0 <= position < 3600 else 0.0
        return position if before < position < before + 3600 else before + step

    def _check_end(self, frames: int, time: float) -> None:
        if self.fps is None or not 0 < self._announced < 1e9:
            return
        lost = self._announced / self.fps - (time + 1 / self.fps)
        if lost > max(2.5 / self.fps, SLACK * self._announced / self.fps):
            raise SourceError(
                f"{self._where} breaks off after {frames} of about {self._announced:.0f} frames: truncated or damaged",
                "the frames up to there were read; copy the file again for the rest",
            )


class VideoFile(Film):
    """All frames of a video file or animated GIF."""

    def __init__(self, path: Path) -> None:
        _refuse_text(path)
        super().__init__(quiet().VideoCapture(str(path), file_backend()), str(path), path.name)


def _refuse_text(path: Path) -> None:
    """FFmpeg would show a text file as a film of a terminal."""
    try:
        with path.open("rb") as handle:
            head = handle.read(2048)
    except OSError as error:
        raise SourceError(f"cannot read {path}: {error.strerror}", FIX) from error
    if not head:
        raise SourceError(f"{path} is empty", FIX)
    if head.startswith(b"version https://git-lfs"):
        raise SourceError(f"{path} is a Git-LFS pointer", "fetch the real file: git lfs pull")
    text = head.decode("utf-8", errors="ignore")
    if b"\0" not in head and len(text.encode()) > len(head) - 4 and all(c.isprintable() or c.isspace() for c in text):
        raise SourceError(f"{path} is a text file, not a video", FIX)
