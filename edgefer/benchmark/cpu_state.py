"""What the processor is doing now: clocks, governor, heat."""

from __future__ import annotations

import re
from pathlib import Path
from statistics import fmean

from pydantic import BaseModel, ConfigDict, Field

from edgefer.benchmark.confines import cores
from edgefer.benchmark.sysfs import number, text


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


def read_cpu(root: Path = Path("/")) -> CpuState:
    """Read /proc and /sys below `root`."""
    folders = [root / f"sys/devices/system/cpu/cpu{core}/cpufreq" for core in cores()]
    now = [khz / 1000 for folder in folders if (khz := number(folder / "scaling_cur_freq")) is not None]
    highest = [khz / 1000 for folder in folders if (khz := number(folder / "cpuinfo_max_freq")) is not None]
    governors = sorted({found for folder in folders if (found := text(folder / "scaling_governor"))})
    # Virtual machines have no cpufreq, but x86 ones tell the clock here.
    now = now or [
        float(mhz) for mhz in re.findall(r"^cpu MHz\s*:\s*([\d.]+)$", text(root / "proc/cpuinfo"), re.MULTILINE)
    ]
    return CpuState(
        clock_mhz=fmean(now) if now else None,
        clock_max_mhz=max(highest, default=None),
        governor=", ".join(governors) or None,
        temperatures_c=_temperatures(root),
    )


def _temperatures(root: Path) -> dict[str, float]:
    """Degrees by zone; zones of one type are told apart by their number."""
    found: dict[str, float] = {}
    for zone in sorted((root / "sys/class/thermal").glob("thermal_zone*")):
        millidegrees = number(zone / "temp")
        # A zone that is switched off reads some -256 degrees.
        if millidegrees is None or millidegrees < -100_000:
            continue
        name = text(zone / "type") or zone.name
        found[name if name not in found else f"{name} {zone.name.removeprefix('thermal_zone')}"] = millidegrees / 1000
    return found
