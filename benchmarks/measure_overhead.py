"""What the benchmark's measuring loop adds to a call of 0.1 ms, against the plainest loop that Python has.

    python benchmarks/measure_overhead.py

Two ratios. The first: the median that the measuring loop reports for a call that waits 0.1 ms by the clock, over what
such a call takes in a plain loop; both in turns of a few milliseconds, the best turn of each, so that other work on the
machine counts for neither. The second: what the loop spends beside the call (clock, storing), from calls that do nothing.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from edgefer.benchmark import timing

CALL_NS = 100_000
CALLS = 20
TURNS = 400
EMPTY_SECONDS = 0.05


def wait() -> None:
    """0.1 ms without giving up the core."""
    end = time.perf_counter_ns() + CALL_NS
    while time.perf_counter_ns() < end:
        pass


def nothing() -> None:
    """The cheapest call."""


def plain(call: Callable[[], None], calls: int) -> float:
    """Nanoseconds a call of nothing but calls."""
    begin = time.perf_counter_ns()
    for _ in range(calls):
        call()
    return (time.perf_counter_ns() - begin) / calls


def main() -> None:
    timing.warm_up(wait, 0.5)
    reference, reported = [], []
    for _ in range(TURNS):
        reference.append(plain(wait, CALLS))
        reported.append(statistics.median(timing.measure(wait, 0, at_least=CALLS)))
    loops = [EMPTY_SECONDS * 1e9 / len(timing.measure(nothing, EMPTY_SECONDS)) for _ in range(20)]
    beside = min(loops) - min(plain(nothing, 100_000) for _ in range(20))
    print(f"reported median of a 0.1 ms call over a plain loop's: {min(reported) / min(reference):.4f}")
    print(f"the loop's own {beside:.0f} ns a call over 0.1 ms: {beside / CALL_NS:.4f}")


if __name__ == "__main__":
    main()
