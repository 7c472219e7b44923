"""Seconds of a session: what a frame's time and a moment on the clock are in it."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections import deque
from datetime import datetime

from edgefer.camera.frame import Frame


class Clock:
    """Begins with the first frame of a run.

    live: seconds pass as on the clock, from `started` (seconds since 1970) on; otherwise they are positions in the film.
    begins: the second at which this run begins.
    """

    def __init__(self, frame: Frame, started: float | None = None, offset: float = 0.0) -> None:
        """started: of the session that is continued, if any; offset: the last second that it has."""
        self.live = frame.captured is not None
        wall = _taken(frame)
        self.began = wall
        if started is None:
            self.started, self.begins = wall - frame.time, frame.time
        else:
            # A clock that was set back in the meantime must not make times fall.
            self.started, self.begins = started, max(offset, wall - started) if self.live else offset
        self._shift = self.begins - frame.time
        self._known: deque[tuple[float, float]] = deque(maxlen=1024)

    def tick(self, frame: Frame) -> float:
        """The second of a frame."""
        now = frame.time + self._shift
        self._known.append((_taken(frame), now))
        return now

    def at(self, wall: float) -> float:
        """The second of a moment that is about to be past, in seconds since 1970.

        In a film, what was being read then; live, also while no frame comes.
        """
        place = bisect_right(self._known, (wall, float("inf"))) - 1
        then, second = self._known[max(0, place)]
        return max(self.begins, second + wall - then) if self.live else second

    def position(self, second: float) -> float:
        """`Frame.time` at a second of the session."""
        return second - self._shift


def zoned(wall: float) -> str:
    """Seconds since 1970 as date and time of day with the zone of this machine."""
    return datetime.fromtimestamp(wall).astimezone().isoformat(timespec="milliseconds")


def _taken(frame: Frame) -> float:
    """When a live frame was grabbed, or a frame of a film was read: seconds since 1970."""
    return time.time() - (frame.age_ms or 0.0) / 1000
