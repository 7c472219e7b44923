from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from edgefer.card import Precision
from edgefer.engine import calibrating, cpu, measure
from edgefer.engine.build import build_engine
from edgefer.engine.cpu import build_for_cpu, check_cpu, cpu_text, for_cpu
from edgefer.engine.options import Options
from edgefer.engine.request import Request
from edgefer.errors import ArtifactError, BuildError, UsageError
from edgefer.quantize import graph
from edgefer.quantize.calibration import make_calibration_set
from edgefer.quantize.cpu import is_for_cpu
from edgefer.quantize.exclusion import Limits
from edgefer.quantize.method import Method
from edgefer.quantize.pool import screen
from edgefer.runtime.open import open_session
from tests import tiny_net


@pytest.fixture(autouse=True)
def few_demo_faces(monkeypatch):
    """Noise stands in for the drawn faces."""

    def load(name, split):
        return tiny_net.faces(split=split, seed=1)

    monkeypatch.setattr("edgefer.export.checkpoint.load_faces", load)
    monkeypatch.setattr(measure, "load_faces", load)


@pytest.fixture
def request_(tmp_path):
    src = tiny_net.write(tmp_path / "tiny.onnx")
    made = make_calibration_set(screen(tiny_net.faces()), tiny_net.card(), 70, tmp_path / "set")
    return Request(src, Precision.INT8, made.folder, targets=("cpu",), out=tmp_path / "out")


def test_the_folder_holds_one_file_that_every_command_can_run(request_):
    result = build_for_cpu(request_)
    assert [path.name for path in result.folder.iterdir()] == ["model.onnx"]
    _, card = graph.load(result.onnx)
    assert card == result.card
    assert is_for_cpu(card)
    assert result.census == {"conv int8": 4, "matmul float": 4}
    assert result.agreement.same_label > 0.9
    with open_session(result.folder) as session:
        assert session.infer(np.zeros((3, 1, 32, 32), np.float32)).shape == (3, 7)


def test_the_card_holds_what_was_measured_on_this_very_file(request_):
    first = build_for_cpu(request_)
    assert first.change is not None
    assert first.card.measured == (first.change.after,)
    assert f"{first.change.after.accuracy:.2%} in INT8" in cpu_text(first)
    second = build_for_cpu(replace(request_, measure=False))
    assert second.card.measured == ()
    assert "accuracy was not measured: --no-measure was given" in cpu_text(second)


def test_the_method_reaches_the_ranges(request_):
    result = build_for_cpu(replace(request_, options=Options(method=Method.MINMAX)))
    assert result.card.tools["calibration"] == "minmax"
    assert "ranges by minmax" in cpu_text(result)


def test_cpu_stands_alone():
    assert for_cpu(["cpu"])
    assert for_cpu([" CPU "])
    assert not for_cpu(["sm89"])
    assert not for_cpu([])
    with pytest.raises(UsageError, match="for a CPU or for GPUs, not for both: --target cpu sm89"):
        for_cpu(["sm89", "cpu"])


@pytest.mark.parametrize(
    ("precision", "reason"),
    [
        ("fp32", "takes a float32 ONNX file as it is"),
        ("fp16", "only emulates half precision"),
        ("bf16", "do not compute in BF16"),
        ("fp8", "do not compute in FP8"),
    ],
)
def test_other_precisions_are_refused_with_the_reason(request_, precision, reason):
    with pytest.raises(UsageError, match=reason):
        build_for_cpu(replace(request_, precision=Precision(precision)))
    assert set(cpu._WHY_NOT) == set(Precision) - {Precision.INT8}


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"flavour": "tensorrt"}, "--flavour"),
        ({"batch": (1, 1, 1)}, "--batch"),
        ({"options": Options(version_compatible=True)}, "--version-compatible"),
        ({"options": Options(hardware_compatible=True)}, "--hardware-compatible"),
        ({"options": Options(workspace=64)}, "--workspace"),
        ({"options": Options(torch_tensorrt=True)}, "--torch-tensorrt"),
        ({"options": Options(strip=True)}, "--strip"),
    ],
)
def test_what_only_engines_have_is_refused(request_, changes, name):
    with pytest.raises(UsageError, match=f"writes an ONNX file, which has no {name}"):
        build_for_cpu(replace(request_, **changes))
    with pytest.raises(UsageError, match=f"has no {name} or --dry-run"):
        check_cpu(replace(request_, **changes), ["--dry-run"])


def test_limits_are_refused(request_):
    with pytest.raises(UsageError, match="choose the layers of an engine, and --target cpu builds none"):
        build_for_cpu(replace(request_, options=Options(limits=Limits(0.5))))


def test_every_option_but_the_method_is_refused():
    """A new one has to be thought of."""
    known = {"version_compatible", "hardware_compatible", "workspace", "torch_tensorrt", "strip", "limits", "method"}
    assert {field.name for field in fields(Options)} == known


def test_nothing_is_left_behind(request_, monkeypatch):
    build_for_cpu(request_)
    before = (request_.out / "model.onnx").read_bytes()
    with pytest.raises(BuildError, match="is int8 already"):
        build_for_cpu(replace(request_, model=request_.out))

    def fail(*_):
        raise RuntimeError("in the middle")

    monkeypatch.setattr(cpu, "_compare", fail)
    with pytest.raises(RuntimeError):
        build_for_cpu(request_)
    assert (request_.out / "model.onnx").read_bytes() == before
    (request_.out / "notes.txt").write_text("mine")
    with pytest.raises(ArtifactError, match=r"holds other things than an INT8 file for a CPU, such as notes\.txt"):
        build_for_cpu(request_)


def test_no_engine_is_made_of_it(request_, tmp_path, monkeypatch):
    pytest.importorskip("tensorrt_rtx")
    onnx = build_for_cpu(request_).onnx
    with pytest.raises(BuildError, match="TensorRT compiles no unsigned activations with zero points"):
        build_engine(onnx, Precision.INT8, tmp_path / "e", flavour="tensorrt_rtx")
    assert not (tmp_path / "e").exists()


def test_the_models_own_set_is_made(request_, monkeypatch, tmp_path):
    asked = []

    def own(card, model):
        asked.append(card.name)
        return make_calibration_set(screen(tiny_net.faces()), card, 35, tmp_path / "own"), False

    monkeypatch.setattr(calibrating, "default_set", own)
    build_for_cpu(replace(request_, calibration=None, out=None))
    assert asked == ["tiny"]
