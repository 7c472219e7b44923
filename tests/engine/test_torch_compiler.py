"""torch-tensorrt as a compiler: a real PyTorch program, handed to a fake of torch-tensorrt with its real parameters."""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError

import numpy as np
import pytest
import torch

from edgefer.card import InputSpec, Precision
from edgefer.engine import torch_compiler
from edgefer.engine.build import build_engine
from edgefer.engine.once import build_once
from edgefer.engine.options import Options
from edgefer.engine.request import Request
from edgefer.errors import BackendError, BuildError, Interrupted, UsageError
from edgefer.models.network import Network
from edgefer.runtime.engine import open_engine
from edgefer.trt.flavour import load
from edgefer.trt.rebuild import as_it_was
from tests import fake_gpu, fake_torch_tensorrt, nets, tiny_net

SPEC = InputSpec(height=32, width=32)


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    body = torch.nn.Sequential(
        torch.nn.Conv2d(1, 4, 3, 2), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(900, 7)
    )
    return Network(body, SPEC).eval()


@pytest.fixture
def install(monkeypatch):
    """Put releases in place of what is installed: `install("2.13.0", tensorrt="11.0.0")`."""

    def put(release="2.13.0", tensorrt="11.4.0.106", machine=fake_gpu.RTX4090, **versions):
        fake_gpu.install(monkeypatch, version=tensorrt, driver=machine)
        module = fake_torch_tensorrt.module(release, tensorrt)
        known = {"torch": release.rsplit(".", 1)[0] + ".1+cu130", "torch-tensorrt": release} | versions

        def version(name):
            if known.get(name):
                return known[name]
            raise PackageNotFoundError(name)

        monkeypatch.setattr(torch_compiler, "version", version)
        monkeypatch.setattr(torch_compiler, "_DEVICE", "cpu")
        monkeypatch.setitem(sys.modules, "torch_tensorrt", module)
        return module

    return put


def compile_it(network, precision=Precision.FP16, options=None):
    compiler = torch_compiler.torch_compiler(network, SPEC, precision)
    return compiler(load("tensorrt"), b"", (1, 2, 4), ("sm89",), "compiling", options or Options(), None)


@pytest.mark.parametrize(
    ("release", "tensorrt"), [("2.8.0", "10.3.0"), ("2.8.0", "10.13.3.9"), ("2.13.0", "11.4.0.106")]
)
def test_the_network_reaches_torch_tensorrt_typed_and_comes_back_as_a_plan(install, network, release, tensorrt):
    module = install(release, tensorrt)
    plan = compile_it(network)
    (call,) = module.calls
    (pixels,) = call.words["arg_inputs"]
    assert pixels.shapes == ((1, 1, 32, 32), (2, 1, 32, 32), (4, 1, 32, 32))
    assert pixels.dtype is torch.float32
    # 2.8 would choose precisions itself without this word; 2.13 has strong typing alone and no such word.
    assert call.words.get("use_explicit_typing") == (True if release == "2.8.0" else None)
    weights = {value.dtype for name, value in call.program.state_dict.items() if name.startswith("network.body")}
    assert weights == {torch.float16}
    assert plan.data[:4] == b"ftrt"
    assert plan.details.activation_bytes == 4096  # the engine was loaded and asked
    assert plan.seconds >= 0


def test_options_are_passed_where_the_release_has_them(install, network):
    module = install()
    compile_it(network, options=Options(hardware_compatible=True, workspace=64))
    assert module.calls[0].words["hardware_compatible"] is True
    assert module.calls[0].words["workspace_size"] == 64 << 20
    with pytest.raises(UsageError, match="puts a lean runtime, which is code"):
        compile_it(network, options=Options(version_compatible=True))
    install("2.8.0", "10.13.3.9")
    with pytest.raises(UsageError, match="builds no hardware-compatible engines"):
        compile_it(network, options=Options(hardware_compatible=True))


@pytest.mark.parametrize("precision", [Precision.INT8, Precision.FP8])
def test_quantised_precisions_are_for_the_onnx_file(install, network, precision):
    install()
    with pytest.raises(UsageError, match=rf"\(fp32, fp16, bf16\), not {precision.value}"):
        compile_it(network, precision)


def test_a_network_that_does_not_compute_in_the_precision_is_refused(install, monkeypatch):
    class Stubborn(torch.nn.Conv2d):
        def forward(self, x):
            return torch.nn.functional.conv2d(x.float(), self.weight.float()).to(x.dtype).flatten(1)

    module = install()
    with pytest.raises(BuildError, match="fp16 was asked for, but PyTorch computes 1 conv float"):
        compile_it(Network(Stubborn(1, 7, 32), SPEC))
    assert module.calls == []


