"""OpenCV as this room needs it: without its own messages, and the same for 4.x and 5."""

from __future__ import annotations

import functools
import os
from math import isfinite
from types import ModuleType
from typing import Any


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


def fps_of(capture: Any) -> float | None:
    """Frames a second of a cv2.VideoCapture, None where it does not know."""
    fps = float(capture.get(quiet().CAP_PROP_FPS))
    return fps if isfinite(fps) and 0 < fps <= 1000 else None


def granted(capture: Any) -> str:
    """Size, rate and codec that a cv2.VideoCapture really gives, which may differ from what was asked for."""
    cv2 = quiet()
    width, height = (int(capture.get(key)) for key in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
    fps = fps_of(capture)
    code = int(capture.get(cv2.CAP_PROP_FOURCC))
    letters = "".join(chr(code >> shift & 0xFF) for shift in (0, 8, 16, 24)) if code > 0 else ""
    parts = [f"{width}x{height}", f"at {fps:g} fps" if fps else "", letters if letters.isalnum() else ""]
    return " ".join(part for part in parts if part)
