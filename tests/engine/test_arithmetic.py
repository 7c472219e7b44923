from __future__ import annotations

from dataclasses import replace
from types import ModuleType

import pytest

from edgefer.card import Precision
from edgefer.engine.arithmetic import check_targets, having, left_out
from edgefer.engine.census import count, prove
from edgefer.engine.compiler import compile_plan
from edgefer.engine.precision import at_precision
from edgefer.engine.toolchain import toolchain
from edgefer.errors import BuildError
from edgefer.quantize import graph
from edgefer.quantize.calibration import make_calibration_set
from edgefer.quantize.pool import screen
from edgefer.trt.flavour import load
from tests import fake_gpu, tiny_net

ALL = ("sm75", "sm80", "sm86", "sm89", "sm120", "sm121")


@pytest.fixture
def rtx():
    pytest.importorskip("tensorrt_rtx")
    return load("tensorrt_rtx")


@pytest.mark.parametrize(
    ("precision", "first"), [("fp32", "sm80"), ("fp16", "sm75"), ("bf16", "sm80"), ("int8", "sm80"), ("fp8", "sm89")]
)
def test_which_targets_have_a_precision(rtx, precision, first):
    assert having(Precision(precision), rtx, ALL) == ALL[ALL.index(first) :]


@pytest.mark.parametrize(
    ("precision", "target"), [("fp32", "sm75"), ("bf16", "sm75"), ("int8", "sm75"), ("fp8", "sm80"), ("fp8", "sm86")]
)
def test_rtx_really_lacks_what_is_refused(rtx, tmp_path, precision, target):
    """It fails, or, for INT8 on Turing, silently computes in half precision, which the proof finds."""
    src = tiny_net.write(tmp_path / "a.onnx")
    made = make_calibration_set(screen(tiny_net.faces()), tiny_net.card(), 7, tmp_path / "set")
    wanted = Precision(precision)
    at_precision(src, tiny_net.card(), wanted, made if wanted.calibrated else None, tmp_path / "ready.onnx")
    graph_census = graph.census(graph.load(tmp_path / "ready.onnx")[0])
    with pytest.raises(BuildError, match=r"cannot build it|was asked for, but the engine holds 4 conv half"):
        plan = compile_plan(rtx, (tmp_path / "ready.onnx").read_bytes(), (1, 1, 1), [target], "compiling")
        prove(wanted, graph_census, count(plan.details.layers))


def test_standard_tensorrt_knows_other_limits(rtx):
    standard = replace(rtx, name="tensorrt", module=ModuleType("tensorrt"))
    assert having(Precision.FP32, standard, ["sm75"]) == ("sm75",)
    assert having(Precision.INT8, standard, ["sm75", "sm87"]) == ("sm75", "sm87")
    assert having(Precision.BF16, standard, ["sm75", "sm87"]) == ("sm87",)
    assert having(Precision.FP8, standard, ["sm87", "sm89", "sm90", "sm100", "sm110"]) == (
        "sm89",
        "sm90",
        "sm100",
        "sm110",
    )


def test_a_target_without_the_precision_is_refused_with_the_reason(rtx):
    check_targets(Precision.FP8, rtx, ["sm89", "sm120"])
    with pytest.raises(BuildError, match=r"has no FP8 for sm80, sm86, but from sm89 on\. leave sm80, sm86 out, or use"):
        check_targets(Precision.FP8, rtx, ["sm80", "sm86", "sm89"])
    with pytest.raises(BuildError, match=r"no INT8 convolutions for sm75, but from sm80 on\. use --precision fp16"):
        check_targets(Precision.INT8, rtx, ["sm75"])


def test_default_targets_are_those_that_have_it_and_named_ones_are_not_dropped(rtx):
    assert toolchain("tensorrt_rtx", (), Precision.FP8)[2] == ("sm89", "sm120")
    assert toolchain("tensorrt_rtx", (), Precision.BF16)[2] == ("sm80", "sm86", "sm89", "sm120")
    assert left_out(Precision.FP8, rtx) == "FP8 needs sm89 or later: for sm89+sm120, not for sm80, sm86"
    assert left_out(Precision.INT8, rtx) == ""
    with pytest.raises(BuildError, match="no FP8 for sm80"):
        toolchain("tensorrt_rtx", ("sm80", "sm89"), Precision.FP8)


def test_an_orin_has_no_fp8(monkeypatch):
    fake_gpu.install(monkeypatch, driver=fake_gpu.ORIN)
    assert toolchain(None, (), Precision.BF16)[2] == ("sm87",)
    with pytest.raises(BuildError, match=r"has no FP8 for sm87, but from sm89 on\. use --precision fp16"):
        toolchain(None, (), Precision.FP8)
