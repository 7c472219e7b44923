"""OpenCV as this room needs it: without its own messages, and the same for 4.x and 5."""

from __future__ import annotations

import functools
import os
from types import ModuleType


@functools.cache
def quiet() -> ModuleType:
    """Return cv2 with its logging and that of FFmpeg off: edgefer says what went wrong, in one line."""
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    import cv2

    module: ModuleType = cv2
    # OpenCV 5 moved the function into a module of its own.
    set_level = getattr(cv2, "setLogLevel", None) or cv2.utils.logging.setLogLevel
    set_level(0)
    return module


def file_backend() -> int:
    """FFmpeg where OpenCV has it; other readers print to stderr about files that are not theirs."""
    cv2 = quiet()
    has = cv2.videoio_registry.hasBackend(cv2.CAP_FFMPEG)
    return int(cv2.CAP_FFMPEG if has else cv2.CAP_ANY)
