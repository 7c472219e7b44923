"""A usability session: emotions over time, without pictures and without places.

`SessionSink` writes who was there, sample by sample; `SessionIntervals`, for runs with --aggregate-only, writes what was
seen in an interval, of nobody in particular.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from edgefer.camera.interval import Interval, Intervals
from edgefer.camera.reading import FaceReading, FrameReading
from edgefer.camera.session_run import About, SessionRun

SHORTEST = 1.0  # seconds that intervals count together
GAP = 1.0  # seconds without a frame that are told
TICK = 1e-6  # seconds; sums of frame times are not exact


class SessionSink:
    """A sample of everybody there, so many times a second; see `About`.

    marks: where a window puts its keys. Raises UsageError where a session is in this folder already, unless `goes_on`.
    """

    pictures = 0

    def __init__(self, folder: Path, about: About, goes_on: bool = False) -> None:
        self._run = SessionRun(folder, about, goes_on, aggregate=False)
        self.marks = self._run.marks
        self.files: tuple[Path, ...] = ()
        self._period = 1 / about.rate
        self._patience = about.patience
        self._gap = max(GAP, 3 * self._period, 3 / about.fps if about.fps else 0.0)
        self._due = 0.0
        self._seen: dict[int, float] = {}

    def take(self, reading: FrameReading) -> bool:
        run = self._run
        if run.clock is None:
            self._due = run.begin(reading.frame).begins
            self.files = (run.path,)
        assert run.clock is not None
        now = run.clock.tick(reading.frame)
        why = run.look(now - run.last > self._gap)
        if why:
            run.gap(run.last, why)
            self._due = now
        if not run.paused and now >= self._due - TICK:
            self._due = max(self._due + self._period, now + self._period / 2)
            run.write({"kind": "sample", "time": round(now, 3), "people": self._people(reading, now)})
        run.last = now
        return True

    def close(self) -> None:
        self._run.close()

    def _people(self, reading: FrameReading, now: float) -> list[dict[str, Any]]:
        """Who is seen, then who is out of sight but not given up; strangers of single pictures are nobody."""
        there = [face for face in reading.faces if face.track is not None]
        people = [_person(face, self._run.first_track) for face in there]
        present = {person["track"] for person in people}
        self._seen = {track: then for track, then in self._seen.items() if now - then <= self._patience}
        missing = [{"track": track, "seen": False} for track in self._seen if track not in present]
        self._seen |= dict.fromkeys(present, now)
        return people + missing


class SessionIntervals:
    """What was seen in each interval, of nobody in particular: the session of a run with --aggregate-only.

    seconds: length of an interval. So that no moment of a single person is told, marks do not cut it, and what a pause or
    a gap leaves of one is written only if it is `SHORTEST` or longer; what the end leaves is, with its own length.
    """

    pictures = 0

    def __init__(self, folder: Path, about: About, seconds: float, goes_on: bool = False) -> None:
        self._run = SessionRun(folder, about, goes_on, aggregate=True)
        self.marks = self._run.marks
        self.files: tuple[Path, ...] = ()
        self._seconds = seconds
        self._counts = Intervals(seconds, about.session.card.labels)
        self._gap = max(GAP, 3 / about.fps if about.fps else 0.0)
        self._first = 0.0

    def take(self, reading: FrameReading) -> bool:
        run = self._run
        if run.clock is None:
            self._first = run.begin(reading.frame).begins
            self.files = (run.path,)
        assert run.clock is not None
        now = run.clock.tick(reading.frame)
        was_paused, why = run.paused, run.look(now - run.last > self._gap)
        if why:
            self._write(self._counts.end(), run.last)
            run.gap(run.last, why)
        if why or was_paused:
            self._first = now
        if not run.paused:
            self._write(self._counts.add(reading), now)
        run.last = now
        return True

    def close(self) -> None:
        try:
            self._write(self._counts.end(), self._run.last, shortest=2 * TICK)
        finally:
            self._run.close()

    def _write(self, interval: Interval | None, until: float, shortest: float = SHORTEST) -> None:
        """Write an interval that was ended by the frame at `until`, or by what came between."""
        if interval is None or self._run.broken:
            return
        if until - self._first < shortest - TICK:
            self._first = until
            return
        line = interval.to_json()
        counts = {name: line[name] for name in ("frames", "faces", "most", "uncertain", "emotions")}
        seconds = round(until - self._first, 3)
        self._run.write({"kind": "interval", "time": round(self._first, 3), "seconds": seconds, **counts})
        self._first = until


def _person(face: FaceReading, first_track: int) -> dict[str, Any]:
    return {
        "track": (face.track or 0) + first_track,
        "seen": True,
        "emotion": face.emotion,
        "uncertain": face.uncertain,
        "probabilities": [round(share, 3) for share in face.probabilities.values()],
    }
