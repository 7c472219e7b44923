"""What every usability session has around its samples: first line, marks, gaps and end; docs/sessions.md has them all."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import edgefer
from edgefer.camera.address import hidden
from edgefer.camera.frame import Frame
from edgefer.camera.marks import Mark, MarkKind, Marks, Placed, said
from edgefer.camera.session_clock import Clock, zoned
from edgefer.camera.session_file import SessionFile
from edgefer.camera.session_folder import RATE
from edgefer.errors import ArtifactError, EdgeferError, UsageError
from edgefer.runtime.session import Session

if TYPE_CHECKING:
    from edgefer.camera.session_lines import HeaderLine

SCHEMA = 1
FASTEST = 1000.0
NO_PICTURE = "no picture"
LOOK = 0.05  # seconds between looks for new marks


@dataclass(frozen=True)
class About:
    """What a session's first line tells of its run.

    source: its description. settings: what else decides what is read, plain values. fps: frames a second of the source,
    if known. patience: seconds for which somebody who is out of sight is still followed. rate: samples a second, at most.

    Raises UsageError for a rate that is out of range.
    """

    source: str
    session: Session
    settings: Mapping[str, Any]
    fps: float | None = None
    patience: float = 0.0
    rate: float = RATE

    def __post_init__(self) -> None:
        if not 0 < self.rate <= FASTEST:
            raise UsageError(f"a session rate of {self.rate:g}", f"give samples a second, up to {FASTEST:g}")

    @property
    def model(self) -> dict[str, Any]:
        """The network, as it stands in the first line."""
        card = self.session.card
        return {
            "name": card.name,
            "sha256": sha256(card.to_json().encode()).hexdigest(),
            "precision": self.session.arithmetic,
            "backend": self.session.backend,
            "labels": list(card.labels),
        }


class SessionRun:
    """One run's part of a session's file: header, marks, gaps and end, around what the sinks in session_sink.py write."""

    def __init__(self, folder: Path, about: About, goes_on: bool, aggregate: bool) -> None:
        self._file = SessionFile(folder, goes_on)
        self._about, self._aggregate = about, aggregate
        self.marks = Marks(folder)
        self.clock: Clock | None = None
        self.last = 0.0  # second of the last frame
        self.first_track = 0
        self.paused = False
        self._looked = 0.0
        self._known: set[str] = set()
        self.broken = False

    @property
    def path(self) -> Path:
        """The file."""
        return self._file.path

    def begin(self, frame: Frame) -> Clock:
        before = self._file.open()
        if before is None:
            self.clock = Clock(frame)
        else:
            self._refuse_another(before.header, live=frame.captured is not None)
            self.first_track = max((one.track for line in before.samples for one in line.people), default=0)
            self.clock = Clock(frame, before.header.started.timestamp(), before.last)
            self._known = {mark.id for mark in before.marks}
            for mark in before.late:
                self._mark_line(mark.time, Mark(0.0, mark.text, mark.does, mark.id))
        self.last = self.clock.begins
        self.write(self._header(self.clock), lasting=True)
        return self.clock

    def write(self, record: dict[str, Any], lasting: bool = False) -> None:
        try:
            self._file.write(record, lasting)
        except ArtifactError:
            self.broken = True
            raise

    def look(self, lost: bool) -> str:
        """Write the marks that were set since the last look; returns why there is a gap before this frame, if any.

        lost: no frame came for long.
        """
        before, now = self.paused, time.monotonic()
        if lost or now - self._looked >= LOOK:
            self._looked = now
            self._take_marks()
        if self.paused and not before:
            return said(MarkKind.PAUSE)
        return NO_PICTURE if lost and not before else ""

    def _take_marks(self) -> None:
        assert self.clock is not None
        for mark in self.marks.new():
            if mark.kind in (MarkKind.PAUSE, MarkKind.RESUME):
                if mark.wall >= self.clock.began:  # others were set in a run before
                    self.paused = self.marks.paused = mark.kind is MarkKind.PAUSE
                    self._place(self.clock.at(mark.wall), mark)
            elif mark.id not in self._known:
                self._mark_line(self.clock.at(mark.wall), mark)
                self._place(self.clock.at(mark.wall), mark)

    def _place(self, second: float, mark: Mark) -> None:
        """Show it to those who show the run."""
        assert self.clock is not None
        self.marks.placed.append(Placed(round(self.clock.position(second), 3), mark.text, mark.kind))

    def gap(self, second: float, why: str) -> None:
        self.write({"kind": "gap", "time": round(second, 3), "why": why})

    def close(self) -> None:
        """The end, and why it came where that was an error: this is called while that error passes."""
        error = sys.exc_info()[1]
        try:
            if self.clock is not None and not self.broken:
                self._take_marks()
                why = hidden(error.what) if isinstance(error, EdgeferError) else type(error).__name__ if error else ""
                self.write({"kind": "end", "time": round(self.last, 3), "why": why}, lasting=True)
        finally:
            self._file.close()

    def _mark_line(self, second: float, mark: Mark) -> None:
        line = {"kind": "mark", "time": round(second, 3), "does": mark.kind.value, "text": mark.text, "id": mark.id}
        self.write(line, lasting=True)

    def _refuse_another(self, header: HeaderLine, live: bool) -> None:
        made = header.model.sha256
        if made != self._about.model["sha256"]:
            raise UsageError(
                f"{self._file.folder} was read by another model, {header.model.name}",
                "continue it with that one (--engine), or name another session",
            )
        if header.aggregate != self._aggregate:
            raise UsageError(
                f"{self._file.folder} is {'' if header.aggregate else 'not '}of a run with --aggregate-only",
                "continue it likewise, or name another session",
            )
        if header.live != live:
            raise UsageError(
                f"{self._file.folder} is of a {'camera' if header.live else 'film'}", "name another session"
            )

    def _header(self, clock: Clock) -> dict[str, Any]:
        return {
            "kind": "session",
            "schema": SCHEMA,
            "name": self._file.folder.name,
            "began": zoned(clock.began),
            "started": zoned(clock.started),
            "time": round(clock.begins, 3),
            "live": clock.live,
            "source": hidden(self._about.source),
            "model": self._about.model,
            "rate": self._about.rate,
            "aggregate": self._aggregate,
            "settings": dict(self._about.settings),
            "edgefer": edgefer.__version__,
        }
