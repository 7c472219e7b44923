"""How a Jetson is set: NVIDIA's power modes and locked clocks, which decide its speed more than anything else."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from edgefer.benchmark.nvml import Unavailable
from edgefer.benchmark.sysfs import number, text

_LIMIT_S = 5.0


class JetsonState(BaseModel):
    """How it is set; a field is None where that cannot be told, and `missing` has the reason by field.

    power_mode: nvpmodel's name for it, such as `MAXN` or `15W`. clocks_locked: whether the CPUs and the GPU are held at
    one clock each, as jetson_clocks does.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    power_mode: str | None = None
    clocks_locked: bool | None = None
    missing: dict[str, str] = Field(default_factory=dict)


def is_jetson(root: Path = Path("/")) -> bool:
    """Whether the device tree names an NVIDIA Tegra."""
    return "nvidia,tegra" in text(root / "proc/device-tree/compatible")


def read_jetson(root: Path = Path("/")) -> JetsonState | None:
    """The state below `root`; None on a machine that is no Jetson."""
    if not is_jetson(root):
        return None
    missing = {}
    mode = None
    try:
        mode = _power_mode()
    except Unavailable as why:
        missing["power_mode"] = str(why)
    locked = _locked(root)
    if locked is None:
        missing["clocks_locked"] = "the kernel shows no range of clocks"
    return JetsonState(power_mode=mode, clocks_locked=locked, missing=missing)


def _power_mode() -> str:
    """`nvpmodel -q` answers `NV Power Mode: MAXN` and the mode's number on a line of its own."""
    program = shutil.which("nvpmodel")
    if program is None:
        raise Unavailable("nvpmodel is not on the PATH")
    try:
        done = subprocess.run([program, "-q"], capture_output=True, text=True, timeout=_LIMIT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"nvpmodel -q did not answer ({type(error).__name__})") from error
    found = re.search(r"NV Power Mode:\s*(.+)", done.stdout)
    if found is None:
        raise Unavailable("nvpmodel -q names no mode; it may need root")
    return found.group(1).strip()


def _locked(root: Path) -> bool | None:
    cpus = [
        (number(policy / "scaling_min_freq"), number(policy / "scaling_max_freq"))
        for policy in (root / "sys/devices/system/cpu/cpufreq").glob("policy*")
    ]
    gpus = [
        (number(folder / "min_freq"), number(folder / "max_freq"))
        for folder in (root / "sys/class/devfreq").glob("*")
        if re.search(r"gpu|gv11b|ga10b|gb10b|gp10b", folder.name)
    ]
    ranges = [(low, high) for low, high in [*cpus, *gpus] if low is not None and high is not None]
    return all(low == high for low, high in ranges) if ranges else None
