"""What the benchmark's measuring adds: to a call of 0.1 ms, and to calls of known length through the whole suite.

    python benchmarks/measure_overhead.py [--write] [--json]

First, the median that the measuring loop reports for a call that waits 0.1 ms by the clock, over what such a call takes
in a plain loop. Then what the loop spends beside a call (clock, storing), from calls that do nothing, as a share of 0.1 ms.
Turns of a few milliseconds, and of each ten rounds the fastest, so that other work on the machine counts little.
Last, sessions that take 1, 5 and 20 ms by the clock, as candidates of a suite: each in a worker process of its own, and
the median that the result reports over the time that is known.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import _script
import numpy as np
from _record import Ratio

from edgefer.benchmark import timing
from edgefer.benchmark.candidate import Candidate, Kind
from edgefer.benchmark.protocol import protocol_for
from edgefer.benchmark.suite import run_suite
from edgefer.card import InputSpec, ModelCard
from edgefer.emotions import FER2013
from edgefer.runtime.session import Array, Session

CALL_NS = 100_000
LIMIT = 1.02
# The system wakes a sleeper up to a millisecond late; the rest is waited by the clock.
AWAKE_NS = 1_000_000
FASTEST_OF = 10


def wait(nanoseconds: int = CALL_NS) -> None:
    """So long by the clock, without giving up the core at the end."""
    end = time.perf_counter_ns() + nanoseconds
    if nanoseconds > AWAKE_NS:
        time.sleep((nanoseconds - AWAKE_NS) / 1e9)
    while time.perf_counter_ns() < end:
        pass


def nothing() -> None:
    """The cheapest call."""


def plain(call: Callable[[], object], calls: int) -> float:
    """Nanoseconds a call of nothing but calls."""
    begin = time.perf_counter_ns()
    for _ in range(calls):
        call()
    return (time.perf_counter_ns() - begin) / calls


class Sleeper(Session):
    """Takes so many milliseconds to answer, whatever it is given."""

    backend = "known cpu"

    def __init__(self, milliseconds: int) -> None:
        card = ModelCard(
            name=f"{milliseconds} ms",
            architecture="known",
            parameters=1,
            labels=FER2013,
            input=InputSpec(height=48, width=48),
        )
        super().__init__(card)
        self._nanoseconds = milliseconds * 1_000_000

    def _infer(self, pixels: Array) -> Array:
        wait(self._nanoseconds)
        return np.zeros((len(pixels), len(FER2013)), np.float32)


def sleeper_1() -> Sleeper:
    return Sleeper(1)


def sleeper_5() -> Sleeper:
    return Sleeper(5)


def sleeper_20() -> Sleeper:
    return Sleeper(20)


SLEEPERS = {1: sleeper_1, 5: sleeper_5, 20: sleeper_20}


def fastest(values: Sequence[float]) -> list[float]:
    """Of each `FASTEST_OF` the smallest."""
    return [min(values[at : at + FASTEST_OF]) for at in range(0, len(values), FASTEST_OF)]


def loop_ratios(turns: int, calls: int, empty_seconds: float) -> tuple[Ratio, Ratio]:
    """Of the measuring loop alone, in this process."""
    timing.warm_up(wait, 0.1)
    sides = {
        "plain": lambda: plain(wait, calls),
        "reported": lambda: statistics.median(timing.measure(wait, 0, at_least=calls)),
        # What an empty call costs in each loop; the difference is the loop's own.
        "plain loop": lambda: plain(nothing, calls * 1000),
        "loop": lambda: empty_seconds * 1e9 / len(timing.measure(nothing, empty_seconds)),
    }
    found = {name: fastest(values) for name, values in _script.in_turn(sides, turns).items()}
    waited = [value / 1e6 for value in found["plain"]]
    beside = [CALL_NS + mine - other for mine, other in zip(found["loop"], found["plain loop"], strict=True)]
    return (
        _script.ratio(
            "reported median of a 0.1 ms call", [one / 1e6 for one in found["reported"]], waited, "ms", limit=LIMIT
        ),
        _script.ratio(
            "0.1 ms and what the loop adds",
            [value / 1e6 for value in beside],
            [CALL_NS / 1e6] * len(beside),
            "ms",
            limit=LIMIT,
        ),
    )


def suite_ratios(rounds: int, seconds: float) -> list[Ratio]:
    """Of known sessions through the whole suite."""
    here = str(Path(__file__).resolve().parent)
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (here, os.environ.get("PYTHONPATH", ""))))
    candidates = [
        Candidate(
            model=f"{known} ms",
            runtime="known",
            kind=Kind.FACTORY,
            target=f"{Path(__file__).stem}:{make.__name__}",
            threads=1,
        )
        for known, make in SLEEPERS.items()
    ]
    with tempfile.TemporaryDirectory(prefix="edgefer-overhead-") as place:
        faces = Path(place) / "faces.npy"
        np.save(faces, np.zeros((1, 48, 48), np.uint8))
        result = run_suite(candidates, faces, protocol_for((1,), rounds, seconds, calls=20 * rounds, warm_s=0.02))
    found = []
    for known, row in zip(SLEEPERS, result.rows, strict=True):
        cell = row.cell(1)
        if cell is None or cell.latency is None:
            raise SystemExit(f"error: {row.name} was not measured: {row.why or (cell and cell.why)}")
        medians = cell.latency.rounds_ms
        one = _script.ratio(f"{known} ms through the suite", medians, [float(known)] * len(medians), "ms", limit=LIMIT)
        # What a reader of the result sees is the median over all calls, not over the rounds.
        value = cell.latency.median_ms / known
        found.append(one.model_copy(update={"value": value, "ours": cell.latency.median_ms}))
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    parser = _script.parser(__doc__)
    parser.add_argument("--turns", type=int, default=300, help="of the loop alone; default 300")
    parser.add_argument("--rounds", type=int, default=10, help="of the suite; default 10")
    parser.add_argument(
        "--seconds", type=float, default=4.0, help="at least, of each candidate in the suite; default 4"
    )
    options = parser.parse_args(arguments)
    run = _script.begin(__file__, options, arguments, __doc__)
    run.found(*loop_ratios(options.turns, 20, 0.02))
    run.found(*suite_ratios(options.rounds, options.seconds))
    _script.finish(run)


if __name__ == "__main__":
    main()
