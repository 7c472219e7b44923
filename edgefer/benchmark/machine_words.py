"""The machine of a benchmark in words: what it is, what it runs, and how it was before and after."""

from __future__ import annotations

from collections.abc import Iterator

from edgefer.benchmark.environment import Environment
from edgefer.benchmark.gpu_state import GpuState
from edgefer.benchmark.machine_state import MachineState

Pair = tuple[str, str]


def machine(environment: Environment) -> list[Pair]:
    """Names and values; what the machine does not tell is left out."""
    cores = f"{environment.cores} of {environment.cores_of_machine}"
    if environment.cpu_quota is not None:
        cores += f", worth {environment.cpu_quota:g} by the container's quota"
    pairs = [
        ("date", environment.date),
        ("processor", environment.cpu),
        ("cores used", cores),
        ("memory", f"{environment.memory_bytes / 1e9:.1f} GB" if environment.memory_bytes else ""),
        ("GPU", environment.gpu),
        ("system", environment.kernel),
        ("inside", ", ".join(one for one in (environment.container, environment.virtual_machine) if one)),
        ("Python", environment.python),
        ("libraries", ", ".join(f"{name} {version}" for name, version in environment.libraries.items())),
        ("CPU governor", environment.governor),
        ("load average before, after", f"{environment.load[0]:.2f}, {environment.load[1]:.2f}"),
        (
            "cores busy with other work",
            "" if environment.other_work is None else f"{environment.other_work:.2f} on average",
        ),
        *_moments(environment),
    ]
    return [(name, value) for name, value in pairs if value]


def _moments(environment: Environment) -> Iterator[Pair]:
    for when, state in (("before", environment.before), ("after", environment.after)):
        if state is not None:
            yield f"processor {when}", _cpu(state)
            for gpu in state.gpus:
                yield f"GPU {gpu.index} {when}", _gpu(gpu)
    state = environment.before
    if state is not None and state.jetson is not None:
        locked = {True: ", clocks locked", False: ", clocks not locked", None: ""}[state.jetson.clocks_locked]
        yield "Jetson power mode", f"{state.jetson.power_mode or 'unknown'}{locked}"


def _cpu(state: MachineState) -> str:
    cpu = state.cpu
    heat = max(cpu.temperatures_c.values(), default=None)
    return _joined(
        None if cpu.clock_mhz is None else f"{cpu.clock_mhz:.0f} MHz{_of(cpu.clock_max_mhz)}",
        None if heat is None else f"at most {heat:.0f} °C",
    )


def _gpu(gpu: GpuState) -> str:
    return _joined(
        None if gpu.sm_clock_mhz is None else f"{gpu.sm_clock_mhz} MHz{_of(gpu.sm_clock_max_mhz)}",
        None if gpu.temperature_c is None else f"{gpu.temperature_c} °C",
        None if gpu.power_w is None else f"{gpu.power_w:.0f} W{_of(gpu.power_limit_w)}",
        ", ".join(f"held back by {reason}" for reason in gpu.held_back or ()) or None,
    )


def _of(most: float | None) -> str:
    return "" if most is None else f" of {most:.0f}"


def _joined(*known: str | None) -> str:
    return ", ".join(part for part in known if part)
