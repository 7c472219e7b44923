"""The machine and the libraries that a benchmark ran on."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Sequence
from datetime import datetime, timezone
from importlib import metadata
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from edgefer.benchmark import confines, machine_state
from edgefer.benchmark.machine_state import MachineState
from edgefer.benchmark.sysfs import text
from edgefer.trt import driver

_LIBRARIES = (
    "edgefer",
    "cuda-bindings",
    "jetson-stats",
    "numpy",
    "nvidia-ml-py",
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

    date: UTC, ISO 8601. cores: what this process may run on, of `cores_of_machine`. cpu_quota: cores' worth of time that
    its container grants; None where unlimited. load: the load average over one minute before the first measurement and
    after the last; it counts the suite's own work in the second. other_work: cores that other processes kept busy on
    average while the suite ran; None where that cannot be told.
    gpu: the names of the GPUs with their driver, or why there is none; gpus, driver: the same as facts.
    container, virtual_machine: what this runs in; empty on real hardware as far as can be told.
    before, after: the state of the machine before the first measurement and after the last; during: after each round.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    date: str
    cpu: str
    cores: int
    cores_of_machine: int
    cpu_quota: float | None = None
    memory_bytes: int | None
    governor: str
    kernel: str
    python: str
    libraries: dict[str, str]
    gpu: str
    gpus: tuple[str, ...] = ()
    driver: str = ""
    container: str = ""
    virtual_machine: str = ""
    load: tuple[float, float]
    other_work: float | None
    before: MachineState | None = None
    after: MachineState | None = None
    during: tuple[MachineState, ...] = ()

    def busy(self) -> bool:
        """Whether other processes took more than a twentieth of the cores."""
        return self.other_work is not None and self.other_work > 0.05 * self.cores_of_machine


def record(before: MachineState, other_work: float | None, during: Sequence[MachineState] = ()) -> Environment:
    """Read everything else now, after the last measurement; `before` and `during` are `machine_state.read()` of then."""
    after = machine_state.read()
    gpu = driver.probe()
    return Environment(
        date=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        cpu=processor(),
        cores=len(confines.cores()),
        cores_of_machine=os.cpu_count() or 1,
        cpu_quota=confines.cpu_quota(),
        memory_bytes=memory_bytes(),
        governor=after.cpu.governor or "",
        kernel=f"{platform.system()} {platform.release()} {platform.machine()}",
        python=platform.python_version(),
        libraries=_libraries(),
        gpu=_gpu(gpu),
        gpus=tuple(one.name for one in gpu.gpus),
        driver=gpu.version,
        container=confines.container(),
        virtual_machine=confines.virtual_machine(),
        load=(before.load or 0.0, after.load or 0.0),
        other_work=other_work,
        before=before,
        after=after,
        during=tuple(during),
    )


def processor() -> str:
    """The processor's name, as far as the system tells it."""
    for pattern, content in (
        (r"^model name\s*:\s*(.+)$", text(Path("/proc/cpuinfo"))),
        (r"^(.+)$", text(Path("/proc/device-tree/model"))),
    ):
        if found := re.search(pattern, content, re.MULTILINE):
            return found.group(1).strip()
    return platform.processor() or platform.machine()


def memory_bytes() -> int | None:
    """Memory of the machine; None where the system does not tell."""
    found = re.search(r"^MemTotal:\s+(\d+) kB$", text(Path("/proc/meminfo")), re.MULTILINE)
    return int(found.group(1)) * 1024 if found else None


def _libraries() -> dict[str, str]:
    installed = {found.metadata["Name"].lower(): found.version for found in metadata.distributions() if found.metadata}
    return {name: installed[name] for name in _LIBRARIES if name in installed}


def _gpu(found: driver.Driver) -> str:
    if not found.present:
        return f"none: {found.problem}"
    names = ", ".join(f"{gpu.name} ({gpu.target})" for gpu in found.gpus)
    return f"{names}; driver {found.version or 'unknown'}, CUDA {found.cuda}"
