"""Small films and pictures that camera tests make for themselves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from edgefer.camera.frame import Frame, Source
from edgefer.errors import SourceError


def film(path: Path, levels: Sequence[int], fps: float = 25, size: tuple[int, int] = (96, 64)) -> Path:
    """A video whose frame i is gray of brightness `levels[i]`; size is (width, height)."""
    import cv2

    code = "MJPG" if path.suffix in (".avi", ".mkv") else "mp4v"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*code), fps, size)
    for level in levels:
        writer.write(np.full((size[1], size[0], 3), level, np.uint8))
    writer.release()
    return path


def picture(path: Path, level: int = 128, shape: tuple[int, ...] = (64, 96, 3)) -> Path:
    import cv2

    assert cv2.imwrite(str(path), np.full(shape, level, np.uint8))
    return path


def cut(path: Path, share: float) -> Path:
    """The same file without its end."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


def until_error(source: Source) -> tuple[list[Frame], str]:
    """The frames that a source gives before it raises SourceError, and the error's message."""
    frames: list[Frame] = []
    try:
        frames.extend(source)
    except SourceError as error:
        return frames, str(error)
    raise AssertionError("the source ended without an error")
