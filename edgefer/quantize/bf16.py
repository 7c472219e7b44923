"""A bfloat16 copy of an ONNX file, with float32 input and output.

Every weight and every operation becomes bfloat16: float32's range in 16 bits, so nothing overflows and nothing vanishes,
but 8 significant bits against float16's 11. Pixels enter as whole numbers 0..255, which bfloat16 holds exactly.
onnxconverter-common writes float16 alone, so this conversion is edgefer's own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edgefer.card import ModelCard, Precision
from edgefer.errors import BackendError, BuildError
from edgefer.quantize import graph

# The first in which convolutions and pools take bfloat16.
_OPSET = 22
_ANOTHER = "build with --precision fp16"


def to_bf16(src: Path, dst: Path) -> ModelCard:
    """Write the bfloat16 copy of a float32 file; the card inside says so.

    Raises BuildError when the file is not float32, holds a weight that is not finite or an operation that has no
    bfloat16, BackendError when the installed onnx is too old to know bfloat16 convolutions (before 1.17).
    """
    import onnx

    model, card = graph.load(src)
    if card.precision is not Precision.FP32:
        raise BuildError(f"{src} is {card.precision.value} already", "start from the float32 file")
    if onnx.defs.onnx_opset_version() < _OPSET:
        raise BackendError(f"BF16 needs onnx 1.17 or later, not {onnx.__version__}", "pip install -U onnx")
    try:
        model = onnx.version_converter.convert_version(model, _OPSET)
    except RuntimeError as error:
        raise BuildError(f"{src} cannot be brought to opset {_OPSET}, which BF16 needs", _ANOTHER) from error
    _check_operators(src, model)
    _convert(src, model)
    card = card.but(precision=Precision.BF16)
    try:
        graph.save(model, card, dst)
    except onnx.shape_inference.InferenceError as error:
        reason = str(error).splitlines()[0][:200]
        raise BuildError(f"{src} holds a float32 that must stay one: {reason}", _ANOTHER) from error
    return card


def round_to_bfloat16(values: npt.ArrayLike) -> npt.NDArray[np.uint16]:
    """The bits of float32 values in bfloat16, rounded to nearest, ties to even; the values must be finite."""
    bits = np.asarray(values, np.float32).view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)


def _check_operators(src: Path, model: Any) -> None:
    """Every operation on floats must be one that ONNX defines for bfloat16."""
    import onnx

    for node in model.graph.node:
        schema = onnx.defs.get_schema(node.op_type, _OPSET, node.domain)
        kinds = {kind for constraint in schema.type_constraints for kind in constraint.allowed_type_strs}
        subgraph = any(attribute.type == onnx.AttributeProto.GRAPH for attribute in node.attribute)
        if subgraph or ("tensor(float)" in kinds and "tensor(bfloat16)" not in kinds):
            raise BuildError(f"{node.op_type} ({node.name}) in {src} has no BF16", _ANOTHER)


def _convert(src: Path, model: Any) -> None:
    """Turn all float32 in the graph to bfloat16, and put a cast at its input and its output."""
    from onnx import TensorProto, helper

    body = model.graph
    for item in body.initializer:
        _convert_tensor(src, item)
    for node in body.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                _convert_tensor(src, attribute.t)
            elif node.op_type == "Cast" and attribute.name == "to" and attribute.i == TensorProto.FLOAT:
                attribute.i = TensorProto.BFLOAT16
    pixels, logits = body.input[0].name, body.output[0].name
    renamed = {pixels: f"{pixels}_bfloat16", logits: f"{logits}_bfloat16"}
    for node in body.node:
        node.input[:] = [renamed.get(name, name) for name in node.input]
        node.output[:] = [renamed.get(name, name) for name in node.output]
    first = helper.make_node("Cast", [pixels], [renamed[pixels]], name=f"{pixels}_cast", to=TensorProto.BFLOAT16)
    last = helper.make_node("Cast", [renamed[logits]], [logits], name=f"{logits}_cast", to=TensorProto.FLOAT)
    body.node.insert(0, first)
    body.node.append(last)
    # Types told of tensors inside are those of float32.
    del body.value_info[:]


def _convert_tensor(src: Path, tensor: Any) -> None:
    from onnx import TensorProto, helper, numpy_helper

    if tensor.data_type != TensorProto.FLOAT:
        return
    values = numpy_helper.to_array(tensor)
    if not np.isfinite(values).all():
        raise BuildError(f"{tensor.name} in {src} holds values that are not finite", "train or export the model again")
    bits = round_to_bfloat16(values).astype("<u2").tobytes()
    tensor.CopyFrom(helper.make_tensor(tensor.name, TensorProto.BFLOAT16, values.shape, bits, raw=True))
