from __future__ import annotations

import sys

import pytest

from edgefer.benchmark import nvml
from edgefer.doctor.finding import Mark
from edgefer.doctor.probes import gpu
from edgefer.trt.driver import Driver
from tests import fake_gpu, fake_nvml


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """A machine with a driver that answers so, or none; `cards` are put on its PCI bus."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)

    def make(driver, library=True, cards=()):
        for number, (vendor, kind) in enumerate(cards):
            folder = tmp_path / f"sys/bus/pci/devices/{number}"
            folder.mkdir(parents=True)
            (folder / "vendor").write_text(f"{vendor}\n")
            (folder / "class").write_text(f"{kind}\n")
        monkeypatch.setattr(gpu.driver_module, "probe", lambda: driver)
        monkeypatch.setattr(gpu.driver_module, "library", lambda: object() if library else None)
        return gpu.driver(tmp_path)

    return make


def test_a_gpu_with_its_compute_capability_and_its_driver(machine):
    card, driver = machine(fake_gpu.RTX4090)
    assert (card.mark, driver.mark) == (Mark.OK, Mark.OK)
    assert card.fact == "NVIDIA GeForce RTX 4090, compute capability 8.9 (sm89), 25.8 GB"
    assert card.details["gpus"][0]["target"] == "sm89"
    assert driver.fact == "NVIDIA 580.65.06, for CUDA up to 13.0"


def test_blackwell_has_two_digits_before_the_point(machine):
    card, _ = machine(Driver((fake_gpu.Gpu("RTX 5090", "sm120", 32 << 30),), "580", "13.0"))
    assert "compute capability 12.0 (sm120)" in card.fact


def test_no_gpu_is_no_fault(machine):
    (found,) = machine(fake_gpu.NONE, library=False, cards=[("0x8086", "0x030000"), ("0x10de", "0x040300")])
    assert found.mark is Mark.ABSENT


def test_a_card_without_a_driver(machine, monkeypatch):
    monkeypatch.setattr(gpu.shutil, "which", lambda name: f"/usr/bin/{name}")
    (found,) = machine(fake_gpu.NONE, library=False, cards=[("0x10de", "0x030200")])
    assert (found.mark, found.fact) == (Mark.WARNING, "no NVIDIA driver is installed")
    assert found.fix == "sudo ubuntu-drivers install && sudo reboot"


def test_a_container_without_its_gpus(machine, tmp_path):
    (tmp_path / ".dockerenv").write_text("")
    (found,) = machine(fake_gpu.NONE, library=False, cards=[("0x10de", "0x030200")])
    assert "docker run --gpus all" in found.fix


def test_a_driver_that_does_not_start(machine, monkeypatch):
    broken = Driver(problem="the NVIDIA driver does not start (cuInit says 803)")
    assert machine(broken)[0].fix == "sudo reboot"
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert machine(broken)[0].fix == "unset CUDA_VISIBLE_DEVICES"


def test_a_gpu_that_is_held_back(monkeypatch):
    monkeypatch.setattr(gpu, "has_device", lambda: True)
    fake_nvml.install(monkeypatch, fake_nvml.l4())
    assert gpu.state() == []
    fake_nvml.install(monkeypatch, fake_nvml.l4(reasons=0x4))
    (found,) = gpu.state()
    assert found.mark is Mark.WARNING
    assert "held back now by power cap" in found.fact


def test_a_gpu_whose_management_library_is_not_installed(monkeypatch):
    monkeypatch.setattr(gpu, "has_device", lambda: True)
    monkeypatch.setattr(nvml, "has_device", lambda: True)
    monkeypatch.setitem(sys.modules, "pynvml", None)
    (found,) = gpu.state()
    assert (found.mark, found.fix) == (Mark.WARNING, "pip install --upgrade nvidia-ml-py")
