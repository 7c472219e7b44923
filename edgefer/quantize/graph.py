"""Reading and writing ONNX graphs that carry a model card, and a look at the types in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from edgefer.card import KEY, ModelCard
from edgefer.errors import ArtifactError
from edgefer.paths import atomic_file
from edgefer.runtime.external import refuse_outside
from edgefer.runtime.onnx import read_card

_FIX = "write it with edgefer export"
_PRODUCTS = {"Conv": "conv", "ConvTranspose": "conv", "Gemm": "matmul", "MatMul": "matmul"}


def load(path: Path) -> tuple[Any, ModelCard]:
    """An ONNX model (onnx.ModelProto) and its card, which must describe its one input and one output.

    Raises ArtifactError when the file is missing, damaged, has no card, or does not fit it.
    """
    import onnx

    card = read_card(path)
    refuse_outside(path)
    try:
        model = onnx.load(str(path))
    except (OSError, onnx.checker.ValidationError) as error:
        raise ArtifactError(f"{path} lacks its external weights", _FIX) from error
    graph = model.graph
    constants = {item.name for item in graph.initializer}
    inputs = [item for item in graph.input if item.name not in constants]
    _check(path, "input", inputs, card.input.shape)
    _check(path, "output", list(graph.output), (len(card.labels),))
    return model, card


def save(model: Any, card: ModelCard, path: Path) -> None:
    """Check a model and write it as one file, with `card` inside and nothing else in its metadata."""
    import onnx

    del model.metadata_props[:]
    onnx.helper.set_model_props(model, {KEY: card.to_json()})
    onnx.checker.check_model(model, full_check=True)
    with atomic_file(path) as temporary:
        onnx.save(model, str(temporary))


def census(model: Any) -> dict[str, int]:
    """Convolutions and matrix products by arithmetic: `{"conv int8": 17, "matmul half": 6}`.

    `int8` (signed or not), `fp8`: both sides come from such values. `float`, `half` and `bfloat16`: float32, float16 and bfloat16. Types
    come from ONNX's own shape inference, so they are what a strongly typed network computes in.
    """
    import onnx

    inferred = onnx.shape_inference.infer_shapes(model).graph
    types = {item.name: item.data_type for item in inferred.initializer}
    for value in (*inferred.input, *inferred.value_info, *inferred.output):
        types[value.name] = value.type.tensor_type.elem_type
    names = {onnx.TensorProto.FLOAT: "float", onnx.TensorProto.FLOAT16: "half", onnx.TensorProto.BFLOAT16: "bfloat16"}
    steps = {onnx.TensorProto.INT8: "int8", onnx.TensorProto.UINT8: "int8", onnx.TensorProto.FLOAT8E4M3FN: "fp8"}
    quantised = {
        node.output[0]: steps.get(types.get(node.input[0], 0), "other")
        for node in inferred.node
        if node.op_type == "DequantizeLinear"
    }
    counts: dict[str, int] = {}
    for node in inferred.node:
        if node.op_type in _PRODUCTS:
            sides = {quantised.get(name, "") for name in node.input[:2]}
            computed = names.get(types.get(node.output[0], 0), "other")
            # Only where both sides are steps of one type is the product computed in it.
            arithmetic = sides.pop() if len(sides) == 1 and "" not in sides else computed
            key = f"{_PRODUCTS[node.op_type]} {arithmetic}"
            counts[key] = counts.get(key, 0) + 1
    return counts


def _check(path: Path, what: str, values: list[Any], shape: tuple[int, ...]) -> None:
    import onnx

    expected = f"float [batch, {', '.join(map(str, shape))}]"
    if len(values) != 1:
        raise ArtifactError(f"{path} has {len(values)} {what}s, but its card says one, {expected}", _FIX)
    tensor = values[0].type.tensor_type
    found = tuple(dim.dim_value or dim.dim_param for dim in tensor.shape.dim)
    if tensor.elem_type != onnx.TensorProto.FLOAT or found[1:] != shape:
        kind = onnx.TensorProto.DataType.Name(tensor.elem_type).lower()
        sizes = ", ".join(str(size or "?") for size in found)
        raise ArtifactError(f"the {what} of {path} is {kind} [{sizes}], but its card says {expected}", _FIX)
