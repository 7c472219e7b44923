"""The state of the machine at one moment: what makes the same program faster or slower from one minute to the next."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from edgefer.benchmark.cpu_state import CpuState
from edgefer.benchmark.gpu_state import GpuState


class JetsonState(BaseModel):
    """How a Jetson is set. power_mode: nvpmodel's name for it, such as `MAXN`. clocks_locked: by jetson_clocks."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    power_mode: str | None = None
    clocks_locked: bool | None = None


class MachineState(BaseModel):
    """One moment. time: UTC, ISO 8601. load: the load average over one minute. jetson: None on other machines.

    missing: by probe (`gpus`, `jetson`), why it has nothing to say.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    time: str
    load: float | None = None
    cpu: CpuState = Field(default_factory=CpuState)
    gpus: tuple[GpuState, ...] = ()
    jetson: JetsonState | None = None
    missing: dict[str, str] = Field(default_factory=dict)
