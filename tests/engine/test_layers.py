from __future__ import annotations

import json

import pytest

from edgefer.engine.layers import Layer, layers_from_inspector, layers_from_log

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
Name: __myl_CorrCast_myl0_4, LayerType: runtime_fusion, Inputs: [ { Name: c, Dimensions: [1,8,24,24], Strides: [1], Datatype: BFloat16, Format: x }], \
Constants: [ { Name: b, Dimensions: [1,16,1,1], Strides: [1], Datatype: Float, Format: x }, { Name: w, Dimensions: [16,8,3,3], Strides: [9], \
Datatype: BFloat16, Format: x }], Outputs: [ { Name: o, Dimensions: [1,16,24,24], Strides: [1], Datatype: Float, Format: x }], TacticName: t
Name: __myl_ReshMulSumAddRelu_myl0_28, LayerType: kgen, Inputs: [ { Name: c, Dimensions: [1,256,1,1], Strides: [1], Datatype: Half, Format: x }], \
Constants: [ { Name: b, Dimensions: [1,128], Strides: [1], Datatype: Half, Format: x }, { Name: w, Dimensions: [256,128], Strides: [1], Datatype: Half, \
Format: x }], Outputs: [ { Name: o, Dimensions: [1,128], Strides: [1], Datatype: Half, Format: x }], TacticName: t
Name: __myl_MulSum_myl0_3, LayerType: kgen, Inputs: [ { Name: c, Dimensions: [1,256,1,1], Strides: [1], Datatype: Half, Format: x }], \
Constants: [ { Name: s, Dimensions: [1,256,1,1], Strides: [1], Datatype: Half, Format: x }], Outputs: [], TacticName: t
Name: __myl_AddRelu_myl0_3, LayerType: kgen, Inputs: [ { Name: c, Dimensions: [64,32], Strides: [1], Datatype: Half, Format: x }], \
Constants: [ { Name: s, Dimensions: [64,32], Strides: [1], Datatype: Half, Format: x }], Outputs: [], TacticName: t
Name: node_Conv_82, LayerType: correlation, Inputs: [ { Name: c, Dimensions: [1,8,24,24], Strides: [1], Datatype: FP8, Format: x }], \
Constants: [ { Name: w, Dimensions: [16,8,3,3], Strides: [1], Datatype: FP8, Format: x }], Outputs: [ { Name: o, Dimensions: [1,16,24,24], \
Strides: [1], Datatype: Half, Format: x }], TacticName: t

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
            "Outputs": [{"Name": "p", "Format/Datatype": "Row major linear FP32"}],
        },
        {"Name": "shape", "LayerType": "shape_call", "Inputs": []},
    ],
    "Bindings": ["pixels", "logits"],
}


def test_the_build_log_is_read():
    layers = layers_from_log(LOG)
    assert layers == [
        Layer("stem_U19", "conv", "int8", "int8", "float", "correlation"),
        Layer("conv_U2", "conv", "half", "int8", "", "correlation"),
        Layer("__myl_FcAddRelu_8", "matmul", "half", "half", "", "runtime_fusion"),
        Layer("__myl_Mean_7", "other", "float", "", "", "kgen"),
        Layer("__myl_CorrCast_myl0_4", "conv", "bfloat16", "bfloat16", "float", "runtime_fusion"),
        Layer("__myl_ReshMulSumAddRelu_myl0_28", "matmul", "half", "half", "half", "kgen"),
        Layer("__myl_MulSum_myl0_3", "other", "half", "", "", "kgen"),
        Layer("__myl_AddRelu_myl0_3", "other", "half", "", "", "kgen"),
        Layer("node_Conv_82", "conv", "fp8", "fp8", "half", "correlation"),
    ]
    assert [layer.arithmetic for layer in layers[:4]] == ["int8", "half x int8", "half", "float"]


def test_the_inspector_is_read_and_untold_types_are_left_out():
    assert layers_from_inspector(json.dumps(INSPECTOR)) == [
        Layer("conv1", "conv", "int8", "int8", "", "CaskConvolution"),
        Layer("fc", "matmul", "half", "", "", "CaskGemmMatrixMultiply"),
        Layer("pool", "other", "half", "", "float", "kgen"),
    ]


@pytest.mark.parametrize("text", ["", "no table", "Layers:\nName: a, LayerType: b", "[]", '{"Layers": ["conv1"]}', "{"])
def test_text_in_another_form_is_no_witness(text):
    assert layers_from_log(text) == []
    assert layers_from_inspector(text) == []
