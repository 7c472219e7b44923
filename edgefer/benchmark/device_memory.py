"""Memory in use on the whole GPU, asked by a process of its own.

The driver answers (cuMemGetInfo, which cudaMemGetInfo passes on) only to a process with a CUDA context, and a context
takes some hundred MB on both sides. A worker that made one to read what is in use before its model is open would hide
that cost in the baseline. So this file is also a script: it makes its own context, prints the bytes and ends, and since
every reading holds one such context, a difference of two holds none. It imports nothing but the standard library.
"""

from __future__ import annotations

import ctypes
import subprocess
import sys
from typing import Any

_LIBRARY = "libcuda.so.1"
_LIMIT_S = 30.0


def read() -> int | None:
    """Bytes in use on the first visible GPU, one bare CUDA context included; None when the driver does not tell."""
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", __file__], capture_output=True, text=True, timeout=_LIMIT_S, check=False
        )
        return int(done.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None


def used(library: Any) -> int:
    """Bytes in use by a loaded libcuda (anything with its functions); raises OSError when a call fails."""

    def call(function: str, *arguments: Any) -> None:
        if code := getattr(library, function)(*arguments):
            raise OSError(f"{function} says {code}")

    device, context = ctypes.c_int(), ctypes.c_void_p()
    free, total = ctypes.c_size_t(), ctypes.c_size_t()
    call("cuInit", 0)
    call("cuDeviceGet", ctypes.byref(device), 0)
    call("cuDevicePrimaryCtxRetain", ctypes.byref(context), device)
    call("cuCtxSetCurrent", context)
    call("cuMemGetInfo_v2", ctypes.byref(free), ctypes.byref(total))
    return total.value - free.value


if __name__ == "__main__":
    print(used(ctypes.CDLL(_LIBRARY)))  # noqa: T201 - the answer of the script
