"""What one NVIDIA GPU is doing now: clocks, heat, power, and what holds it back."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class GpuState(BaseModel):
    """One GPU at one moment. A field is None where the driver does not tell; `missing` has the reason by field.

    *_clock_mhz: now, and the highest that the GPU can take. power_w: the whole board's draw; power_limit_w: what the
    driver holds it to. held_back: what lowers the clocks, in words; empty when nothing does; `idle` is no brake.
    persistence: whether the driver stays loaded without a client.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    index: int = Field(ge=0)
    name: str
    uuid: str = ""
    sm_clock_mhz: int | None = None
    sm_clock_max_mhz: int | None = None
    memory_clock_mhz: int | None = None
    memory_clock_max_mhz: int | None = None
    temperature_c: int | None = None
    power_w: float | None = None
    power_limit_w: float | None = None
    memory_used_bytes: int | None = None
    held_back: tuple[str, ...] | None = None
    persistence: bool | None = None
    missing: dict[str, str] = Field(default_factory=dict)
