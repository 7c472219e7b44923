from __future__ import annotations

import importlib.util
import sys

import pytest

from edgefer.doctor.finding import Mark
from edgefer.doctor.judge import judged
from edgefer.doctor.probes import flavours
from tests import fake_gpu
from tests.doctor.asking import findings

ABSENT = "raise ModuleNotFoundError(\"No module named 'tensorrt_rtx'\", name='tensorrt_rtx')"
HAS_RTX = importlib.util.find_spec("tensorrt_rtx") is not None


@pytest.fixture
def machine(monkeypatch):
    """A machine with this driver, and a TensorRT of straw in place of the real one."""

    def make(driver, name=None, version=""):
        monkeypatch.setattr(flavours.driver, "probe", lambda: driver)
        monkeypatch.setattr("edgefer.trt.logger._loggers", {})
        for other in ("tensorrt", "tensorrt_rtx", "tensorrt_lean"):
            monkeypatch.setitem(sys.modules, other, None)
        if name:
            monkeypatch.setitem(sys.modules, name, fake_gpu.TensorRT(name, version))
        monkeypatch.setitem(sys.modules, "cuda.bindings.runtime", fake_gpu.Cuda())

    return make


@pytest.mark.skipif(not HAS_RTX, reason="needs tensorrt-rtx")
def test_the_advice_for_a_machine_without_the_rtx_extra_turns_it_green(tmp_path, monkeypatch):
    (tmp_path / "hidden").mkdir()
    (tmp_path / "hidden" / "tensorrt_rtx.py").write_text(ABSENT)
    with monkeypatch.context() as hidden:
        hidden.syspath_prepend(str(tmp_path / "hidden"))
        found = findings("flavours:rtx")["TensorRT-RTX"]
    assert (found.mark, found.fact) == (Mark.MISSING, "not installed")
    assert found.fix == "pip install 'edgefer[rtx]'"
    found = findings("flavours:rtx")["TensorRT-RTX"]  # with what that line installs
    assert found.mark in (Mark.OK, Mark.WARNING)
    assert found.details["state"] == "works"
    assert "builds for sm75, sm80" in found.fact


@pytest.mark.parametrize(("name", "version"), fake_gpu.VERSIONS)
def test_every_version_that_edgefer_meets_works_on_its_gpu(machine, name, version):
    machine(fake_gpu.RTX4090, name, version)
    found = flavours.rtx()[0] if name == "tensorrt_rtx" else flavours.standard()[0]
    assert found.details["state"] == "works", found
    old = version.startswith("1.5")
    assert found.mark is (Mark.WARNING if old else Mark.OK)
    assert (found.fix == "pip install --upgrade 'tensorrt-rtx>=1.7'") == old


def test_standard_tensorrt_without_a_gpu_is_of_no_use(machine):
    machine(fake_gpu.NONE, "tensorrt", "11.4.0.106")
    (found,) = flavours.standard()
    assert (found.mark, found.details["state"]) == (Mark.MISSING, "no GPU")
    assert "no NVIDIA driver is installed" in found.fact
    works = flavours._finding("tensorrt_rtx", "works", "fine", "", {}, Mark.OK)
    assert judged([found, works])[0].mark is Mark.ABSENT


def test_a_driver_too_old_for_it_is_told_in_its_own_words(machine, monkeypatch):
    machine(fake_gpu.ORIN, "tensorrt", "11.4.0.106")

    def refuse(logger):
        logger.log(sys.modules["tensorrt"].ILogger.Severity.ERROR, "CUDA driver version is insufficient")

    monkeypatch.setattr(sys.modules["tensorrt"], "Builder", refuse)
    (found,) = flavours.standard()
    assert (found.mark, found.details["state"]) == (Mark.MISSING, "broken")
    assert found.fact.endswith("does not start: CUDA driver version is insufficient")
    assert found.fix == "pip uninstall -y tensorrt && pip install tensorrt-cu12"


def test_engines_need_cuda_bindings_to_run(machine, monkeypatch):
    machine(fake_gpu.RTX4090, "tensorrt", "11.4.0.106")
    monkeypatch.setitem(sys.modules, "cuda.bindings.runtime", None)
    (found,) = flavours.standard()
    assert (found.mark, found.fix) == (Mark.WARNING, "pip install cuda-bindings")


def test_the_lean_runtime_is_needed_for_nothing(machine):
    machine(fake_gpu.RTX4090)
    assert flavours.lean()[0].mark is Mark.ABSENT


def test_a_jetson_takes_tensorrt_from_its_own_packages(machine, monkeypatch):
    machine(fake_gpu.ORIN)
    monkeypatch.setattr(flavours, "_is_jetson", lambda: True)
    assert flavours.standard()[0].fix.startswith("sudo apt install python3-libnvinfer")


def test_one_that_is_too_old(machine, monkeypatch):
    machine(fake_gpu.ORIN, "tensorrt", "10.3.0")
    monkeypatch.setattr(sys.modules["tensorrt"], "__version__", "8.6.2")
    (found,) = flavours.standard()
    assert (found.mark, found.details["state"]) == (Mark.MISSING, "broken")
    assert "8.6.2 is too old" in found.fact
    assert found.fix == "pip install --upgrade --force-reinstall tensorrt"
    monkeypatch.setattr(flavours, "_is_jetson", lambda: True)
    assert flavours.standard()[0].fix == "flash JetPack 6.1 or later"


def test_a_library_that_is_half_there_is_broken(tmp_path, monkeypatch):
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "tensorrt_rtx.py").write_text("import tensorrt_rtx_gone")
    monkeypatch.syspath_prepend(str(tmp_path / "half"))
    found = findings("flavours:rtx")["TensorRT-RTX"]
    assert (found.mark, found.details["state"]) == (Mark.MISSING, "broken")
    assert "lacks tensorrt_rtx_gone" in found.fact
    assert found.fix == "pip install --upgrade --force-reinstall tensorrt-rtx"
