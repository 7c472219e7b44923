"""One connection to a live source: a thread that opens it, reads it, and keeps the newest frame."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from edgefer.camera.address import hidden
from edgefer.errors import EdgeferError, SourceError

RETRY = 1.0  # seconds of failed reads, which some cameras show at their start
SPARSE = 16  # two pictures are compared in every so many-th row and column first
FIX = "check its cable and power, then run again"


class Capture(Protocol):
    """What is used of cv2.VideoCapture."""

    def read(self) -> tuple[bool, Any]: ...

    def release(self) -> None: ...


@dataclass(frozen=True)
class Opened:
    """A capture that is open. granted: its size, rate and codec in words. fps: frames a second, None if not known."""

    capture: Capture
    granted: str
    fps: float | None


class Grabber:
    """Opens a source and reads it in a thread of its own, for opening and reading may block for ever.

    The thread lets go of the capture itself when it ends: releasing it under a read crashes. So a thread that hangs in
    a driver keeps its device until the driver answers, and is left alone.

    opened: what `connect` gave, when it has; began: `time.monotonic()` of that, before it of the beginning.
    failure: why there are no more frames, when there are none.
    last: when the newest frame was grabbed, at first `began`. changed: when the newest one that differed from the one
    before it was. changes: how many differed. dropped: frames that nobody took before the next one came.
    Read these under `fresh`, which is notified at each change.
    """

    def __init__(self, name: str, connect: Callable[[], Opened], fresh: threading.Condition) -> None:
        self._name, self._connect, self._fresh = name, connect, fresh
        self.opened: Opened | None = None
        self.failure: EdgeferError | None = None
        self.began = self.last = self.changed = time.monotonic()
        self.changes = self.dropped = 0
        self._newest: tuple[Any, float] | None = None
        self._before: Any = None
        self._left = False
        self._thread = threading.Thread(target=self._run, name=f"grab {name}", daemon=True)
        self._thread.start()

    def take(self) -> tuple[Any, float] | None:
        """The newest frame and when it was grabbed, once; None when there is none. Call under `fresh`."""
        newest, self._newest = self._newest, None
        return newest

    def waits(self) -> bool:
        """Whether a frame is there that nobody took. Call under `fresh`."""
        return self._newest is not None

    def leave(self, wait: float) -> None:
        """Tell the thread to end, and wait for it so many seconds at most."""
        self._left = True
        self._thread.join(wait)

    def _run(self) -> None:
        try:
            opened = self._connect()
        except EdgeferError as error:
            self._fail(error)
            return
        except Exception as error:  # noqa: BLE001  a driver may throw anything; the reader gets it as one line
            self._fail(self._thrown(error))
            return
        try:
            with self._fresh:
                self.opened = opened
                self.began = self.last = self.changed = time.monotonic()
                self._fresh.notify_all()
            self._read(opened.capture)
        except Exception as error:  # noqa: BLE001  as above
            self._fail(self._thrown(error))
        finally:
            opened.capture.release()

    def _read(self, capture: Capture) -> None:
        last_good = time.monotonic()
        while not self._left:
            ok, picture = capture.read()
            now = time.monotonic()
            if ok and picture is not None and picture.size:
                last_good = now
                self._put(picture, now)
            elif now - last_good > RETRY:
                self._fail(SourceError(f"{self._name} stopped giving frames", FIX))
                return
            else:
                time.sleep(0.01)

    def _put(self, picture: Any, stamp: float) -> None:
        differs = self._before is not None and not same(picture, self._before)
        with self._fresh:
            if self._newest is not None:
                self.dropped += 1
            if differs or self._before is None:
                self.changed = stamp
                self.changes += differs
            self._before = picture
            self._newest = (picture, stamp)
            self.last = stamp
            self._fresh.notify_all()

    def _fail(self, error: EdgeferError) -> None:
        with self._fresh:
            self.failure = error
            self._fresh.notify_all()

    def _thrown(self, error: Exception) -> SourceError:
        lines = hidden(str(error)).strip().splitlines() or [type(error).__name__]
        return SourceError(f"{self._name} failed: {lines[-1]}", FIX)


def same(picture: Any, other: Any) -> bool:
    """Whether two pictures are equal in every bit. Those of a camera differ nearly everywhere by the sensor's noise."""
    return (
        picture.shape == other.shape
        and np.array_equal(picture[::SPARSE, ::SPARSE], other[::SPARSE, ::SPARSE])
        and np.array_equal(picture, other)
    )
