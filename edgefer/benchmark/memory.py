"""Memory of this process, each reading with the name of its method; `memory_methods.METHODS` says what each counts."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import re
import sys
from pathlib import Path

from edgefer.benchmark import gpu_memory

PROC = Path("/proc/self")


def read() -> dict[str, int]:
    """Bytes by method, in the order of `METHODS`; methods that this machine does not have are absent."""
    # What reads the GPU is itself in RAM, and must be so at every reading.
    gpu = gpu_memory.read()
    return {**_smaps(), **_peak(), **gpu}


def settle() -> bool:
    """Make the next reading an honest idle one: what it has is in use, and the peak begins anew.

    Memory that was freed by the imports still counts as the process's and would be given to the model for nothing, so
    it goes back to the system first. Returns False where the kernel does not let a process reset its peak.
    """
    gpu_memory.own()
    trim()
    return reset_peak()


def trim() -> None:
    """Give memory that was freed back to the system, as far as the C library can."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def reset_peak() -> bool:
    """Start `peak RSS` and torch's peaks anew; False where the kernel does not allow it for RSS."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        torch.cuda.reset_peak_memory_stats()
    try:
        (PROC / "clear_refs").write_text("5")
    except OSError:
        return False
    return True


def _smaps() -> dict[str, int]:
    with contextlib.suppress(OSError):
        sizes = _fields((PROC / "smaps_rollup").read_text())
        return {
            "RSS": sizes["Rss"],
            "PSS": sizes["Pss"],
            "USS": sizes["Private_Clean"] + sizes["Private_Dirty"],
        }
    # Kernels built without page monitoring have no smaps.
    with contextlib.suppress(OSError):
        return {"RSS": _fields((PROC / "status").read_text())["VmRSS"]}
    return {}


def _peak() -> dict[str, int]:
    """The kernel counts the peak in batches: it may be off by some hundred kB."""
    with contextlib.suppress(OSError, KeyError):
        return {"peak RSS": _fields((PROC / "status").read_text())["VmHWM"]}
    return {}


def _fields(text: str) -> dict[str, int]:
    """`Name:  12 kB` lines to bytes."""
    return {name: int(size) * 1024 for name, size in re.findall(r"^(\w+):\s+(\d+) kB$", text, re.MULTILINE)}
