"""TensorRT's progress reports shown as they come, and Ctrl-C as a clean stop."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any

from edgefer.engine.clock import Clock
from edgefer.engine.display import shown
from edgefer.errors import Interrupted
from edgefer.trt.flavour import Flavour


class Stop:
    """Set by Ctrl-C while a build runs; TensorRT is told at its next step."""

    def __init__(self) -> None:
        self.asked = False


@contextlib.contextmanager
def watching(flavour: Flavour, title: str, clock: Clock) -> Iterator[Any]:
    """Yield an IProgressMonitor for a build inside the block, which sets `clock`; what it says is shown.

    Raises Interrupted at its end when Ctrl-C was pressed. A KeyboardInterrupt must not travel through TensorRT's C++
    frames, so the signal only sets a flag here.
    """
    stop = Stop()
    with shown(title, clock), _catching(stop):
        yield _monitor(flavour.module, clock, stop)
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


def _monitor(module: Any, clock: Clock, stop: Stop) -> Any:
    class Monitor(module.IProgressMonitor):  # type: ignore[misc]
        def __init__(self) -> None:
            module.IProgressMonitor.__init__(self)

        def phase_start(self, phase_name: str, parent_phase: str | None, num_steps: int) -> None:
            clock.start(phase_name, parent_phase, num_steps)

        def step_complete(self, phase_name: str, step_number: int) -> bool:
            clock.advance(phase_name, step_number)
            return not stop.asked

        def phase_finish(self, phase_name: str) -> None:
            clock.finish(phase_name)

    return Monitor()
