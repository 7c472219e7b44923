"""Sinks that are given intervals in place of faces, so that nothing about a single person can leave by them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol

from edgefer.camera.faces_csv import row
from edgefer.camera.interval import Interval, Intervals
from edgefer.camera.outfile import LineFile
from edgefer.camera.reading import FrameReading, counted
from edgefer.console import say

FIELDS = ("start", "seconds", "frames", "faces", "most", "uncertain")


class Outlet(Protocol):
    """Takes intervals until it is closed. files: what it has made."""

    files: tuple[Path, ...]

    def take(self, interval: Interval) -> bool:
        """Take one interval; False asks the run to stop."""

    def close(self) -> None:
        """Finish what was written. Called once, also after an error."""


class Aggregate:
    """The one sink of a run with --aggregate-only. A reading ends here; its outlets see intervals."""

    pictures = 0

    def __init__(self, intervals: Intervals, outlets: Sequence[Outlet]) -> None:
        self._intervals = intervals
        self._outlets = tuple(outlets)
        self._wanted = True
        self.files = tuple(file for outlet in outlets for file in outlet.files)

    def take(self, reading: FrameReading) -> bool:
        return self._give(self._intervals.add(reading))

    def close(self) -> None:
        with ExitStack() as closing:
            for outlet in self._outlets:
                closing.callback(outlet.close)
            if self._wanted:
                self._give(self._intervals.end())

    def _give(self, interval: Interval | None) -> bool:
        if interval is not None:
            self._wanted = False  # until all have taken it: a full disk is told once
            wanted = [outlet.take(interval) for outlet in self._outlets]  # each gets it before one may end the run
            self._wanted = all(wanted)
        return self._wanted


class IntervalJson:
    """One flushed JSON object an interval; `-` is stdout."""

    def __init__(self, target: str) -> None:
        self._file = LineFile(target)
        self.files = self._file.files

    def take(self, interval: Interval) -> bool:
        return self._file.write(json.dumps(interval.to_json(), separators=(",", ":")))

    def close(self) -> None:
        self._file.close()


class IntervalCsv:
    """One flushed line an interval, with the names of the JSON lines; `-` is stdout."""

    def __init__(self, target: str, labels: Sequence[str]) -> None:
        self._file = LineFile(target)
        self.files = self._file.files
        self._file.write(row([*FIELDS, *(f"emotions.{name}" for name in labels)]))

    def take(self, interval: Interval) -> bool:
        line: Mapping[str, Any] = interval.to_json()
        return self._file.write(row([*(line[name] for name in FIELDS), *line["emotions"].values()]))

    def close(self) -> None:
        self._file.close()


class IntervalText:
    """For people: a line on stderr an interval."""

    files: tuple[Path, ...] = ()

    def take(self, interval: Interval) -> bool:
        shares = {**interval.emotions, "uncertain": interval.uncertain}
        seen = ", ".join(f"{name} {share:.0%}" for name, share in shares.items() if share)
        say(
            f"{interval.start:8.2f} s  {counted(interval.frames, 'frame')}, at most {counted(interval.most, 'face')} at "
            f"once{': ' + seen if seen else ''}"
        )
        return True

    def close(self) -> None:
        pass
