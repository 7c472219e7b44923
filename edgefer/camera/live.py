"""Live sources: a thread grabs, the reader gets the newest frame, older ones are dropped and counted."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any, Protocol

from edgefer.camera.frame import Frame, Source, to_bgr
from edgefer.errors import SourceError

PATIENCE = 5.0  # seconds without a frame
RETRY = 1.0  # seconds of failed reads, which some cameras show at their start
SLICE = 0.1  # seconds between looks at the stop flag
JOIN = 2.0


class Capture(Protocol):
    """What is used of cv2.VideoCapture."""

    def read(self) -> tuple[bool, Any]: ...

    def release(self) -> None: ...


class LiveSource(Source):
    """The newest frame of a camera or stream, never the same twice.

    A driver may keep several frames, and may block for ever when its device goes away (so reads happen in a thread
    of their own, and the reader never waits longer than `PATIENCE`).
    """

    def __init__(self, capture: Capture, name: str, description: str, fps: float | None) -> None:
        super().__init__()
        self.description, self.fps = description, fps
        self._name = name
        self._capture = capture
        self._fresh = threading.Condition()
        self._newest: tuple[Any, float] | None = None
        self._dropped = 0
        self._failure = ""
        self._thread = threading.Thread(target=self._grab, name=f"grab {name}", daemon=True)
        self._thread.start()
        try:
            self._wait()
        except SourceError:
            self.close()
            raise

    def __iter__(self) -> Iterator[Frame]:
        """Raises SourceError when the source ends or gives no frame for `PATIENCE` seconds."""
        with self._fresh:
            self._dropped = 0  # frames that passed before anyone watched are not lost to anyone
        index, start = 0, 0.0
        while self._wait():
            with self._fresh:
                grabbed, self._newest, dropped = self._newest, None, self._dropped
            if grabbed is None:
                continue
            picture, stamp = grabbed
            start = start or stamp
            yield Frame(index, stamp - start, to_bgr(picture), captured=stamp, dropped=dropped)
            index += 1

    def close(self) -> None:
        self.stopped = True
        self._thread.join(JOIN)
        # A thread that still hangs in the driver keeps the device: releasing it under a read crashes.
        if not self._thread.is_alive():
            self._capture.release()

    def _wait(self) -> bool:
        """Wait until a frame is there; False when `stop` was called."""
        deadline = time.monotonic() + PATIENCE
        with self._fresh:
            while not self.stopped:
                if self._newest is not None:
                    return True
                if self._failure:
                    raise SourceError(f"{self._name} {self._failure}", "check its cable and power, then run again")
                if time.monotonic() > deadline:
                    raise SourceError(
                        f"{self._name} has given no frame for {PATIENCE:g} s",
                        "check its cable and power, then run again",
                    )
                self._fresh.wait(SLICE)
        return False

    def _grab(self) -> None:
        last_good = time.monotonic()
        while not self.stopped:
            try:
                ok, picture = self._capture.read()
            except Exception as error:  # noqa: BLE001  a driver may throw anything; the reader gets it as one line
                self._fail(f"failed: {str(error).strip().splitlines()[-1]}")
                return
            now = time.monotonic()
            if ok:
                last_good = now
                self._put(picture, now)
            elif now - last_good > RETRY:
                self._fail("stopped giving frames")
                return
            else:
                time.sleep(0.01)

    def _put(self, picture: Any, stamp: float) -> None:
        with self._fresh:
            if self._newest is not None:
                self._dropped += 1
            self._newest = (picture, stamp)
            self._fresh.notify_all()

    def _fail(self, reason: str) -> None:
        with self._fresh:
            self._failure = reason
            self._fresh.notify_all()
