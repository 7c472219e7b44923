"""Counters of energy, and meters of power that are summed up to energy, with one face: start, stop, joules."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from edgefer.benchmark.nvml import Unavailable


class Gauge(Protocol):
    """What measures energy. method: by what; scope: which hardware it counts.

    start, stop: begin and end a window; `stop` returns joules. Both raise Unavailable when the source fails.
    """

    method: str
    scope: str

    def start(self) -> None: ...

    def stop(self) -> float: ...


@dataclass(frozen=True)
class Counter:
    """Joules since some moment. wraps_at: joules at which it begins again at 0; None if it never does."""

    read: Callable[[], float]
    wraps_at: float | None = None


class CounterGauge:
    """The sum of counters. A window must be shorter than the time in which one wraps, which is minutes at least."""

    def __init__(self, method: str, scope: str, counters: Sequence[Counter]) -> None:
        self.method, self.scope, self._counters = method, scope, counters
        self._begin: list[float] = []

    def start(self) -> None:
        """Begin a window."""
        self._begin = [counter.read() for counter in self._counters]

    def stop(self) -> float:
        """Joules since `start`."""
        joules = 0.0
        for counter, begin in zip(self._counters, self._begin, strict=True):
            used = counter.read() - begin
            if used < 0:
                if counter.wraps_at is None:
                    raise Unavailable(f"{self.method} ran backwards")
                used += counter.wraps_at
            joules += used
        return joules


class PowerGauge:
    """A power meter, read every `period_s` seconds by a thread and summed by trapezoids.

    The thread takes a little of the processor, so nothing may be timed meanwhile.
    """

    def __init__(self, method: str, scope: str, watts: Callable[[], float], period_s: float = 0.05) -> None:
        self.method, self.scope = method, scope
        self._watts, self._period = watts, period_s
        self._samples: list[tuple[float, float]] = []
        self._failed: Unavailable | None = None
        self._thread: threading.Thread | None = None
        self._ended = threading.Event()

    def start(self) -> None:
        """Begin a window."""
        self._samples, self._failed = [], None
        self._ended.clear()
        self._sample()
        self._thread = threading.Thread(target=self._run, name="edgefer-power", daemon=True)
        self._thread.start()

    def stop(self) -> float:
        """Joules since `start`."""
        assert self._thread is not None
        self._ended.set()
        self._thread.join()
        if self._failed is not None:
            raise self._failed
        self._sample()
        return joules_of(self._samples)

    def _run(self) -> None:
        try:
            while not self._ended.wait(self._period):
                self._sample()
        except Unavailable as why:
            self._failed = why

    def _sample(self) -> None:
        watts = self._watts()
        self._samples.append((time.monotonic(), watts))


def joules_of(samples: Sequence[tuple[float, float]]) -> float:
    """The area under (seconds, watts) in order of time, by trapezoids."""
    pairs = itertools.pairwise(samples)
    return sum((end - begin) * (first + last) / 2 for (begin, first), (end, last) in pairs)
