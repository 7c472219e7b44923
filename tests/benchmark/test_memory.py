from __future__ import annotations

import os
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from edgefer.benchmark import memory

KNOWN = 64_000_000


@pytest.mark.parametrize("method", ["RSS", "PSS", "USS"])
def test_a_known_allocation_is_found(method):
    before = memory.read()[method]
    hoard = np.ones(KNOWN, np.uint8)
    assert memory.read()[method] - before == pytest.approx(hoard.nbytes, rel=0.05)


def test_the_peak_remembers_what_was_freed():
    if not memory.reset_peak():
        pytest.skip("this kernel does not let a process reset its peak")
    before = memory.read()["peak RSS"]
    np.ones(KNOWN, np.uint8)
    assert memory.read()["peak RSS"] - before == pytest.approx(KNOWN, rel=0.05)
    memory.reset_peak()
    assert memory.read()["peak RSS"] - before < 0.5 * KNOWN


def test_untouched_memory_costs_nothing():
    before = memory.read()["RSS"]
    reserved = np.empty(KNOWN, np.uint8)
    assert memory.read()["RSS"] - before < 0.05 * reserved.nbytes


def test_a_kernel_without_page_monitoring_still_has_rss(tmp_path, monkeypatch):
    (tmp_path / "status").write_text("Name:\tx\nVmHWM:\t    2000 kB\nVmRSS:\t    1500 kB\n")
    monkeypatch.setattr(memory, "PROC", tmp_path)
    readings = memory.read()
    assert (readings["RSS"], readings["peak RSS"]) == (1500 * 1024, 2000 * 1024)
    assert "PSS" not in readings


def test_a_system_without_proc_has_no_readings(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "PROC", tmp_path / "none")
    assert not memory.read().keys() & {"RSS", "PSS", "USS", "peak RSS"}


class _NvmlError(Exception):
    pass


def fake_nvml(processes):
    return SimpleNamespace(
        NVMLError=_NvmlError,
        nvmlInit=lambda: None,
        nvmlShutdown=lambda: None,
        nvmlDeviceGetCount=lambda: len(processes),
        nvmlDeviceGetHandleByIndex=lambda index: index,
        nvmlDeviceGetComputeRunningProcesses=lambda handle: processes[handle],
    )


def test_gpu_memory_of_this_process_is_summed_over_gpus(monkeypatch):
    def use(pid, size):
        return SimpleNamespace(pid=pid, usedGpuMemory=size)

    own, other = os.getpid(), os.getpid() + 1
    monkeypatch.setitem(sys.modules, "pynvml", fake_nvml([[use(own, 300), use(other, 50)], [use(own, 7)]]))
    assert memory.read()["GPU"] == 307


def test_a_gpu_that_hides_processes_gives_no_reading(monkeypatch):
    hidden = SimpleNamespace(pid=os.getpid(), usedGpuMemory=None)
    monkeypatch.setitem(sys.modules, "pynvml", fake_nvml([[hidden]]))
    assert "GPU" not in memory.read()
