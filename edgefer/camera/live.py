"""Live sources: the reader gets the newest frame; a source that is lost is opened again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from edgefer.camera.endurance import Endurance
from edgefer.camera.frame import Frame, Source, to_bgr
from edgefer.camera.grabber import FIX, Grabber, Opened
from edgefer.console import say
from edgefer.errors import EdgeferError, SourceError

SLICE = 0.1  # seconds between looks at the stop flag
JOIN = 2.0  # seconds that a thread has to let go of its device
DELAYS = (0.0, 0.5, 1.0, 2.0, 4.0, 5.0)  # seconds before each try to open again; the last one over and over
STEADY = 5.0  # after so many seconds with frames the delays begin anew
OPENING = 15.0  # seconds that opening may take, above what OpenCV grants itself for a network


class _Frozen(SourceError):
    """The source repeats one picture."""


class LiveSource(Source):
    """The newest frame of a camera or stream, never the same twice.

    A source that stops, blocks, or repeats one picture is opened again with growing delays, as `Endurance` says. Frames
    are numbered on, and `Frame.time` goes on with the clock, so that a gap shows there; a line on stderr tells of it.
    """

    endless = True

    def __init__(self, name: str, connect: Callable[[], Opened], endurance: Endurance | None = None) -> None:
        """Open the source and wait for its first frame.

        name: what to call it in messages, without passwords. connect: opens it, called in threads.

        Raises what `connect` raises, SourceError when no frame comes.
        """
        super().__init__()
        self._name, self._connect = name, connect
        self._endurance = endurance or Endurance()
        self._fresh = threading.Condition()
        self._delay = 0  # the next of DELAYS
        self._reopened = False  # after a freeze, and nothing moved since
        self._still = False  # it was opened again and is frozen as before
        self._dropped = 0  # by grabbers that were left
        self._grabber = self._new()
        try:
            self._first()
        except BaseException:
            self.close()
            raise
        opened = self._grabber.opened
        self._granted = opened.granted if opened else ""
        self.description = f"{name}, {self._granted}" if self._granted else name
        self.fps = opened.fps if opened else None

    def __iter__(self) -> Iterator[Frame]:
        """Raises SourceError when the source is lost for longer than `Endurance.reconnect`."""
        with self._fresh:
            self._dropped = self._grabber.dropped = 0  # frames that passed before anyone watched are lost to nobody
        index, start = 0, 0.0
        while (grabbed := self._next()) is not None:
            picture, stamp, dropped = grabbed
            start = start or stamp
            yield Frame(index, stamp - start, to_bgr(picture), stamp, dropped)
            index += 1

    def close(self) -> None:
        self.stopped = True
        self._leave()

    def _new(self) -> Grabber:
        return Grabber(self._name, self._connect, self._fresh)

    def _next(self) -> tuple[Any, float, int] | None:
        """Wait for the next frame, opening the source again where needed; None when `stop` was called.

        The picture, when it was grabbed, and how many were dropped before it.
        """
        while not self.stopped:
            with self._fresh:
                lost = self._lost()
                if lost is None:
                    if (grabbed := self._grabber.take()) is not None:
                        return *grabbed, self._dropped + self._grabber.dropped
                    if self._fresh.wait(SLICE):
                        continue
            if lost is None:
                self.idle()
            else:
                self._open_again(lost)
        return None

    def _lost(self) -> EdgeferError | None:
        """Why there is nothing more to expect of this connection, or None. Call under `fresh`."""
        grabber, limits, now = self._grabber, self._endurance, time.monotonic()
        if grabber.waits() and not self._frozen():
            return None
        if grabber.failure is not None:
            return grabber.failure
        silent = limits.silent if grabber.opened else OPENING
        if now - grabber.last > silent:
            return SourceError(f"{self._name} has given no frame for {silent:g} s", FIX)
        if self._frozen():
            fix = "check its cable and its lens cover; --frozen 0 lets a still picture pass"
            return _Frozen(f"{self._name} has repeated one picture for {limits.frozen:g} s", fix)
        return None

    def _frozen(self) -> bool:
        """Whether one picture was repeated for too long; not where opening the source again has not helped before."""
        grabber, limit = self._grabber, self._endurance.frozen
        if grabber.changes:
            self._reopened = self._still = False
        if self._still or not limit or grabber.last - grabber.changed <= limit:
            return False
        if self._reopened:
            self._still = True
            say(f"{self._name} shows the same picture after it was opened again: taken for a still scene (lens cover?)")
            return False
        return True

    def _open_again(self, lost: EdgeferError) -> None:
        """Open the source again, with growing delays. Returns when frames come or `stop` was called."""
        patience = self._endurance.reconnect
        if not patience:
            raise lost
        say(f"{lost.what}; opening it again, for up to {patience:g} s")
        self._reopened = self._reopened or isinstance(lost, _Frozen)
        start = time.monotonic()
        while not self.stopped:
            self._leave()
            if not self._pause(min(self._next_delay(), start + patience - time.monotonic())):
                return
            self._grabber = self._new()
            try:
                self._first()
            except EdgeferError as error:
                if time.monotonic() - start >= patience:
                    raise SourceError(
                        f"{lost.what} and did not come back within {patience:g} s ({error.what})", FIX
                    ) from error
                continue
            self._tell_return(start)
            return

    def _tell_return(self, start: float) -> None:
        opened = self._grabber.opened
        if opened is None:  # stopped meanwhile
            return
        other = f", now {opened.granted}" if opened.granted != self._granted else ""
        self._granted = opened.granted
        say(f"{self._name} is back after {time.monotonic() - start:.1f} s{other}")

    def _first(self) -> None:
        """Wait for the first frame of a connection, or for `stop`."""
        while not self.stopped:
            with self._fresh:
                if self._grabber.waits():
                    return
                if (lost := self._lost()) is not None:
                    raise lost
                if self._fresh.wait(SLICE):
                    continue
            self.idle()

    def _leave(self) -> None:
        with self._fresh:
            self._dropped += self._grabber.dropped
        self._grabber.leave(JOIN if self._grabber.opened else SLICE)

    def _next_delay(self) -> float:
        grabber = self._grabber
        if grabber.opened and grabber.last - grabber.began > STEADY:
            self._delay = 0
        delay = DELAYS[min(self._delay, len(DELAYS) - 1)]
        self._delay += 1
        return delay

    def _pause(self, seconds: float) -> bool:
        """Wait; False when `stop` was called."""
        end = time.monotonic() + seconds
        while not self.stopped and (left := end - time.monotonic()) > 0:
            time.sleep(min(left, SLICE))
            self.idle()
        return not self.stopped
