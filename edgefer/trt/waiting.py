"""How this process waits for its GPU: asking again and again (spinning), or asleep until the driver wakes it.

Spinning answers some microseconds sooner and keeps a core busy. It is a flag of the context that all CUDA libraries of a
process share, so it is set with the driver itself: https://docs.nvidia.com/cuda/cuda-driver-api (primary context).
"""

from __future__ import annotations

import ctypes
from typing import Any

from edgefer.trt import driver

# CUctx_flags
_SPIN, _BLOCKING, _SCHEDULING = 0x01, 0x04, 0x07


def wait_spinning(spin: bool = True) -> bool:
    """Let this process wait for the first GPU by spinning, or by sleeping; whether the driver took that."""
    library, device = _first_gpu()
    if library is None:
        return False
    return not library.cuDevicePrimaryCtxSetFlags_v2(device, ctypes.c_uint(_SPIN if spin else _BLOCKING))


def spins() -> bool | None:
    """Whether this process waits for the first GPU by spinning; None where that is the driver's own choice, or no GPU."""
    library, device = _first_gpu()
    if library is None:
        return None
    flags, active = ctypes.c_uint(), ctypes.c_int()
    if library.cuDevicePrimaryCtxGetState(device, ctypes.byref(flags), ctypes.byref(active)):
        return None
    return {_SPIN: True, _BLOCKING: False}.get(flags.value & _SCHEDULING)


def _first_gpu() -> tuple[Any, ctypes.c_int]:
    """The driver's library and its first device; None without a driver that starts."""
    library, device = driver.library(), ctypes.c_int()
    if library is None or library.cuInit(0) or library.cuDeviceGet(ctypes.byref(device), 0):
        return None, device
    return library, device
