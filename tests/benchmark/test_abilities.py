from __future__ import annotations

import shutil

import pytest

from edgefer.benchmark import abilities
from edgefer.benchmark.candidate import Provider
from tests import fake_gpu


@pytest.fixture
def no_gpu(monkeypatch):
    monkeypatch.setattr("edgefer.trt.driver.probe", lambda: fake_gpu.NONE)


@pytest.fixture
def gpu(monkeypatch):
    monkeypatch.setattr("edgefer.trt.driver.probe", lambda: fake_gpu.RTX4090)


@pytest.mark.usefixtures("no_gpu")
def test_without_a_gpu_the_driver_is_the_reason():
    here = abilities.probe()
    reasons = {here.gpu, here.torch_gpu, here.torch_tensorrt, *here.providers.values()}
    assert reasons == {fake_gpu.NONE.problem}
    assert here.cores >= 1


@pytest.mark.usefixtures("gpu")
def test_a_gpu_that_the_installed_libraries_do_not_use(monkeypatch):
    """The PyTorch and the ONNX Runtime of the tests are those for CPUs."""
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setattr("onnxruntime.get_available_providers", lambda: ["CPUExecutionProvider"])
    here = abilities.probe()
    assert here.gpu == ""
    assert "does not see the GPU" in here.torch_gpu
    assert all("onnxruntime-gpu" in why for why in here.providers.values())
    assert here.torch_tensorrt


@pytest.mark.usefixtures("gpu")
def test_a_gpu_with_libraries_that_use_it(monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr(
        "onnxruntime.get_available_providers", lambda: ["CUDAExecutionProvider", "CPUExecutionProvider"]
    )
    monkeypatch.setattr(abilities, "load_torch_tensorrt", object)
    here = abilities.probe()
    assert (here.torch_gpu, here.half, here.torch_tensorrt) == ("", "", "")
    assert here.providers[Provider.CUDA] == ""
    assert here.providers[Provider.TENSORRT]


@pytest.mark.usefixtures("no_gpu")
@pytest.mark.parametrize("there", [True, False])
def test_half_precision_on_a_cpu_is_what_pytorch_says(monkeypatch, there):
    monkeypatch.setattr("torch.ops.mkldnn._is_mkldnn_fp16_supported", lambda: there)
    assert (abilities.probe().half == "") is there


@pytest.mark.usefixtures("no_gpu")
def test_without_a_compiler_there_is_no_torch_compile(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    assert abilities.probe().compiler == "no C++ compiler is installed"


@pytest.mark.usefixtures("no_gpu")
def test_without_torch_everything_of_it_says_so(monkeypatch):
    monkeypatch.setattr(abilities, "has_torch", lambda: False)
    here = abilities.probe()
    assert "pip install" in here.half
    assert "pip install" in here.compiler
