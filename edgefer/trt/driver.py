"""Is there an NVIDIA driver with a GPU? Asked of libcuda directly, before any TensorRT object is made.

Without a driver, TensorRT's Builder raises a bare TypeError, the lean runtime crashes the process and TensorRT-RTX
returns None, so this comes first. It needs no package: only the driver's own library.
"""

from __future__ import annotations

import ctypes
import functools
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_LIBRARY = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
_KERNEL_MODULE = Path("/proc/driver/nvidia/version")
_MAJOR, _MINOR = 75, 76  # CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR and _MINOR


@dataclass(frozen=True)
class Gpu:
    """One visible GPU; `target` is its compute capability as `sm89`."""

    name: str
    target: str
    memory_bytes: int


@dataclass(frozen=True)
class Driver:
    """version: of the driver, such as `580.65.06` (empty when it does not say). cuda: the newest CUDA it supports.

    problem: why no GPU can be used; empty when one can.
    """

    gpus: tuple[Gpu, ...] = ()
    version: str = ""
    cuda: str = ""
    problem: str = ""

    @property
    def present(self) -> bool:
        """Whether a GPU can be used."""
        return bool(self.gpus)


@functools.cache
def probe() -> Driver:
    """What the driver says, asked once a process. Honours CUDA_VISIBLE_DEVICES. Never raises."""
    found = library()
    return Driver(problem="no NVIDIA driver is installed") if found is None else query(found)


def library() -> Any:
    """The driver's own library, loaded; None where there is none."""
    try:
        return ctypes.CDLL(_LIBRARY)
    except OSError:
        return None


def query(library: Any) -> Driver:
    """Ask a loaded libcuda (anything with its functions)."""
    code = library.cuInit(0)
    if code:
        return Driver(problem=f"the NVIDIA driver does not start (cuInit says {code})")
    number = ctypes.c_int()
    library.cuDriverGetVersion(ctypes.byref(number))
    cuda = f"{number.value // 1000}.{number.value % 1000 // 10}"
    if library.cuDeviceGetCount(ctypes.byref(number)) or not number.value:
        return Driver(version=_version(), cuda=cuda, problem="the NVIDIA driver sees no GPU")
    return Driver(tuple(_gpu(library, index) for index in range(number.value)), _version(), cuda)


def _gpu(library: Any, index: int) -> Gpu:
    device, name, memory = ctypes.c_int(), ctypes.create_string_buffer(256), ctypes.c_size_t()
    major, minor = ctypes.c_int(), ctypes.c_int()
    library.cuDeviceGet(ctypes.byref(device), index)
    library.cuDeviceGetName(name, len(name), device)
    library.cuDeviceTotalMem_v2(ctypes.byref(memory), device)
    library.cuDeviceGetAttribute(ctypes.byref(major), _MAJOR, device)
    library.cuDeviceGetAttribute(ctypes.byref(minor), _MINOR, device)
    return Gpu(name.value.decode(errors="replace"), f"sm{major.value}{minor.value}", memory.value)


def _version() -> str:
    try:
        text = _KERNEL_MODULE.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    found = re.search(r"\b\d{3}\.\d+(\.\d+)?\b", text)
    return found.group() if found else ""
