from __future__ import annotations

import pytest

from edgefer.card import Precision
from edgefer.engine.census import count, prove
from edgefer.engine.layers import Layer
from edgefer.errors import BuildError


def test_both_witnesses_are_kept_apart():
    proof = prove(Precision.INT8, {"conv int8": 4, "matmul half": 2}, {"conv int8": 3, "other half": 5})
    assert proof == {"onnx conv int8": 4, "onnx matmul half": 2, "engine conv int8": 3, "engine other half": 5}


@pytest.mark.parametrize(
    ("precision", "graph", "engine", "words"),
    [
        (Precision.FP16, {"conv float": 4}, {}, "fp16 was asked for, but the ONNX graph holds 4 conv float"),
        (Precision.FP16, {"conv half": 4}, {"conv float": 4, "other half": 2}, "but the engine holds 4 conv float"),
        (Precision.FP16, {"conv half": 4}, {"conv float": 1, "conv half": 3}, "holds 1 conv float, 3 conv half"),
        (Precision.FP16, {"conv half": 4, "matmul float": 1}, {}, "the ONNX graph holds 4 conv half, 1 matmul float"),
        (
            Precision.BF16,
            {"conv bfloat16": 4},
            {"conv half": 4},
            "bf16 was asked for, but the engine holds 4 conv half",
        ),
        (Precision.INT8, {"conv int8": 4}, {"conv half x int8": 4}, "but the engine holds 4 conv half x int8"),
        (
            Precision.INT8,
            {"conv int8": 4},
            {"conv half x int8": 1, "conv int8": 3},
            "but the engine holds 1 conv half x",
        ),
        (
            Precision.INT8,
            {"conv int8": 4},
            {"conv half": 1, "conv int8": 3},
            "but the engine holds 1 conv half, 3 conv",
        ),
        (
            Precision.INT8,
            {"conv int8": 4, "matmul half": 2},
            {"conv half x int8": 1, "conv int8": 3},
            "but the engine holds 1 conv half x int8, 3 conv int8",
        ),
        (Precision.INT8, {"conv half": 4, "matmul half": 2}, {}, "but the ONNX graph holds 4 conv half, 2 matmul half"),
        (Precision.FP8, {"conv fp8": 4}, {"conv half": 4}, "fp8 was asked for, but the engine holds 4 conv half"),
        (
            Precision.FP8,
            {"conv fp8": 4},
            {"conv fp8": 1, "conv fp8 x half": 3},
            "but the engine holds 1 conv fp8, 3 conv",
        ),
        (Precision.FP32, {"conv half": 4}, {}, "fp32 was asked for"),
    ],
)
def test_a_precision_that_is_not_there_fails(precision, graph, engine, words):
    with pytest.raises(BuildError, match=words):
        prove(precision, graph, engine)


@pytest.mark.parametrize(
    ("precision", "graph", "engine"),
    [
        (Precision.FP16, {"conv half": 1}, {"other half": 3}),
        (Precision.FP16, {"conv half": 4}, {"conv float x half": 1, "conv half": 2, "matmul half": 1}),
        (Precision.INT8, {"conv int8": 4, "matmul half": 2}, {"conv int8": 3, "conv half": 2}),
        (Precision.INT8, {"conv int8": 3, "conv half": 1, "matmul half": 2}, {"conv int8": 3, "conv half": 1}),
        (Precision.FP8, {"conv fp8": 3, "conv half": 1}, {"conv fp8": 3, "conv half": 1, "matmul half": 9}),
    ],
)
def test_fusions_and_what_is_float_on_purpose_pass(precision, graph, engine):
    proof = prove(precision, graph, engine)
    assert sum(proof.values()) == sum(graph.values()) + sum(engine.values())


def test_layers_are_counted_by_kind_and_arithmetic():
    layers = [Layer("a", "conv", "int8", "int8"), Layer("b", "conv", "half", "int8"), Layer("c", "other", "float", "")]
    assert count([*layers, layers[0]]) == {"conv half x int8": 1, "conv int8": 2, "other float": 1}
