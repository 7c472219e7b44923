"""What the processor is doing now: clocks, governor, heat."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class CpuState(BaseModel):
    """The cores that this process may use, at one moment. None or empty where the system does not tell.

    clock_mhz: the mean over the cores; clock_max_mhz: the highest that any of them can take.
    temperatures_c: degrees Celsius by thermal zone.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    clock_mhz: float | None = None
    clock_max_mhz: float | None = None
    governor: str | None = None
    temperatures_c: dict[str, float] = Field(default_factory=dict)
