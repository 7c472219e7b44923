from __future__ import annotations

import pytest

from edgefer.trt import driver
from edgefer.trt.driver import Driver, Gpu


class Libcuda:
    """libcuda's functions; out parameters come as ctypes.byref objects."""

    def __init__(self, init=0, gpus=(("NVIDIA GeForce RTX 4090", 8, 9, 24 << 30),)):
        self.init, self.gpus = init, gpus

    def cuInit(self, flags):
        return self.init

    def cuDriverGetVersion(self, out):
        out._obj.value = 13010
        return 0

    def cuDeviceGetCount(self, out):
        out._obj.value = len(self.gpus)
        return 0

    def cuDeviceGet(self, out, index):
        out._obj.value = index
        return 0

    def cuDeviceGetName(self, name, size, device):
        name.value = self.gpus[device.value][0].encode()
        return 0

    def cuDeviceTotalMem_v2(self, out, device):
        out._obj.value = self.gpus[device.value][3]
        return 0

    def cuDeviceGetAttribute(self, out, attribute, device):
        out._obj.value = self.gpus[device.value][{75: 1, 76: 2}[attribute]]
        return 0


def test_gpus_are_listed_with_their_target(monkeypatch, tmp_path):
    version = tmp_path / "version"
    version.write_text(
        "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  Release Build\nGCC version: gcc 12.2.0\n"
    )
    monkeypatch.setattr(driver, "_KERNEL_MODULE", version)
    found = driver.query(Libcuda())
    assert found == Driver((Gpu("NVIDIA GeForce RTX 4090", "sm89", 24 << 30),), "580.65.06", "13.1")
    assert found.present
    two = driver.query(Libcuda(gpus=(("A", 12, 0, 1), ("B", 8, 7, 2))))
    assert [gpu.target for gpu in two.gpus] == ["sm120", "sm87"]


def test_a_driver_without_a_gpu_and_one_that_does_not_start_are_told_apart():
    nothing = driver.query(Libcuda(gpus=()))
    assert not nothing.present
    assert nothing.problem == "the NVIDIA driver sees no GPU"
    assert nothing.cuda == "13.1"
    assert driver.query(Libcuda(init=34)).problem == "the NVIDIA driver does not start (cuInit says 34)"


def test_no_library_is_no_driver(monkeypatch):
    monkeypatch.setattr(driver, "_LIBRARY", "libno-such-library.so.1")
    driver.probe.cache_clear()
    try:
        found = driver.probe()
    finally:
        driver.probe.cache_clear()
    assert not found.present
    assert found.problem == "no NVIDIA driver is installed"


@pytest.mark.gpu
def test_this_machines_gpu_is_found():
    found = driver.probe()
    if not found.present:
        pytest.skip(found.problem)
    assert found.gpus[0].target.startswith("sm")
    assert found.gpus[0].memory_bytes > 1 << 30
    assert found.cuda
