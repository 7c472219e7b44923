"""bfloat16 networks in float32: ONNX Runtime has no bfloat16 arithmetic on CPUs.

The same graph, with every value rounded to bfloat16 where the network would hold one. Products are summed in float32, as
GPUs do, so what differs from an engine is the order of sums, and roundings that the engine's fusions leave out.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def in_float32(model: Any) -> Any:
    """A copy of a bfloat16 ONNX model (onnx.ModelProto) that computes in float32 and rounds after every operation."""
    import onnx
    from onnx import TensorProto, helper

    types = {
        value.name: value.type.tensor_type.elem_type
        for value in onnx.shape_inference.infer_shapes(model).graph.value_info
    }
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    body = copy.graph
    for item in body.initializer:
        _widen(item)
    nodes = list(body.node)
    del body.node[:], body.value_info[:]
    for node in nodes:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                _widen(attribute.t)
            elif node.op_type == "Cast" and attribute.name == "to" and attribute.i == TensorProto.BFLOAT16:
                attribute.i = TensorProto.FLOAT
        outputs = list(node.output)
        narrow = [name for name in outputs if types.get(name) == TensorProto.BFLOAT16]
        node.output[:] = [f"{name}_exact" if name in narrow else name for name in outputs]
        body.node.append(node)
        for name in narrow:
            body.node.append(helper.make_node("Cast", [f"{name}_exact"], [f"{name}_rounded"], to=TensorProto.BFLOAT16))
            body.node.append(helper.make_node("Cast", [f"{name}_rounded"], [name], to=TensorProto.FLOAT))
    return copy


def _widen(tensor: Any) -> None:
    from onnx import TensorProto, numpy_helper

    if tensor.data_type == TensorProto.BFLOAT16:
        values = np.asarray(numpy_helper.to_array(tensor)).astype(np.float32)
        tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))
