"""The measuring loop: time single calls by the monotonic clock, and nothing else."""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Callable

Call = Callable[[], object]


def warm_up(call: Call, seconds: float) -> int:
    """Call until `seconds` have passed, at least once; returns the number of calls."""
    deadline = time.perf_counter() + seconds
    calls = 0
    while True:
        call()
        calls += 1
        if time.perf_counter() >= deadline:
            return calls


def measure(call: Call, seconds: float, at_least: int = 3, limit: float = math.inf) -> list[int]:
    """Nanoseconds of each call, until `seconds` have passed and `at_least` calls were made.

    limit: seconds after which no further call is made, however few there were; the first is always made.
    Python's garbage collector is off meanwhile, so that a collection of other people's objects is not charged to a call.
    """
    clock = time.perf_counter_ns
    samples: list[int] = []
    keep = samples.append
    was_on = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        start = clock()
        last = start + limit * 1e9
        deadline = min(start + seconds * 1e9, last)
        while True:
            begin = clock()
            call()
            end = clock()
            keep(end - begin)
            if end >= deadline and (len(samples) >= at_least or end >= last):
                return samples
    finally:
        if was_on:
            gc.enable()
