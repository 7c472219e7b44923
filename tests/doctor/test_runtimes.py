from __future__ import annotations

import importlib.machinery
import sys
from types import ModuleType, SimpleNamespace

import pytest

from edgefer.doctor.finding import Mark
from edgefer.doctor.probes import runtimes
from tests import fake_gpu


@pytest.fixture
def torch(monkeypatch):
    """A PyTorch of straw."""

    def make(version, cuda=None, gpu=False, driver=fake_gpu.NONE):
        module = ModuleType("torch")
        module.__spec__ = importlib.machinery.ModuleSpec("torch", None)
        module.__version__, module.version = version, SimpleNamespace(cuda=cuda)
        module.cuda = SimpleNamespace(is_available=lambda: gpu, get_device_name=lambda _: "NVIDIA L4")
        monkeypatch.setitem(sys.modules, "torch", module)
        monkeypatch.setattr(runtimes.driver, "probe", lambda: driver)
        monkeypatch.setattr(runtimes, "too_old", lambda _, version: "too old" if version < "2.8" else "")
        monkeypatch.setattr(runtimes, "oldest", lambda _: "2.8")
        return runtimes.torch()[0]

    return make


def test_pytorch_on_the_processor_and_on_a_gpu(torch):
    assert torch("2.9.0+cpu").mark is Mark.OK
    assert torch("2.9.0", "12.8", True, fake_gpu.RTX4090).fact == "2.9.0, on the NVIDIA L4 by CUDA 12.8"


def test_a_gpu_that_pytorch_does_not_use(torch):
    found = torch("2.9.0+cpu", driver=fake_gpu.RTX4090)
    assert (found.mark, found.fix) == (Mark.WARNING, "pip install --force-reinstall torch")
    assert found.fact.endswith("it is built without CUDA")
    assert "does not see the GPU through CUDA 12.8" in torch("2.9.0", "12.8", driver=fake_gpu.RTX4090).fact


def test_a_pytorch_that_is_too_old(torch):
    found = torch("2.1.0+cpu")
    assert (found.mark, found.fix) == (Mark.MISSING, "pip install --upgrade 'torch>=2.8'")


def test_what_is_not_installed_is_missing_with_its_line(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr(runtimes, "installed", lambda _: {})
    rows = [*runtimes.torch(), *runtimes.onnxruntime(), *runtimes.training(), runtimes.onnx()[1]]
    assert {row.mark for row in rows} == {Mark.MISSING}
    assert [row.fix for row in rows] == [
        "pip install 'edgefer[train]'",
        "pip install onnxruntime",
        "pip install 'edgefer[train]'",
        "pip install onnxconverter-common",
    ]


def test_onnx_runtime_opens_the_student(monkeypatch):
    (found,) = runtimes.onnxruntime()
    assert found.mark is Mark.OK
    assert "CPU" in found.details["providers"]
    monkeypatch.setattr(runtimes, "_refuses", lambda _: "it cannot be run")
    assert runtimes.onnxruntime()[0].mark is Mark.MISSING


def test_two_onnx_runtimes_overwrite_each_other(monkeypatch):
    both = {"onnxruntime": "1.20.0", "onnxruntime-gpu": "1.20.0"}
    monkeypatch.setattr(runtimes, "installed", lambda _: both)
    (found,) = runtimes.onnxruntime()
    assert found.mark is Mark.WARNING
    assert found.fix == "pip uninstall -y onnxruntime onnxruntime-gpu && pip install onnxruntime-gpu"


def test_training_without_its_extras(monkeypatch):
    monkeypatch.setattr(runtimes, "installed", lambda _: {"safetensors": "0.5", "matplotlib": "3.9"})
    (found,) = runtimes.training()
    assert (found.mark, found.fact) == (Mark.WARNING, "safetensors 0.5, matplotlib 3.9; lacks onnxscript: no export")
