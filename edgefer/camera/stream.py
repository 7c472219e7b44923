"""Network streams, and films that a web server keeps."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from queue import SimpleQueue
from typing import Any
from urllib.parse import urlsplit

from edgefer.camera.address import hidden
from edgefer.camera.endurance import Endurance
from edgefer.camera.frame import Source
from edgefer.camera.grabber import Opened
from edgefer.camera.live import LiveSource
from edgefer.camera.opencv import file_backend, fps_of, granted, quiet
from edgefer.camera.pictures import SUFFIXES
from edgefer.camera.video import Film
from edgefer.errors import SourceError, UsageError

STREAMS = ("http", "https", "rtmp", "rtsp", "tcp", "udp")
WEB = ("http", "https")
VARIABLE = "OPENCV_FFMPEG_CAPTURE_OPTIONS"
OPEN_MS, READ_MS = 10_000, 5_000


def open_stream(url: str, endurance: Endurance | None = None) -> Source:
    """Open a network stream through FFmpeg, with little buffering; its newest frame only.

    A film behind http:// that says how long it is gives every frame, as a file does. Raises SourceError when nothing
    answers, UsageError for a single picture.
    """
    name = hidden(url)
    try:
        path, scheme = PurePosixPath(urlsplit(url).path), urlsplit(url).scheme
    except ValueError as error:
        raise UsageError(f"{name} is no address", f"{error}") from error
    if path.suffix.lower() in SUFFIXES:
        raise UsageError(f"{name} is a single picture", "name the camera's video stream, or download the picture")
    if scheme in WEB:
        capture = _interruptible(lambda: _capture(url, name))
        if 0 < capture.get(quiet().CAP_PROP_FRAME_COUNT) < 1e9:
            return Film(capture, name, path.name)
        return LiveSource(name, _handing_over(_opened(capture), url, name), endurance)
    return LiveSource(name, lambda: _opened(_capture(url, name)), endurance)


def _handing_over(first: Opened, url: str, name: str) -> Any:
    """A connection that is open already, and afterwards new ones."""
    waiting = [first]
    return lambda: waiting.pop() if waiting else _opened(_capture(url, name))


def _interruptible(connect: Callable[[], Any]) -> Any:
    """What `connect` gives or raises, from a thread that Ctrl-C leaves alone: FFmpeg waits for a silent server for long."""
    done: SimpleQueue[tuple[Any, Exception | None]] = SimpleQueue()

    def run() -> None:
        try:
            done.put((connect(), None))
        except Exception as error:  # noqa: BLE001  raised below
            done.put((None, error))

    threading.Thread(target=run, name="open a stream", daemon=True).start()
    found, error = done.get()
    if error is not None:
        raise error
    return found


def _capture(url: str, name: str) -> Any:
    cv2 = quiet()
    timeouts = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, OPEN_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, READ_MS]
    backend = file_backend()
    with _little_buffering(url):
        capture = cv2.VideoCapture(url, backend, timeouts if backend == cv2.CAP_FFMPEG else [])
    if not capture.isOpened():
        capture.release()
        raise SourceError(f"{name} does not answer with a video stream", "try the same address in a video player")
    return capture


def _opened(capture: Any) -> Opened:
    return Opened(capture, granted(capture), fps_of(capture))


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
