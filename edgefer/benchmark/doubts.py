"""What makes the figures of a run doubtful: spread, drift, throttling, neighbours, tails, and what hides the network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from edgefer.benchmark.contrast import drift
from edgefer.benchmark.environment import Environment
from edgefer.benchmark.figures import UNSTABLE, Cell, Latency, Parts, Verdict, VerdictKind
from edgefer.benchmark.formats import milliseconds
from edgefer.benchmark.machine_state import MachineState, throttled_between
from edgefer.benchmark.result import BenchmarkResult, Row

# As trtexec warns.
_ENQUEUE_SHARE = 0.8
# A tail of twice the median is an ordinary scheduler's; beyond this a deadline must be set by the tail.
_TAIL = 3.0
# A clock reading differs by some percent from the one before it.
_CLOCK_FELL = 0.9
_NAMED = 3


def doubts(result: BenchmarkResult) -> Iterator[Verdict]:
    """Everything that a reader of this run must know before its figures; nothing about what they say."""
    yield from _busy(result.environment)
    yield from _throttled(result)
    yield from _unstable(result)
    yield from _trends(result)
    yield from _tails(result)
    yield from _bound(result)


def bounds(parts: Parts, cuda_graph: bool) -> Iterator[str]:
    """What holds the network back, by the limits at which trtexec warns."""
    compute = parts.compute.median_ms
    if parts.enqueue.median_ms > _ENQUEUE_SHARE * compute:
        graph = "" if cuda_graph else "; a CUDA graph queues it in one call"
        yield (
            f"the host takes {milliseconds(parts.enqueue.median_ms)} ms to queue what the GPU computes in "
            f"{milliseconds(compute)} ms{graph}"
        )
    for name, part in (("pixels to the GPU", parts.h2d), ("logits back", parts.d2h)):
        if part.median_ms >= compute:
            yield (
                f"copying {name} takes {milliseconds(part.median_ms)} ms, the network itself {milliseconds(compute)} ms"
            )


def _measured(result: BenchmarkResult) -> Iterator[tuple[Row, Cell, Latency]]:
    for row in result.rows:
        for cell in row.cells:
            if cell.latency is not None:
                yield row, cell, cell.latency


def _busy(machine: Environment) -> Iterator[Verdict]:
    if machine.busy():
        text = (
            f"other processes kept {machine.other_work:.1f} of {machine.cores_of_machine} cores busy meanwhile: "
            "measure again on an idle machine"
        )
        yield Verdict(kind=VerdictKind.BUSY, rows=(), text=text)


def _throttled(result: BenchmarkResult) -> Iterator[Verdict]:
    machine = result.environment
    on_gpu = tuple(row.name for row in result.rows if row.setup is not None and row.setup.device != "cpu")
    on_cpu = tuple(row.name for row in result.rows if row.cells and row.name not in on_gpu)
    reasons = [*_gpu_brakes(machine)] if on_gpu else []
    for names, found in ((on_gpu, reasons), (on_cpu, [*_cpu_brakes(machine)] if on_cpu else [])):
        if found:
            text = f"throttled: {'; '.join(found)}: what was measured is the machine's cooling or its power supply"
            yield Verdict(kind=VerdictKind.THROTTLED, rows=names, text=text)


def _gpu_brakes(machine: Environment) -> Iterator[str]:
    states = _states(machine)
    counted = throttled_between(states[0], states[-1]) if len(states) > 1 else ()
    # Counters have the looks in them.
    yield from counted or dict.fromkeys(reason for state in states for reason in state.throttled)
    # Before the first round and after the last a GPU may be at rest, with a lower clock.
    for looks in zip(*(state.gpus for state in machine.during), strict=False):
        clocks = [gpu.sm_clock_mhz for gpu in looks if gpu.sm_clock_mhz is not None]
        if clocks and _fell(max(clocks), clocks[-1]):
            yield f"the clock of {looks[0].name} fell from {max(clocks)} to {clocks[-1]} MHz from round to round"


def _cpu_brakes(machine: Environment) -> Iterator[str]:
    clocks = [state.cpu.clock_mhz for state in _states(machine) if state.cpu.clock_mhz is not None]
    # Any other governor lowers the clock whenever there is nothing to do.
    if machine.governor == "performance" and clocks and _fell(max(clocks), clocks[-1]):
        yield f"the CPU's clock fell from {max(clocks):.0f} to {clocks[-1]:.0f} MHz under the governor performance"


def _states(machine: Environment) -> list[MachineState]:
    return [state for state in (machine.before, *machine.during, machine.after) if state is not None]


def _fell(before: float, after: float) -> bool:
    return after < _CLOCK_FELL * before


def _unstable(result: BenchmarkResult) -> Iterator[Verdict]:
    found = [
        (latency.variation or 0.0, row.name, f"{_place(row, cell)}: {latency.variation:.1%}")
        for row, cell, latency in _measured(result)
        if latency.unstable
    ]
    if found:
        text = (
            f"unstable: rounds vary by more than {UNSTABLE:.1%} ({_worst(found)}): trust ratios, which compare rows within "
            f"each round, more than milliseconds; {_steadier(result)}"
        )
        yield Verdict(kind=VerdictKind.UNSTABLE, rows=_names(name for _, name, _ in found), text=text)


def _steadier(result: BenchmarkResult) -> str:
    machine = result.environment
    if machine.after is not None and machine.after.jetson is not None:
        return "lock the clocks with: sudo jetson_clocks"
    if any(row.setup is not None and row.setup.device != "cpu" for row in result.rows):
        return "lock the GPU's clock with: sudo nvidia-smi -lgc MHZ"
    if machine.governor not in ("", "performance"):
        return "keep the clock up with: sudo cpupower frequency-set -g performance"
    return "close other programs, or take more: --rounds 20"


def _trends(result: BenchmarkResult) -> Iterator[Verdict]:
    drifts = [(drift(latency.rounds_ms), row, cell) for row, cell, latency in _measured(result)]
    for slower in (True, False):
        found = [
            (abs(change), row.name, f"{_place(row, cell)}: {abs(change):.1%}")
            for change, row, cell in drifts
            if change is not None and abs(change) > UNSTABLE and (change > 0) == slower
        ]
        if found:
            word = "slower" if slower else "faster"
            why = "the machine heats up, or runs out of boost" if slower else "it was not warm at the first round"
            text = f"drift: {word} from round to round, from the first to the last by: {_worst(found)}; {why}"
            yield Verdict(kind=VerdictKind.TREND, rows=_names(name for _, name, _ in found), text=text)


def _tails(result: BenchmarkResult) -> Iterator[Verdict]:
    found = []
    for row, cell, latency in _measured(result):
        if latency.p99_ms is not None and latency.p99_ms > _TAIL * latency.median_ms:
            text = f"{_place(row, cell)}: {milliseconds(latency.p99_ms)} ms against {milliseconds(latency.median_ms)}"
            found.append((latency.p99_ms / latency.median_ms, row.name, text))
    if found:
        text = (
            f"long tails: one call in a hundred takes more than {_TAIL:.0f} times the median ({_worst(found)}): set "
            "deadlines by p99"
        )
        yield Verdict(kind=VerdictKind.TAIL, rows=_names(name for _, name, _ in found), text=text)


def _bound(result: BenchmarkResult) -> Iterator[Verdict]:
    for row, cell, _ in _measured(result):
        graph = row.setup is not None and row.setup.cuda_graph
        for text in bounds(cell.parts, graph) if cell.parts is not None else ():
            yield Verdict(kind=VerdictKind.BOUND, rows=(row.name,), text=f"{_place(row, cell)}: {text}")


def _place(row: Row, cell: Cell) -> str:
    return f"{row.name}, batch {cell.batch}"


def _worst(found: Iterable[tuple[float, str, str]]) -> str:
    """The few largest, in words."""
    ordered = [text for _, _, text in sorted(found, key=lambda one: -one[0])]
    more = f"; and {len(ordered) - _NAMED} more" if len(ordered) > _NAMED else ""
    return "; ".join(ordered[:_NAMED]) + more


def _names(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
