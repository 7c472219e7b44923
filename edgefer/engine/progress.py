"""TensorRT's progress reports as one bar, and Ctrl-C as a clean stop."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from types import FrameType
from typing import Any

from edgefer.console import Step, progress
from edgefer.errors import Interrupted
from edgefer.trt.flavour import Flavour

_WHOLE = 100


@dataclass
class _Phase:
    parent: str | None
    steps: int
    done: int = 0


class Share:
    """How much of a build is done, from phases inside phases, each of which is one step of its parent.

    TensorRT tells how many steps a phase has only when the phase starts, so this is a share and not a count.
    """

    def __init__(self) -> None:
        self._phases: dict[str, _Phase] = {}
        self._reported = 0

    def start(self, name: str, parent: str | None, steps: int) -> None:
        """A phase begins; `parent` is the phase that it is a step of."""
        self._phases[name] = _Phase(parent, max(steps, 1))

    def advance(self, name: str, step: int) -> int:
        """Step number `step` (from 0) of a phase is over; returns the percent points that are new."""
        if name in self._phases:
            self._phases[name].done = step + 1
        return self._new()

    def finish(self, name: str) -> int:
        """A phase is over; returns the percent points that are new."""
        phase = self._phases.pop(name, None)
        if phase and phase.parent is None:
            self._phases.clear()
            return self.rest()
        return self._new()

    def rest(self) -> int:
        """The percent points that are missing from the whole."""
        missing, self._reported = _WHOLE - self._reported, _WHOLE
        return missing

    def _new(self) -> int:
        # The last point is kept for the end of the outermost phase.
        now = min(int(_WHOLE * self._of(None)), _WHOLE - 1)
        new = max(now - self._reported, 0)
        self._reported += new
        return new

    def _of(self, parent: str | None) -> float:
        running = [(name, phase) for name, phase in self._phases.items() if phase.parent == parent]
        shares = [min((phase.done + self._of(name)) / phase.steps, 1.0) for name, phase in running]
        return max(shares, default=0.0)


class Stop:
    """Set by Ctrl-C while a build runs; TensorRT is told at its next step."""

    def __init__(self) -> None:
        self.asked = False


@contextlib.contextmanager
def watching(flavour: Flavour, title: str) -> Iterator[Any]:
    """Yield an IProgressMonitor for a build inside the block. Raises Interrupted at its end when Ctrl-C was pressed.

    A KeyboardInterrupt must not travel through TensorRT's C++ frames, so the signal only sets a flag here.
    """
    stop = Stop()
    with progress(title, _WHOLE) as step, _catching(stop):
        yield _monitor(flavour.module, step, stop)
    if stop.asked:
        raise Interrupted(f"stopped: {title}", "nothing was written; the same command starts it again")


@contextlib.contextmanager
def _catching(stop: Stop) -> Iterator[None]:
    def note(_signal: int, _frame: FrameType | None) -> None:
        stop.asked = True

    # Python allows signal handlers in the main thread only; elsewhere whoever owns that thread handles Ctrl-C.
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _monitor(module: Any, step: Step, stop: Stop) -> Any:
    share = Share()

    class Monitor(module.IProgressMonitor):  # type: ignore[misc]
        def __init__(self) -> None:
            module.IProgressMonitor.__init__(self)

        def phase_start(self, phase_name: str, parent_phase: str | None, num_steps: int) -> None:
            share.start(phase_name, parent_phase, num_steps)
            step(0, phase_name)

        def step_complete(self, phase_name: str, step_number: int) -> bool:
            if new := share.advance(phase_name, step_number):
                step(new, phase_name)
            return not stop.asked

        def phase_finish(self, phase_name: str) -> None:
            if new := share.finish(phase_name):
                step(new, "")

    return Monitor()
