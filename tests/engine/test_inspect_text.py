from __future__ import annotations

from pathlib import Path

import pytest

from edgefer.card import Measurement, Passport
from edgefer.engine.description import Description
from edgefer.engine.inspect_text import description_text, short_name
from tests import tiny_net


def measurement(accuracy: float) -> Measurement:
    return Measurement(
        dataset="fer2013", split="PublicTest", faces=3589, backend="onnxruntime cpu", accuracy=accuracy,
        balanced_accuracy=0.6, macro_f1=0.6, recall={"anger": 0.5},
    )  # fmt: skip


def test_an_engine_is_told_in_lines_and_its_layers_in_a_table():
    layers = [
        {"name": "__myl_MulCast_myl0_3", "kind": "other", "input": "half", "weights": "", "output": "fp8"},
        {"name": "node_Conv_81_myl0_1", "kind": "conv", "input": "fp8", "weights": "fp8", "output": ""},
    ]
    facts = {
        "batch": [1, 8, 32],
        "census": {"onnx conv fp8": 1, "onnx conv half": 1, "engine conv fp8": 1, "engine other half": 1},
        "weights bytes": 635270,
        "layers": [
            {**layer, "form": form, "arithmetic": layer["input"]}
            for layer, form in zip(layers, ("kgen", "x"), strict=True)
        ],
    }
    passport = Passport(
        flavour="tensorrt_rtx", version="1.7.1.116", targets=("sm89",), batch=(1, 8, 32), plan_sha256="", onnx_sha256="",
        before=measurement(0.65), after=measurement(0.6479),
    )  # fmt: skip
    found = Description("engine", Path("a.engine"), 2_440_000, facts, tiny_net.card(engine=passport), ("it is odd",))
    text = description_text(found)
    for line in (
        "engine       a.engine, 2.44 MB",
        "batch        1:8:32",
        "onnx has     1 conv fp8, 1 conv half",
        "engine has   1 conv fp8, 1 other half",
        "weights      0.64 MB",
        "before       65.00% on fer2013 PublicTest (3589 faces, onnxruntime cpu)",
        "after        64.79% on fer2013 PublicTest (3589 faces, onnxruntime cpu)",
        "PROBLEM      it is odd",
    ):
        assert " ".join(line.split()) in [" ".join(one.split()) for one in text.splitlines()]
    assert text.endswith(
        """2 fused layers:
layer         kind  computes in  gives
MulCast       kgen  half         fp8
node_Conv_81  conv  fp8          ?"""
    )


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("__myl_CorrCast_myl0_4", "CorrCast"),
        ("node_Conv_81_myl12_345", "node_Conv_81"),
        ("layer1.0.conv1 + relu", "layer1.0.conv1 + relu"),
        ("a" * 40 + "b" * 40, "a" * 20 + "..." + "b" * 20),
    ],
)
def test_names_are_shortened(name, short):
    assert short_name(name) == short
