"""The machine and the libraries that a benchmark ran on."""

from __future__ import annotations

import os
import platform
import re
from datetime import datetime, timezone
from importlib import metadata
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from edgefer.benchmark.candidate import all_threads
from edgefer.benchmark.machine_state import MachineState
from edgefer.trt import driver

_LIBRARIES = (
    "edgefer",
    "numpy",
    "onnx",
    "onnxruntime",
    "onnxruntime-gpu",
    "opencv-python",
    "opencv-python-headless",
    "tensorrt",
    "tensorrt-cu12",
    "tensorrt-cu13",
    "tensorrt-rtx",
    "torch",
    "torch-tensorrt",
)


class Environment(BaseModel):
    """Where figures come from.

    date: UTC, ISO 8601. cores: what this process may use, of `cores_of_machine`. load: the load average over one minute
    before the first measurement and after the last; it counts the suite's own work in the second.
    other_work: cores that other processes kept busy on average while the suite ran; None where that cannot be told.
    gpu: the names of the GPUs with their driver, or why there is none.
    before, after: the state of the machine before the first measurement and after the last.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    date: str
    cpu: str
    cores: int
    cores_of_machine: int
    memory_bytes: int | None
    governor: str
    kernel: str
    python: str
    libraries: dict[str, str]
    gpu: str
    load: tuple[float, float]
    other_work: float | None
    before: MachineState | None = None
    after: MachineState | None = None

    def busy(self) -> bool:
        """Whether other processes took more than a twentieth of the cores."""
        return self.other_work is not None and self.other_work > 0.05 * self.cores_of_machine


def record(load_before: float, other_work: float | None) -> Environment:
    """Read everything else now; `load_before` is `load_average()` from before the first measurement."""
    return Environment(
        date=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        cpu=_cpu(),
        cores=all_threads(),
        cores_of_machine=os.cpu_count() or 1,
        memory_bytes=_memory(),
        governor=_text(Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")),
        kernel=f"{platform.system()} {platform.release()} {platform.machine()}",
        python=platform.python_version(),
        libraries=_libraries(),
        gpu=_gpu(),
        load=(load_before, load_average()),
        other_work=other_work,
    )


def load_average() -> float:
    """Load average over one minute; 0 where the system has none."""
    try:
        return os.getloadavg()[0]
    except OSError:
        return 0.0


def _cpu() -> str:
    for pattern, text in (
        (r"^model name\s*:\s*(.+)$", _text(Path("/proc/cpuinfo"))),
        (r"^(.+)$", _text(Path("/proc/device-tree/model")).rstrip("\0")),
    ):
        if found := re.search(pattern, text, re.MULTILINE):
            return found.group(1).strip()
    return platform.processor() or platform.machine()


def _memory() -> int | None:
    found = re.search(r"^MemTotal:\s+(\d+) kB$", _text(Path("/proc/meminfo")), re.MULTILINE)
    return int(found.group(1)) * 1024 if found else None


def _libraries() -> dict[str, str]:
    installed = {found.metadata["Name"].lower(): found.version for found in metadata.distributions() if found.metadata}
    return {name: installed[name] for name in _LIBRARIES if name in installed}


def _gpu() -> str:
    found = driver.probe()
    if not found.present:
        return f"none: {found.problem}"
    names = ", ".join(f"{gpu.name} ({gpu.target})" for gpu in found.gpus)
    return f"{names}; driver {found.version or 'unknown'}, CUDA {found.cuda}"


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace").strip()
    except OSError:
        return ""
