"""Memory of this process, each reading with the name of its method.

RSS       pages of the process in RAM, shared ones counted in full (/proc/self/smaps_rollup, exact)
PSS       the same, shared pages divided by the number of processes that share them
USS       private pages only: what would be freed if the process ended
peak RSS  the highest RSS since `reset_peak` (VmHWM in /proc/self/status; the kernel counts it in batches, so it may be
          off by some hundred kB)
GPU       the process's share of GPU memory with its CUDA context (NVML)
torch     the most that torch's own CUDA allocator has held at once; it sees nothing of the context or of TensorRT
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
from pathlib import Path

PROC = Path("/proc/self")
METHODS = ("RSS", "PSS", "USS", "peak RSS", "GPU", "torch")


def read() -> dict[str, int]:
    """Bytes by method; methods that this machine does not have are absent."""
    sources = (_smaps(), _peak(), _nvml(), _torch())
    return {method: size for source in sources for method, size in source.items()}


def reset_peak() -> bool:
    """Start `peak RSS` and `torch` anew; False where the kernel does not allow it for RSS."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
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
    with contextlib.suppress(OSError, KeyError):
        return {"peak RSS": _fields((PROC / "status").read_text())["VmHWM"]}
    return {}


def _fields(text: str) -> dict[str, int]:
    """`Name:  12 kB` lines to bytes."""
    return {name: int(size) * 1024 for name, size in re.findall(r"^(\w+):\s+(\d+) kB$", text, re.MULTILINE)}


def _nvml() -> dict[str, int]:
    """GPU memory of this process over all GPUs; nothing where NVML is absent or cannot see processes."""
    try:
        import pynvml
    except ImportError:
        return {}
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return {}
    try:
        used = [
            process.usedGpuMemory
            for index in range(pynvml.nvmlDeviceGetCount())
            for process in pynvml.nvmlDeviceGetComputeRunningProcesses(pynvml.nvmlDeviceGetHandleByIndex(index))
            if process.pid == os.getpid()
        ]
    except pynvml.NVMLError:
        return {}
    finally:
        pynvml.nvmlShutdown()
    # NVML reports None in containers with a PID namespace of their own, under WSL and on Jetson.
    known = [size for size in used if size is not None]
    return {"GPU": sum(known)} if known else {}


def _torch() -> dict[str, int]:
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_available():
        return {}
    return {"torch": int(torch.cuda.max_memory_allocated())}
