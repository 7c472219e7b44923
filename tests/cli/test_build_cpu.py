"""`build-engine --target cpu`, and `--calibration-method` of every INT8 build."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edgefer.data.load import load_faces
from edgefer.quantize import source
from edgefer.quantize.calibration import make_calibration_set
from edgefer.quantize.pool import screen
from tests import tiny_net
from tests.conftest import one_line


@pytest.fixture(autouse=True)
def few_demo_faces(monkeypatch):
    """Noise stands in for the drawn faces."""
    from edgefer.engine import measure
    from edgefer.export import checkpoint

    def load(name, split):
        return (
            tiny_net.faces(split=split, seed=int(split == "PublicTest")) if name == "demo" else load_faces(name, split)
        )

    for module in (source, checkpoint, measure):
        monkeypatch.setattr(module, "load_faces", load)


@pytest.fixture
def onnx(tmp_path):
    return tiny_net.write(tmp_path / "tiny.onnx")


@pytest.fixture
def calibration(tmp_path):
    return make_calibration_set(screen(tiny_net.faces()), tiny_net.card(), 70, tmp_path / "set").folder


def test_a_file_for_a_cpu_is_built_and_every_command_takes_it(cli, onnx):
    done = cli("build-engine", onnx, "--precision", "int8", "--target", "cpu")
    file = Path("engines/tiny-int8-cpu/model.onnx")
    assert done.code == 0
    assert done.out.startswith(f"{file}: ")
    assert "INT8 for ONNX Runtime on a CPU" in done.out
    assert "computes in: 4 conv int8, 4 matmul float" in done.out
    assert "ranges by entropy" in done.out
    assert "points; worst emotion" in done.out
    assert f"next: edgefer benchmark {file} {onnx}" in done.err
    shown = cli("inspect", file.parent)
    assert shown.code == 0
    assert "calibration entropy" in shown.out
    assert "target cpu" in shown.out
    judged = cli("evaluate", file, "--data", "demo", "--json")
    assert judged.code == 0
    assert json.loads(judged.out)["precision"] == "int8"


def test_it_is_json_too(cli, onnx, calibration, tmp_path):
    done = cli(
        "build-engine", onnx, "--precision", "int8", "--target", "cpu", "--calibration", calibration, "--no-measure",
        "--calibration-method", "percentile", "--out", tmp_path / "out", "--json",
    )  # fmt: skip
    values = json.loads(done.out)
    assert values["onnx"] == str(tmp_path / "out" / "model.onnx")
    assert values["card"]["tools"]["calibration"] == "percentile 99.99"
    assert values["card"]["tools"]["target"] == "cpu"
    assert values["after"] is None
    assert values["unmeasured"] == "--no-measure was given"


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ((), "--target cpu is for INT8, not for fp16"),
        (("--precision", "fp32"), "--target cpu is for INT8, not for fp32"),
        (("--precision", "int8", "--target", "sm89"), "for a CPU or for GPUs, not for both"),
        (("--precision", "int8", "--strip"), "has no --strip"),
        (("--precision", "int8", "--dry-run"), "has no --dry-run"),
        (("--precision", "int8", "--flavour", "rtx", "--batch", "4"), "has no --flavour or --batch"),
    ],
)
def test_refusals(cli, onnx, options, reason):
    done = cli("build-engine", onnx, "--target", "cpu", *options)
    assert done.code == 2
    assert reason in one_line(done)
    assert not Path("engines").exists()


def test_an_engine_of_it_is_refused(cli, onnx, calibration):
    pytest.importorskip("tensorrt_rtx")
    cli("build-engine", onnx, "--precision", "int8", "--target", "cpu", "--calibration", calibration, "--no-measure")
    done = cli("build-engine", "engines/tiny-int8-cpu", "--precision", "int8")
    assert done.code == 1
    assert "INT8 for ONNX Runtime on a CPU: TensorRT compiles no unsigned activations" in one_line(done)


def test_a_method_reaches_the_engine_and_stands_in_its_card(cli, onnx, calibration):
    pytest.importorskip("tensorrt_rtx")
    line = (
        "build-engine",
        onnx,
        "--precision",
        "int8",
        "--calibration",
        calibration,
        "--no-measure",
        "--target",
        "sm89",
    )
    done = cli(*line, "--calibration-method", "minmax")
    assert done.code == 0, done.err
    assert "ranges by minmax" in done.out
    assert "calibration minmax" in cli("inspect", "engines/tiny-int8-rtx-sm89").out
    again = cli(*line, "--calibration-method", "minmax")
    assert "kept" in again.out, "made of the very same"
    other = cli(*line)
    assert "ranges by entropy" in other.out
    assert "kept" not in other.out.splitlines()[0], "another method makes another engine"


@pytest.mark.parametrize("precision", ["fp16", "fp8", "fp32"])
def test_a_method_without_int8_is_refused(cli, onnx, precision):
    pytest.importorskip("tensorrt_rtx")
    done = cli("build-engine", onnx, "--precision", precision, "--calibration-method", "minmax")
    assert done.code == 2
    assert f"--calibration-method is for INT8, not for {precision}" in one_line(done)


def test_a_method_for_a_file_that_has_its_ranges_is_refused(cli, onnx, calibration):
    pytest.importorskip("tensorrt_rtx")
    cli("build-engine", onnx, "--precision", "int8", "--calibration", calibration, "--no-measure", "--target", "sm89")
    done = cli(
        "build-engine", "engines/tiny-int8-rtx-sm89/int8.onnx", "--precision", "int8", "--calibration-method", "minmax"
    )
    assert done.code == 2
    assert "tiny is INT8 already, with ranges by entropy" in one_line(done)


def test_an_unknown_method_is_refused(cli, onnx):
    done = cli("build-engine", onnx, "--calibration-method", "kl")
    assert done.code == 2
    assert "minmax" in done.err
