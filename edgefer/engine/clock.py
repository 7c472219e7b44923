"""A compilation as it goes: which phase it is in, how much is done, how long is left by how the last one went."""

from __future__ import annotations

import time

from edgefer.engine.past import Compiled
from edgefer.engine.share import WHOLE, Share

# TensorRT has a few dozen phases; a version that numbered them would have thousands.
_MARKS = 64


class Clock:
    """Written by TensorRT's reports, read by the display's thread.

    marks: when each phase began for the first time, in seconds from the start. phase: the one that began last.
    """

    def __init__(self, last: Compiled | None = None) -> None:
        self.marks: dict[str, float] = {}
        self.phase = ""
        self._last = last
        self._share = Share()
        self._start = self._heard = time.monotonic()
        self._shown = 0
        self._succeeded = False
        self._anchor: tuple[float, float] | None = None

    def start(self, name: str, parent: str | None, steps: int) -> None:
        """A phase begins; `parent` is the phase that it is a step of."""
        self._hear()
        self._share.start(name, parent, steps)
        self.phase = name
        if name not in self.marks and len(self.marks) < _MARKS:
            self.marks[name] = self.elapsed
            if self._last is not None and name in self._last.marks:
                self._anchor = self._last.marks[name], self.marks[name]

    def advance(self, name: str, step: int) -> None:
        """Step number `step` (from 0) of a phase is over."""
        self._hear()
        self._share.advance(name, step)

    def finish(self, name: str) -> None:
        """A phase is over."""
        self._hear()
        self._share.finish(name)

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._start

    @property
    def silent(self) -> float:
        """Seconds since TensorRT's last word."""
        return time.monotonic() - self._heard

    @property
    def left(self) -> float | None:
        """Seconds left: what followed this phase the last time, less what it has taken; None when nothing is known.

        None, too, once that is over.
        """
        if self._last is None:
            return None
        then, now = self._anchor or (0.0, 0.0)
        left = (self._last.seconds - then) - (self.elapsed - now)
        return left if left > 0 else None

    @property
    def overdue(self) -> float | None:
        """How long the last one took, in seconds, if this one takes longer."""
        last = self._last
        return last.seconds if last is not None and self.left is None else None

    @property
    def percent(self) -> int:
        """How much is done: of the time where that is known, else of TensorRT's steps; never falls."""
        left, elapsed = self.left, self.elapsed
        now = self._share.percent
        if self.complete:
            now = WHOLE
        elif left is not None:
            now = min(int(WHOLE * elapsed / (elapsed + left)), WHOLE - 1)
        self._shown = max(self._shown, now)
        return self._shown

    @property
    def complete(self) -> bool:
        """Whether there is a plan. TensorRT's outermost phase ends before, and also where it fails."""
        return self._succeeded

    def succeed(self) -> None:
        """There is a plan."""
        self._succeeded = True

    def result(self) -> Compiled:
        """What to keep of it, now that it is over."""
        return Compiled(seconds=self.elapsed, marks=self.marks)

    def _hear(self) -> None:
        self._heard = time.monotonic()