@pytest.mark.parametrize(
    ("versions", "words"),
    [
        ({"torch-tensorrt": ""}, r"torch-tensorrt is not installed\. pip install 'torch-tensorrt==2\.13\.\*'"),
        ({"torch-tensorrt": "2.14.0"}, r"torch-tensorrt 2\.14\.0 is not made for the PyTorch 2\.13\.1\+cu130"),
        ({"torch": ""}, "needs PyTorch, which is not installed"),
        (
            {"torch-tensorrt": "", "torch-tensorrt-rtx": "2.13.0"},
            "torch-tensorrt-rtx is installed, which is another product",
        ),
    ],
)
def test_what_is_missing_or_does_not_match_is_named(install, network, versions, words):
    install(**versions)
    with pytest.raises(BackendError, match=words):
        compile_it(network)


def test_without_a_gpu_it_is_not_even_imported(install, network, monkeypatch):
    install(machine=fake_gpu.NONE)
    monkeypatch.setitem(sys.modules, "torch_tensorrt", None)
    with pytest.raises(
        BackendError, match="compiles on the GPU that it compiles for, and no NVIDIA driver is installed"
    ):
        compile_it(network)


def test_an_import_that_fails_says_why(install, network, monkeypatch, tmp_path):
    install()
    (tmp_path / "torch_tensorrt.py").write_text("raise AssertionError('Torch not compiled with CUDA enabled')")
    monkeypatch.delitem(sys.modules, "torch_tensorrt")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(BackendError, match=r"torch-tensorrt 2\.13\.0 cannot be loaded: Torch not compiled with CUDA"):
        compile_it(network)


def test_what_it_refuses_is_one_line_and_ctrl_c_stops(install, network):
    module = install()
    module.broken = RuntimeError("Conversion of function aten.foo not currently supported!\n\nmuch more")
    with pytest.raises(BuildError, match=r"cannot build it: Conversion of function aten\.foo") as caught:
        compile_it(network)
    assert "\n" not in str(caught.value)
    module.broken = KeyboardInterrupt()
    with pytest.raises(Interrupted, match="nothing was written"):
        compile_it(network)


def test_a_plan_of_another_tensorrt_is_refused(install, network, monkeypatch):
    install()
    monkeypatch.setitem(sys.modules, "torch_tensorrt", fake_torch_tensorrt.module("2.13.0", "11.0.0.1"))
    with pytest.raises(
        BuildError, match=r"made a plan of tensorrt 11\.0\.0\.1 where TensorRT 11\.4\.0\.106 is installed"
    ):
        compile_it(network)


def test_a_checkpoint_is_built_run_and_described_as_any_other(install, tmp_path):
    """The whole way with both fakes: same passport, same census, same session, and the command that builds it again."""
    module = install()
    run = tmp_path / "run"
    run.mkdir()
    nets.write_checkpoint(run / "best.safetensors", nets.card(input=SPEC))
    # Any ONNX file of that input: what is compiled is the checkpoint.
    onnx = tiny_net.write(tmp_path / "tiny.onnx")
    sys.modules[
        "tensorrt"
    ].layer_table = (
        '{"Layers": [{"Name": "c", "LayerType": "CaskConvolution", "Inputs": [{"Format/Datatype": "Half"}]}]}'
    )
    result = build_engine(onnx, Precision.FP16, model=run, options=Options(torch_tensorrt=True))
    assert len(module.calls) == 1
    assert result.folder.name == "tiny-fp16-trt-sm89-torch"
    passport = result.card.engine
    assert passport.census["engine conv half"] == 1
    assert result.card.tools["torch_tensorrt"] == "2.13.0"
    assert passport.inputs["options"] == "torch-tensorrt"
    # The card names no folder of this machine.
    command = "edgefer build-engine run --precision fp16 --flavour tensorrt --batch 1:8:32 --torch-tensorrt"
    assert as_it_was(result.engine, result.card) == command
    with open_engine(result.engine) as session:
        assert session.infer(np.zeros((3, 1, 32, 32), np.float32)).shape == (3, 7)


def test_an_onnx_file_and_rtx_are_refused(install, monkeypatch, tmp_path):
    install()
    onnx = tiny_net.write(tmp_path / "tiny.onnx")
    with pytest.raises(
        UsageError, match=r"tiny.onnx is no PyTorch network, which torch-tensorrt compiles\. name a check"
    ):
        build_once(Request(onnx, Precision.FP16, options=Options(torch_tensorrt=True)))
    fake_gpu.install(monkeypatch, name="tensorrt_rtx", version="1.7.1.116")
    with pytest.raises(UsageError, match="torch-tensorrt compiles for standard TensorRT, not for TensorRT-RTX"):
        build_once(Request(onnx, Precision.FP16, flavour="rtx", options=Options(torch_tensorrt=True)))
