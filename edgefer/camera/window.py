"""The window with the overlay, and whether this machine can show one."""

from __future__ import annotations

import os
import re
import socket
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from edgefer.camera.frame import Frame, Source
from edgefer.camera.opencv import quiet
from edgefer.camera.overlay import draw
from edgefer.camera.reading import FrameReading

if TYPE_CHECKING:
    from edgefer.camera.marks import Marks

TITLE = "edgefer"
QUIT_KEYS = (ord("q"), 27)  # 27 is Escape
PAUSE_KEY = ord(" ")
LARGEST, SMALLEST = (1280, 800), (320, 240)  # of the window when it opens, unless somebody resizes it
NO_KEY = 0xFF
POLL_MS = 30


class Window:
    """Shows each frame; q, Escape or closing the window ends the run, space halts a video and lets it go on.

    While a live source is lost its last frame stays, and keys are taken. A video plays at its own speed, or slower where
    reading it takes longer; a picture stays until a key is pressed.
    marks: where the keys 1 to 9, 0, m and p go, if a session is recorded.
    """

    pictures = 0
    files: tuple[Path, ...] = ()

    def __init__(self, source: Source, marks: Marks | None = None) -> None:
        self._source, self._marks = source, marks
        self._start: float | None = None
        source.idle = self._wait

    def take(self, reading: FrameReading) -> bool:
        frame = reading.frame
        if self._start is None:
            self._start = time.monotonic() - frame.time
            _open(frame.picture.shape[1], frame.picture.shape[0])
        quiet().imshow(TITLE, draw(reading))
        key = self._key(1)
        while key == NO_KEY and self._holds(frame):
            key = self._key(POLL_MS if not self._source.continuous else 1)
        if key == PAUSE_KEY and self._source.continuous and frame.captured is None:
            key = self._pause(reading)
        return key not in QUIT_KEYS and not self._closed()

    def close(self) -> None:
        if self._start is not None:
            quiet().destroyAllWindows()

    def _wait(self) -> None:
        """Take keys while a live source has no frame."""
        if self._start is not None and (self._key(1) in QUIT_KEYS or self._closed()):
            self._source.stop()

    def _key(self, wait_ms: int) -> int:
        """The key that is pressed within some time, or NO_KEY; marks get theirs."""
        key = int(quiet().waitKey(wait_ms)) & 0xFF
        if self._marks is not None and key != NO_KEY:
            self._marks.key(key)
        return key

    def _pause(self, reading: FrameReading) -> int:
        """Keep a frame on the screen until space, or a key that ends the run; returns it."""
        began = time.monotonic()
        quiet().imshow(TITLE, draw(reading, "paused: space goes on"))
        key = NO_KEY
        while key not in (PAUSE_KEY, *QUIT_KEYS) and not self._source.stopped and not self._closed():
            key = self._key(POLL_MS)
        assert self._start is not None
        self._start += time.monotonic() - began
        return key

    def _holds(self, frame: Frame) -> bool:
        """Whether the frame is to stay on the screen."""
        if self._source.stopped or self._closed() or frame.captured is not None:
            return False
        if not self._source.continuous:
            return True
        assert self._start is not None
        return time.monotonic() - self._start < frame.time

    def _closed(self) -> bool:
        cv2 = quiet()
        try:
            return bool(cv2.getWindowProperty(TITLE, cv2.WND_PROP_VISIBLE) < 1)
        except cv2.error:  # OpenCV 5 with Qt, after its last window was closed
            return True


def _open(width: int, height: int) -> None:
    """A window for pictures of this size that fits on a screen, and shows something of a tiny picture."""
    cv2 = quiet()
    os.environ.setdefault("QT_LOGGING_RULES", "*.warning=false")  # the wheels' Qt complains about fonts
    # NORMAL lets people resize the window; AUTOSIZE would not.
    cv2.namedWindow(TITLE, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO)
    scale = min(1.0, LARGEST[0] / width, LARGEST[1] / height)
    cv2.resizeWindow(TITLE, max(SMALLEST[0], round(width * scale)), max(SMALLEST[1], round(height * scale)))


def why_headless() -> str:
    """Why no window can be shown, or an empty string. A toolkit that finds no display would end the process."""
    drawn_by = toolkit()
    if drawn_by == "NONE":
        return "this OpenCV is built without windows"
    if not sys.platform.startswith("linux"):
        return ""
    display = os.environ.get("DISPLAY", "")
    if not display and not os.environ.get("WAYLAND_DISPLAY"):
        return "there is no display (DISPLAY is not set)"
    if not display and drawn_by.startswith("QT"):
        return "this OpenCV shows windows on X11 only (DISPLAY is not set)"
    if display and not _answers(display):
        return f"no X server answers at DISPLAY={display}"
    return ""


def toolkit() -> str:
    """What draws OpenCV's windows: QT5, GTK3, ... or NONE."""
    found = re.search(r"^\s*GUI:\s*(\S+)", quiet().getBuildInformation(), re.MULTILINE)
    return found[1].upper() if found else "NONE"


def _answers(display: str) -> bool:
    """Whether something accepts connections at an X display such as `:0` or `localhost:10.0`."""
    parts = re.fullmatch(r"(?:unix)?([^:/]*):(\d+)(?:\.\d+)?", display)
    if parts is None:
        return True  # a form this function does not know; let the toolkit try
    host, number = parts[1], int(parts[2])
    if host:
        places: list[tuple[socket.AddressFamily, str | tuple[str, int]]] = [(socket.AF_INET, (host, 6000 + number))]
    else:
        path = f"/tmp/.X11-unix/X{number}"  # noqa: S108  where X servers listen; with \0, Linux's abstract sockets
        places = [(socket.AF_UNIX, path), (socket.AF_UNIX, f"\0{path}")]
    return any(_connects(family, address) for family, address in places)


def _connects(family: socket.AddressFamily, address: str | tuple[str, int]) -> bool:
    with socket.socket(family, socket.SOCK_STREAM) as client:
        client.settimeout(2)
        try:
            client.connect(address)
        except OSError:
            return False
    return True
