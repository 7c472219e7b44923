"""Every precision of every network that edgefer is for, compiled by TensorRT-RTX.

Student S and C are the ones in the package, the others are exported untrained at the papers' 48 px.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import edgefer
from edgefer.card import InputSpec, ModelCard, Precision, Provenance
from edgefer.emotions import FER2013
from edgefer.engine.build import build_engine
from edgefer.quantize.calibration import make_calibration_set
from edgefer.quantize.pool import screen
from edgefer.runtime.onnx import read_card
from edgefer.trt.flavour import load
from edgefer.trt.plan import read_header
from tests import tiny_net

STUDENTS = Path(edgefer.__file__).parent / "students"
CONVOLUTIONS = 12
# The type of all convolutions; FP8 keeps the first in half precision.
EXPECTED = {
    "fp32": ({"float": 12}, "float"),
    "fp16": ({"half": 12}, "half"),
    "bf16": ({"bfloat16": 12}, "bfloat16"),
    "int8": ({"int8": 12}, "half"),
    "fp8": ({"fp8": 11, "half": 1}, "half"),
}


def exported(architecture: str, out: Path) -> Path:
    import torch

    from edgefer.export.onnx import export_onnx
    from edgefer.models.network import Network
    from edgefer.models.registry import build
    from edgefer.models.resemotenet import count_parameters

    torch.manual_seed(0)
    body = build(architecture, channels=1, classes=len(FER2013))
    card = ModelCard(
        name=architecture,
        architecture=architecture,
        parameters=count_parameters(body),
        labels=FER2013,
        input=InputSpec(height=48, width=48),
        provenance=Provenance(dataset="noise", splits=("Training",)),
    )
    pixels = np.random.default_rng(0).integers(0, 256, (2, 1, 48, 48)).astype(np.float32)
    export_onnx(Network(body, card.input).eval(), card, out, pixels)
    return out


@pytest.mark.parametrize(
    ("network", "batch"),
    [
        ("fer2013-s", (1, 8, 32)),
        ("fer2013-c-best", (1, 8, 32)),
        ("mini-resemotenet-b", (1, 1, 1)),
        ("mini-resemotenet-a", (1, 1, 1)),
        ("resemotenet", (1, 1, 1)),
    ],
)
def test_every_precision_is_compiled_and_is_what_it_says(tmp_path, network, batch):
    rtx = pytest.importorskip("tensorrt_rtx")
    shipped = STUDENTS / f"{network}.onnx"
    own = tmp_path / "network.onnx"
    onnx = shipped if shipped.is_file() else exported(network, own)
    calibration = make_calibration_set(screen(tiny_net.faces()), read_card(onnx), 7, tmp_path / "set")
    weights = {}
    for precision in Precision:
        # FP8 for both generations at once, each other one for its own.
        targets = ["sm89", "sm120"] if precision is Precision.FP8 else ["sm89"]
        built = build_engine(
            onnx,
            precision,
            tmp_path / precision.value,
            calibration=calibration,
            targets=targets,
            batch=batch,
            flavour="tensorrt_rtx",
        )
        header, passport = read_header(built.engine), built.card.engine
        assert (header.flavour, header.version) == ("tensorrt_rtx", rtx.__version__)
        assert passport.targets == tuple(targets)
        assert passport.batch == batch
        details = json.loads((built.folder / "layers.json").read_text())
        weights[precision.value] = details["weights_bytes"]
        _check(precision.value, passport.census, details["layers"])
        shutil.rmtree(built.folder)  # the teacher's are 600 MB together
    own.unlink(missing_ok=True)
    assert weights["fp32"] > 1.8 * weights["fp16"]
    assert weights["fp16"] == pytest.approx(weights["bf16"], rel=0.02)
    assert weights["int8"] < weights["fp16"]
    assert weights["fp8"] < weights["fp16"]


def _check(precision, census, layers):
    convolutions, rest = EXPECTED[precision]
    graph = {key.split(" ", 2)[2]: number for key, number in census.items() if key.startswith("onnx conv ")}
    assert graph == convolutions, precision
    assert {key for key in census if key.startswith("onnx matmul")} == {f"onnx matmul {rest}"}, precision
    products = [layer for layer in layers if layer["kind"] != "other"]
    # Both sides of every product, as the plan's own table has them.
    sides = {(layer["input"], layer["weights"]) for layer in products if layer["kind"] == "conv"}
    assert sides == {(kind, kind) for kind in convolutions}, precision
    assert {layer["input"] for layer in products if layer["kind"] == "matmul"} <= {rest}, precision
    compiled = Counter(layer["input"] for layer in products if layer["kind"] == "conv")
    # A convolution of 1x1 pixels may be compiled as a matrix product where nothing is quantised.
    fewest = dict(convolutions) if len(convolutions) > 1 or precision == "int8" else {rest: CONVOLUTIONS - 1}
    assert all(fewest[kind] <= compiled[kind] <= convolutions[kind] for kind in convolutions), precision
    assert len(products) >= CONVOLUTIONS + 5, precision


def test_int8_is_computed_in_int8_on_every_generation_that_has_it(tmp_path):
    """Its support matrix lists INT8 as a format of weights alone; what it compiles says more."""
    pytest.importorskip("tensorrt_rtx")
    onnx = tiny_net.write(tmp_path / "a.onnx")
    calibration = make_calibration_set(screen(tiny_net.faces()), tiny_net.card(), 7, tmp_path / "set")
    for target in load("tensorrt_rtx").targets:
        if target == "sm75":  # refused: see test_arithmetic
            continue
        built = build_engine(
            onnx, Precision.INT8, tmp_path / "e", calibration=calibration, targets=[target], flavour="tensorrt_rtx"
        )
        census = built.card.engine.census
        assert {key: census[key] for key in census if key.startswith("engine conv")} == {"engine conv int8": 4}, target
