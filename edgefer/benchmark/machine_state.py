"""The state of the machine at one moment: what makes the same program faster or slower from one minute to the next."""

from __future__ import annotations

import os
from datetime import datetime, timezone

from pydantic import BaseModel, ConfigDict, Field

from edgefer.benchmark import gpu_state
from edgefer.benchmark.cpu_state import CpuState, read_cpu
from edgefer.benchmark.gpu_state import GpuState, read_gpus
from edgefer.benchmark.jetson import JetsonState, read_jetson
from edgefer.benchmark.nvml import Unavailable


class MachineState(BaseModel):
    """One moment. time: UTC, ISO 8601. load: the load average over one minute. jetson: None on other machines.

    missing: why a field has nothing to say; of one GPU's fields, its own `missing`.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    time: str
    load: float | None = None
    cpu: CpuState = Field(default_factory=CpuState)
    gpus: tuple[GpuState, ...] = ()
    jetson: JetsonState | None = None
    missing: dict[str, str] = Field(default_factory=dict)

    @property
    def throttled(self) -> tuple[str, ...]:
        """What lowers a GPU's clocks without anybody's wish, such as `NVIDIA L4: power cap`."""
        return tuple(f"{gpu.name}: {reason}" for gpu in self.gpus for reason in gpu.throttled)


def throttled_between(before: MachineState, after: MachineState) -> tuple[str, ...]:
    """What lowered any GPU's clocks from one reading to the next, such as `NVIDIA L4: power cap for 1.2 s`.

    A reason seen at the second reading counts where the GPU keeps no counters.
    """
    earlier = {gpu.index: gpu for gpu in before.gpus}
    return tuple(
        f"{gpu.name}: {reason}"
        for gpu in after.gpus
        for reason in (gpu_state.throttled_between(earlier.get(gpu.index, gpu), gpu) or gpu.throttled)
    )


def read() -> MachineState:
    """The state now, in a few milliseconds: cheap enough for every round of a suite. Never raises."""
    missing = {}
    gpus: tuple[GpuState, ...] = ()
    try:
        gpus = read_gpus()
    except Unavailable as why:
        missing["gpus"] = str(why)
    load = load_average()
    if load is None:
        missing["load"] = "this system keeps no load average"
    return MachineState(
        time=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        load=load,
        cpu=read_cpu(),
        gpus=gpus,
        jetson=read_jetson(),
        missing=missing,
    )


def load_average() -> float | None:
    """Load average over one minute; None where the system has none."""
    try:
        return os.getloadavg()[0]
    except OSError:
        return None
