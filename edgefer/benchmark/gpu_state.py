"""What one NVIDIA GPU is doing now: clocks, heat, power, and what holds it back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from edgefer.benchmark.nvml import Nvml, Unavailable

# nvmlClocksEventReasons*, called nvmlClocksThrottleReasons* before driver 535. Idleness, bit 1, holds nothing back.
_REASONS = {
    0x2: "clocks set by the user",
    0x4: "power cap",
    0x8: "hardware slowdown",
    0x10: "sync boost",
    0x20: "thermal slowdown by the driver",
    0x40: "thermal slowdown by the hardware",
    0x80: "power brake",
    0x100: "display clock setting",
}
_IDLE = 0x1
_THROTTLING = tuple(_REASONS[bit] for bit in (0x4, 0x8, 0x20, 0x40, 0x80))


class GpuState(BaseModel):
    """One GPU at one moment. A field is None where the driver does not tell; `missing` has the reason by field.

    *_clock_mhz: now, and the highest that the GPU can take. power_w: the whole board's draw; power_limit_w: what the
    driver holds it to. held_back: what lowers the clocks at this moment, in words; empty when nothing does but idleness.
    power_capped_s, heat_slowed_s: how long, since the driver was loaded, power or heat has lowered the clocks.
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
    power_capped_s: float | None = None
    heat_slowed_s: float | None = None
    persistence: bool | None = None
    missing: dict[str, str] = Field(default_factory=dict)

    @property
    def throttled(self) -> tuple[str, ...]:
        """Of `held_back`, what nobody chose: heat, power, or the hardware's own guard."""
        return tuple(reason for reason in self.held_back or () if reason in _THROTTLING)


def throttled_between(before: GpuState, after: GpuState) -> tuple[str, ...]:
    """What lowered the clocks of one GPU from one reading to the next, by its counters, in words with the seconds.

    Clocks recover within milliseconds of the work's end, so `held_back` after it may be empty all the same.
    """
    counters = {
        "power cap": (before.power_capped_s, after.power_capped_s),
        "heat": (before.heat_slowed_s, after.heat_slowed_s),
    }
    return tuple(
        f"{what} for {end - begin:.2g} s"
        for what, (begin, end) in counters.items()
        if begin is not None and end is not None and end > begin
    )


def read_gpus() -> tuple[GpuState, ...]:
    """Every GPU of the machine as NVML sees it; raises Unavailable where NVML does not start or counts none."""
    with Nvml() as nvml:
        return tuple(_read(nvml, index) for index in range(nvml.ask("nvmlDeviceGetCount")))


def reasons(bits: int) -> tuple[str, ...]:
    """NVML's bits in words; one that is not known here is named by its number."""
    unknown = bits & ~(_IDLE | sum(_REASONS))
    named = [words for bit, words in _REASONS.items() if bits & bit]
    return (*named, *([f"reason {unknown:#x}"] if unknown else []))


def _read(nvml: Nvml, index: int) -> GpuState:
    try:
        handle = nvml.ask("nvmlDeviceGetHandleByIndex", index)
    except Unavailable as why:
        # A GPU that fell off the bus is counted, but has no handle.
        return GpuState(index=index, name=f"GPU {index}", missing={"name": str(why)})
    sm, memory = nvml.constant("NVML_CLOCK_SM"), nvml.constant("NVML_CLOCK_MEM")
    probes: dict[str, Callable[[], Any]] = {
        "name": lambda: nvml.ask("nvmlDeviceGetName", handle),
        "uuid": lambda: nvml.ask("nvmlDeviceGetUUID", handle),
        "sm_clock_mhz": lambda: nvml.ask("nvmlDeviceGetClockInfo", handle, sm),
        "sm_clock_max_mhz": lambda: nvml.ask("nvmlDeviceGetMaxClockInfo", handle, sm),
        "memory_clock_mhz": lambda: nvml.ask("nvmlDeviceGetClockInfo", handle, memory),
        "memory_clock_max_mhz": lambda: nvml.ask("nvmlDeviceGetMaxClockInfo", handle, memory),
        "temperature_c": lambda: _temperature(nvml, handle),
        "power_w": lambda: nvml.ask("nvmlDeviceGetPowerUsage", handle) / 1000,
        "power_limit_w": lambda: nvml.ask("nvmlDeviceGetEnforcedPowerLimit", handle) / 1000,
        "memory_used_bytes": lambda: nvml.ask("nvmlDeviceGetMemoryInfo", handle).used,
        "held_back": lambda: reasons(_event_reasons(nvml, handle)),
        "power_capped_s": lambda: _lowered_s(nvml, handle, "NVML_PERF_POLICY_POWER"),
        "heat_slowed_s": lambda: _lowered_s(nvml, handle, "NVML_PERF_POLICY_THERMAL"),
        "persistence": lambda: bool(nvml.ask("nvmlDeviceGetPersistenceMode", handle)),
    }
    answers = {field: _attempt(probe) for field, probe in probes.items()}
    found = {field: value for field, (value, why) in answers.items() if not why}
    missing = {field: why for field, (_, why) in answers.items() if why}
    return GpuState(index=index, missing=missing, **{"name": f"GPU {index}", **found})


def _attempt(probe: Callable[[], Any]) -> tuple[Any, str]:
    """What the probe finds, or why it finds nothing."""
    try:
        return probe(), ""
    except Unavailable as why:
        return None, str(why)


def _temperature(nvml: Nvml, handle: Any) -> Any:
    sensor = nvml.constant("NVML_TEMPERATURE_GPU")
    try:
        return nvml.ask("nvmlDeviceGetTemperature", handle, sensor)
    except Unavailable:
        # The call that replaces it, from CUDA 14 the only one.
        return nvml.ask("nvmlDeviceGetTemperatureV", handle, sensor)


def _lowered_s(nvml: Nvml, handle: Any, policy: str) -> float:
    # The struct's violationTime is in nanoseconds.
    return int(nvml.ask("nvmlDeviceGetViolationStatus", handle, nvml.constant(policy)).violationTime) / 1e9


def _event_reasons(nvml: Nvml, handle: Any) -> int:
    try:
        bits: int = nvml.ask("nvmlDeviceGetCurrentClocksEventReasons", handle)
    except Unavailable:
        bits = nvml.ask("nvmlDeviceGetCurrentClocksThrottleReasons", handle)
    return bits
