"""GPU memory of this process, by what can tell; nothing here makes a CUDA context that was not there.

Before a model is open a process has no context, and its share is 0. Once it has one, a method that does not see it says
nothing rather than 0.
"""

from __future__ import annotations

import ctypes
import os
import sys
from typing import Any

from edgefer.benchmark import device_memory, nvml
from edgefer.benchmark.jetson import is_jetson
from edgefer.benchmark.nvml import Nvml, Unavailable

_LIBRARY = "libcuda.so.1"
# Columns of jtop's table of processes.
_PID, _GPU_KB = 0, 8


def read() -> dict[str, int]:
    """Bytes by method, of those that this machine has."""
    device = device_memory.read() if nvml.has_device() else None
    return {**own(), **({} if device is None else {"GPU device": device})}


def own() -> dict[str, int]:
    """Bytes by method, of those that count this process alone."""
    if not nvml.has_device():
        return {}
    return {**_share("GPU", _nvml()), **_share("jtop GPU", _jtop()), **_torch()}


def has_context(library: Any) -> bool:
    """Whether this process has a CUDA context on any visible GPU, by a loaded libcuda."""
    count = ctypes.c_int()
    # Before cuInit every call fails, and there can be no context.
    if library.cuDeviceGetCount(ctypes.byref(count)):
        return False
    device, flags, active = ctypes.c_int(), ctypes.c_uint(), ctypes.c_int()
    for index in range(count.value):
        library.cuDeviceGet(ctypes.byref(device), index)
        if not library.cuDevicePrimaryCtxGetState(device, ctypes.byref(flags), ctypes.byref(active)) and active.value:
            return True
    return False


def _share(method: str, sizes: list[int] | None) -> dict[str, int]:
    """sizes: this process's entries in a list of GPU processes; None where there is no such list or no size in it."""
    if sizes is None or (not sizes and _context_here()):
        return {}
    return {method: sum(sizes)}


def _context_here() -> bool:
    try:
        # Only if the process has loaded it already: loading it now would be a cost that is not the model's.
        return has_context(ctypes.CDLL(_LIBRARY, mode=os.RTLD_NOLOAD | os.RTLD_NOW))
    except OSError:
        return False


def _nvml() -> list[int] | None:
    try:
        with Nvml() as library:
            used = [
                process.usedGpuMemory
                for handle in library.handles()
                for process in library.ask("nvmlDeviceGetComputeRunningProcesses", handle)
                if process.pid == os.getpid()
            ]
    except Unavailable:
        return None
    # NVML names no size under WSL and on Jetson, and other pids in containers with a PID namespace of their own.
    return None if None in used else used


def _jtop() -> list[int] | None:
    if not is_jetson():
        return None
    try:
        from jtop import jtop
    except ImportError:
        return None
    try:
        with jtop() as jetson:
            # What it holds at first may be older than the model; this waits for the service's next reading.
            jetson.ok()
            return [row[_GPU_KB] * 1024 for row in jetson.processes if row[_PID] == os.getpid()]
    except Exception:  # noqa: BLE001 - a service that is off, of another version or not for this user raises many kinds
        return None


def _torch() -> dict[str, int]:
    torch = sys.modules.get("torch")
    if torch is None or torch.version.cuda is None:
        return {}
    # Asking about an allocator that is not there yet would make a context.
    begun = torch.cuda.is_initialized()
    return {
        "torch allocated": int(torch.cuda.max_memory_allocated()) if begun else 0,
        "torch reserved": int(torch.cuda.max_memory_reserved()) if begun else 0,
    }
