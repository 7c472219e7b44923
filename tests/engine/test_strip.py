"""Engines without weights: built where they can be, refused with the reason where not."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import pytest

from edgefer.card import ModelCard, Precision
from edgefer.engine.build import build_engine
from edgefer.engine.compiler import compile_plan
from edgefer.engine.inspect_engine import describe_engine
from edgefer.engine.layout import folder_name
from edgefer.engine.options import Options, check_options
from edgefer.engine.text import build_text
from edgefer.errors import BuildError, UsageError
from edgefer.runtime.engine import open_engine
from edgefer.trt import driver
from edgefer.trt.flavour import load
from tests import fake_gpu, tiny_net

STRIP = Options(strip=True)
STANDARD = [version for name, version in fake_gpu.VERSIONS if name == "tensorrt"]
RTX = [version for name, version in fake_gpu.VERSIONS if name == "tensorrt_rtx"]
# What the fake inspector tells, so that the proof of precision finds a convolution.
LAYERS = '{"Layers": [{"Name": "c", "LayerType": "CaskConvolution", "Inputs": [{"Format/Datatype": "Half"}]}]}'


@pytest.mark.parametrize("version", STANDARD)
def test_a_standard_build_leaves_the_weights_out_and_proves_that_they_come_back(monkeypatch, version):
    tensorrt, _ = fake_gpu.install(monkeypatch, version=version)
    flavour = load("tensorrt")
    check_options(STRIP, flavour, ("sm89",))
    compile_plan(flavour, b"onnx", (1, 8, 32), ("sm89",), "compiling", STRIP)
    assert tensorrt.built[-1].set_flags == {"STRIP_PLAN", "REFIT_IDENTICAL"}
    assert tensorrt.calls[:3] == ["deserialise", "refit", "context 0"]
    compile_plan(flavour, b"onnx", (1, 8, 32), ("sm89",), "compiling")
    assert not tensorrt.built[-1].set_flags
    assert tensorrt.calls.count("refit") == 1


@pytest.mark.parametrize(
    ("broken", "words"), [("refit", "refitCudaEngine: Error Code 1"), ("incomplete", "lacks 1 of them, such as conv")]
)
def test_a_build_whose_weights_do_not_come_back_fails(monkeypatch, broken, words):
    tensorrt, _ = fake_gpu.install(monkeypatch)
    tensorrt.broken = broken
    with pytest.raises(BuildError, match=rf"cannot put them back: .*{words}.*leave --strip out"):
        compile_plan(load("tensorrt"), b"onnx", (1, 8, 32), ("sm89",), "compiling", STRIP)


@pytest.mark.parametrize("version", RTX)
def test_tensorrt_rtx_is_refused(monkeypatch, version):
    fake_gpu.install(monkeypatch, name="tensorrt_rtx", version=version)
    with pytest.raises(UsageError, match=rf"RTX {version} builds no engine without weights.*--flavour tensorrt$"):
        check_options(STRIP, load("tensorrt_rtx"), ("sm89",))


def test_the_refusal_of_tensorrt_rtx_is_still_true(tmp_path):
    pytest.importorskip("tensorrt_rtx")
    if driver.probe().present:
        pytest.skip("this machine has a GPU")
    onnx = tiny_net.write(tmp_path / "a.onnx")
    with pytest.raises(BuildError, match=r"MyelinCheckException: graph_jit.cpp:\d+: CHECK\(status == CUDA_SUCCESS\)"):
        compile_plan(load("tensorrt_rtx"), onnx.read_bytes(), (1, 8, 32), ("sm89",), "compiling", STRIP)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (replace(STRIP, version_compatible=True), "the lean runtime.*has no ONNX parser"),
        (replace(STRIP, torch_tensorrt=True), "torch-tensorrt has other names for its weights"),
    ],
)
def test_what_cannot_be_put_back_is_refused(monkeypatch, options, words):
    fake_gpu.install(monkeypatch)
    with pytest.raises(UsageError, match=words):
        check_options(options, load("tensorrt"), ("sm89",))


def test_an_engine_without_weights_says_so_and_runs_from_its_folder(monkeypatch, tmp_path):
    tensorrt, _ = fake_gpu.install(monkeypatch)
    tensorrt.layer_table = LAYERS
    onnx = tiny_net.write(tmp_path / "a.onnx")
    result = build_engine(onnx, Precision.FP16, tmp_path / "e", options=STRIP)
    passport = ModelCard.beside(result.engine).engine
    assert passport.stripped
    assert passport.onnx_sha256 == hashlib.sha256(result.onnx.read_bytes()).hexdigest()
    assert passport.inputs["options"] == "strip"
    assert f"without weights: a session takes them from {result.onnx}" in build_text(result)
    assert describe_engine(result.engine).facts["without weights"] == "yes"
    with open_engine(result.engine) as session:
        assert session.infer(np.full((2, 1, 32, 32), 100, np.float32)).any()


def test_its_folder_does_not_meet_the_others(monkeypatch):
    fake_gpu.install(monkeypatch)
    assert folder_name("c", Precision.FP16, load("tensorrt"), ["sm89"], STRIP) == "c-fp16-trt-sm89-stripped"
