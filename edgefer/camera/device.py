"""Opens cameras and network streams as live sources."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from edgefer.camera.live import LiveSource
from edgefer.camera.opencv import file_backend, quiet
from edgefer.errors import SourceError

STREAMS = ("http", "https", "rtmp", "rtsp", "tcp", "udp")
VARIABLE = "OPENCV_FFMPEG_CAPTURE_OPTIONS"
DEVICES = Path("/dev")
OPEN_MS, READ_MS = 10_000, 5_000


def open_camera(index: int) -> LiveSource:
    """Open camera `index`, motion JPEG first: over USB 2 an uncompressed picture leaves about 10 frames a second."""
    cv2 = quiet()
    linux = sys.platform.startswith("linux")
    capture = cv2.VideoCapture(index, cv2.CAP_V4L2 if linux else cv2.CAP_ANY)
    if not capture.isOpened():
        capture.release()
        raise _no_camera(index, linux)
    capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter_fourcc(*"MJPG"))
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
    name = f"camera {index}"
    fps = _fps(capture)
    return LiveSource(capture, name, f"{name}, {_granted(capture, fps)}", fps)


def open_stream(url: str) -> LiveSource:
    """Open a network stream through FFmpeg, with little buffering."""
    cv2 = quiet()
    timeouts = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, OPEN_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, READ_MS]
    with _little_buffering(url):
        capture = cv2.VideoCapture(url, file_backend(), timeouts)
    name = _without_password(url)
    if not capture.isOpened():
        capture.release()
        raise SourceError(f"{name} does not answer with a video stream", "try the same address in a video player")
    fps = _fps(capture)
    return LiveSource(capture, name, f"{name}, {_granted(capture, fps)}", fps)


@contextmanager
def _little_buffering(url: str) -> Iterator[None]:
    """FFmpeg's options go through the environment, and would spoil the next file if they stayed there."""
    if VARIABLE in os.environ or not url.startswith("rtsp://"):
        yield
        return
    os.environ[VARIABLE] = "rtsp_transport;tcp|fflags;nobuffer|flags;low_delay"
    try:
        yield
    finally:
        del os.environ[VARIABLE]


def _fps(capture: Any) -> float | None:
    fps = float(capture.get(quiet().CAP_PROP_FPS))
    return fps if math.isfinite(fps) and 0 < fps <= 1000 else None


def _granted(capture: Any, fps: float | None) -> str:
    """What the source really gives, which may differ from what was asked."""
    cv2 = quiet()
    width, height = (int(capture.get(key)) for key in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
    code = int(capture.get(cv2.CAP_PROP_FOURCC))
    letters = "".join(chr(code >> shift & 0xFF) for shift in (0, 8, 16, 24)) if code > 0 else ""
    parts = [f"{width}x{height}", f"at {fps:g} fps" if fps else "", letters if letters.isalnum() else ""]
    return " ".join(part for part in parts if part)


def _no_camera(index: int, linux: bool) -> SourceError:
    elsewhere = "try: edgefer run --source FILE"
    device = DEVICES / f"video{index}"
    if linux and device.exists():
        if not os.access(device, os.R_OK | os.W_OK):
            return SourceError(f"camera {index} may not be opened by you", f"join the group that owns {device} (video)")
        return SourceError(
            f"camera {index} does not open: another program holds it, or {device} is no video input",
            f"close the other program, or {elsewhere}",
        )
    numbers = sorted(int(path.name[5:]) for path in DEVICES.glob("video*") if path.name[5:].isdigit())
    others = f" (there is {', '.join(str(number) for number in numbers)})" if linux and numbers else ""
    return SourceError(f"no camera {index}{others}", elsewhere)


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    return url.replace(f"{parts.username}:{parts.password}@", f"{parts.username}:***@") if parts.password else url
