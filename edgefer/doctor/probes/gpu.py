"""The NVIDIA GPU, its driver, and what holds it back now."""

from __future__ import annotations

import os
import platform
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from edgefer.benchmark import confines
from edgefer.benchmark.nvml import Unavailable, has_device
from edgefer.benchmark.sysfs import text
from edgefer.doctor.finding import Finding, Group, Mark
from edgefer.trt import driver as driver_module
from edgefer.trt.driver import Gpu

if TYPE_CHECKING:
    from edgefer.benchmark.gpu_state import GpuState

_NVIDIA, _DISPLAYS = "0x10de", "0x03"


def driver(root: Path = Path("/")) -> list[Finding]:
    """The driver with the CUDA that it supports, and each GPU with its compute capability."""
    found = driver_module.probe()
    details = {"version": found.version, "cuda": found.cuda, "problem": found.problem}
    if found.present:
        fact = f"NVIDIA {found.version or 'of unknown version'}, for CUDA up to {found.cuda}"
        gpus = [_gpu(index, gpu) for index, gpu in enumerate(found.gpus)]
        return [*gpus, Finding(Group.GPU, "driver", Mark.OK, fact, details=details)]
    if driver_module.library() is None and not _hardware(root):
        fact = "no NVIDIA GPU here: models run on the processor"
        return [Finding(Group.GPU, "GPU", Mark.ABSENT, fact, details=details)]
    return [Finding(Group.GPU, "driver", Mark.WARNING, found.problem, _fix(root), (), details)]


def state() -> list[Finding]:
    """What holds a GPU back; nothing where there is none, and no row for one that runs freely."""
    if not has_device():
        return []
    from edgefer.benchmark.gpu_state import read_gpus  # pydantic, which takes longer than most probes

    try:
        return [one for gpu in read_gpus() for one in _state(gpu)]
    except Unavailable as why:
        if _is_jetson():  # NVML is missing there, or knows little
            return []
        fact = f"clocks, heat and memory cannot be read: {str(why).partition(': pip')[0]}"
        return [Finding(Group.GPU, "state", Mark.WARNING, fact, "pip install --upgrade nvidia-ml-py")]


def _gpu(index: int, gpu: Gpu) -> Finding:
    digits = gpu.target.removeprefix("sm")
    capability = f"{digits[:-1]}.{digits[-1:]}"
    fact = f"{gpu.name}, compute capability {capability} ({gpu.target}), {gpu.memory_bytes / 1e9:.1f} GB"
    details = {"gpus": [{"name": gpu.name, "target": gpu.target, "memory_bytes": gpu.memory_bytes}]}
    return Finding(Group.GPU, f"GPU {index}", Mark.OK, fact, details=details)


def _state(gpu: GpuState) -> list[Finding]:
    if not gpu.throttled:
        return []
    fact = f"{gpu.name} is held back now by {', '.join(gpu.throttled)}"
    fix = f"let it cool or look at its power: nvidia-smi -q -i {gpu.index} -d PERFORMANCE,POWER,TEMPERATURE"
    return [Finding(Group.GPU, f"GPU {gpu.index} state", Mark.WARNING, fact, fix)]


def _is_jetson(root: Path = Path("/")) -> bool:
    from edgefer.benchmark.jetson import is_jetson

    return is_jetson(root)


def _hardware(root: Path) -> bool:
    """Whether the kernel sees an NVIDIA GPU, on the PCI bus or in a Jetson."""
    devices = (root / "sys/bus/pci/devices").glob("*")
    return any(
        text(device / "vendor") == _NVIDIA and text(device / "class").startswith(_DISPLAYS) for device in devices
    ) or _is_jetson(root)


def _fix(root: Path) -> str:
    """What to type where a GPU is there and cannot be used."""
    if os.environ.get("CUDA_VISIBLE_DEVICES") is not None and driver_module.library() is not None:
        return "unset CUDA_VISIBLE_DEVICES"
    if confines.container(root):
        return "start the container with its GPUs: docker run --gpus all (a Jetson: --runtime nvidia)"
    if _is_jetson(root):
        return "sudo apt install --reinstall nvidia-l4t-cuda && sudo reboot"
    if driver_module.library() is not None:
        return "sudo reboot"  # kernel module and library are of different versions until then
    if shutil.which("ubuntu-drivers"):
        return "sudo ubuntu-drivers install && sudo reboot"
    try:
        debian = platform.freedesktop_os_release().get("ID") == "debian"
    except OSError:
        debian = False
    return "sudo apt install nvidia-driver && sudo reboot" if debian else "get it from https://www.nvidia.com/drivers"
