from __future__ import annotations

import json

import pytest

from edgefer.card import Precision
from edgefer.engine.census import Layer, count, layers_from_inspector, layers_from_log, prove
from edgefer.errors import BuildError

# Shortened lines of a TensorRT-RTX 1.7 build log.
LOG = """Layers:
Name: shape, LayerType: shape_call, Inputs: [], Constants: [], Outputs: [], TacticName: , StreamId: 0
Name: stem_U19, LayerType: correlation, Inputs: [ { Name: a, Dimensions: [-1,1,32,32], Strides: [1], Datatype: Int8, Format: (NHWC) }], \
Constants: [ { Name: w, Dimensions: [16,1,3,3], Strides: [9], Datatype: Int8, Format: (NHWC) }, { Name: s, Dimensions: [16], Strides: [1], \
Datatype: Float, Format: x }], Outputs: [ { Name: o, Dimensions: [-1,16,32,32], Strides: [1], Datatype: Float, Format: x }], TacticName: t
Name: conv_U2, LayerType: correlation, Inputs: [ { Name: a, Dimensions: [-1,16,8,8], Strides: [1], Datatype: Half, Format: x }], \
Constants: [ { Name: b, Dimensions: [1], Strides: [1], Datatype: Float, Format: x }, { Name: w, Dimensions: [16,16,3,3], Strides: [9], \
Datatype: Int8, Format: x }], Outputs: [], TacticName: t
Name: __myl_FcAddRelu_8, LayerType: runtime_fusion, Inputs: [ { Name: g, Dimensions: [-1,16], Strides: [1], Datatype: Half, Format: x }], \
Constants: [ { Name: b, Dimensions: [1,8], Strides: [1], Datatype: Float, Format: x }, { Name: w, Dimensions: [16,8], Strides: [1], \
Datatype: Half, Format: x }], Outputs: [], TacticName: t
Name: __myl_Mean_7, LayerType: kgen, Inputs: [ { Name: g, Dimensions: [-1,16,8,8], Strides: [1], Datatype: Float, Format: x }], Constants: [], \
Outputs: [], TacticName: t

I/O Tensors:
 Name: pixels, IOMode: Input, DataType: Float
"""

# As NVIDIA's developer guide prints TensorRT 8 to 10's engine inspector, and with TensorRT 11's split keys.
INSPECTOR = {
    "Layers": [
        {
            "Name": "conv1",
            "LayerType": "CaskConvolution",
            "Inputs": [
                {
                    "Name": "a",
                    "Dimensions": [16, 512, 28, 28],
                    "Format/Datatype": "Thirty-two wide channel vectorized row major Int8 format",
                }
            ],
            "ParameterType": "Convolution",
            "Weights": {"Type": "Int8", "Count": 131072},
        },
        {
            "Name": "conv2",
            "LayerType": "CaskConvolution",
            "Inputs": [{"Name": "a", "Dimensions": [-1, 128, 14, 14], "Format/Datatype": "N/A due to dynamic shapes"}],
            "Weights": {"Type": "Int8", "Count": 13824},
        },
        {
            "Name": "fc",
            "LayerType": "CaskGemmMatrixMultiply",
            "Inputs": [{"Name": "b", "Dimensions": [8, 256], "Datatype": "Half", "Format": "Row major linear"}],
        },
        {
            "Name": "pool",
            "LayerType": "kgen",
            "Inputs": [{"Name": "b", "Format/Datatype": "Row major linear FP16 format"}],
        },
        {"Name": "shape", "LayerType": "shape_call", "Inputs": []},
    ],
    "Bindings": ["pixels", "logits"],
}


def test_the_build_log_is_read():
    layers = layers_from_log(LOG)
    assert layers == [
        Layer("stem_U19", "conv", "int8", "int8"),
        Layer("conv_U2", "conv", "half", "int8"),
        Layer("__myl_FcAddRelu_8", "matmul", "half", "half"),
        Layer("__myl_Mean_7", "other", "float", ""),
    ]
    assert count(layers) == {"conv half x int8": 1, "conv int8": 1, "matmul half": 1, "other float": 1}


def test_the_inspector_is_read_and_untold_types_are_left_out():
    assert layers_from_inspector(json.dumps(INSPECTOR)) == [
        Layer("conv1", "conv", "int8", "int8"),
        Layer("fc", "matmul", "half", ""),
        Layer("pool", "other", "half", ""),
    ]


@pytest.mark.parametrize("text", ["", "no table", "Layers:\nName: a, LayerType: b", "[]", '{"Layers": ["conv1"]}', "{"])
def test_text_in_another_form_is_no_witness(text):
    assert layers_from_log(text) == []
    assert layers_from_inspector(text) == []


def test_both_witnesses_are_kept_apart():
    proof = prove(Precision.INT8, {"conv int8": 4, "matmul half": 2}, {"conv int8": 3, "other half": 5})
    assert proof == {"onnx conv int8": 4, "onnx matmul half": 2, "engine conv int8": 3, "engine other half": 5}


@pytest.mark.parametrize(
    ("precision", "graph", "engine", "words"),
    [
        (Precision.FP16, {"conv float": 4}, {}, "fp16 was asked for, but the ONNX graph holds 4 conv float"),
        (Precision.FP16, {"conv half": 4}, {"conv float": 4, "other half": 2}, "but the engine holds 4 conv float"),
        (Precision.INT8, {"conv int8": 4}, {"conv half x int8": 4}, "but the engine holds 4 conv half x int8"),
        (Precision.INT8, {"conv half": 4, "matmul half": 2}, {}, "but the ONNX graph holds 4 conv half, 2 matmul half"),
        (Precision.FP32, {"conv half": 4}, {}, "fp32 was asked for"),
    ],
)
def test_a_precision_that_is_not_there_fails(precision, graph, engine, words):
    with pytest.raises(BuildError, match=words):
        prove(precision, graph, engine)


def test_an_engine_that_tells_nothing_leaves_the_graph_as_the_witness():
    assert prove(Precision.FP16, {"conv half": 1}, {"other half": 3}) == {"onnx conv half": 1, "engine other half": 3}
