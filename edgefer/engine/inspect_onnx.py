"""What is this ONNX file? Read without running it and without its external weights."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from typing import Any

from edgefer.card import KEY, ModelCard
from edgefer.engine.description import Description
from edgefer.errors import ArtifactError
from edgefer.quantize import graph

_FIX = "write it with edgefer export"
_QUANTISERS = ("QuantizeLinear", "DequantizeLinear")


def describe_onnx(path: Path) -> Description:
    """Facts of an ONNX file; raises ArtifactError when it is damaged.

    `parameters`: stored numbers besides shapes, scales and zero points. `weights`: stored numbers by type, all of them.
    `quantisers`: nodes that go to INT8 or FP8 and back, where there are any.
    """
    import onnx
    from google.protobuf.message import DecodeError

    try:
        model = onnx.load(str(path), load_external_data=False)
    except (DecodeError, ValueError) as error:
        raise ArtifactError(f"{path} is not an ONNX file, or is damaged", _FIX) from error
    if not model.graph.node:
        raise ArtifactError(f"{path} is not an ONNX file, or is empty", _FIX)
    metadata = {item.key: item.value for item in model.metadata_props}
    card = ModelCard.from_json(metadata[KEY], str(path)) if KEY in metadata else None
    problems = () if card else ("it holds no edgefer model card, so its labels and preprocessing are unknown",)
    weights: Counter[str] = Counter()
    for item in model.graph.initializer:
        weights[onnx.TensorProto.DataType.Name(item.data_type).lower()] += math.prod(item.dims)
    operators = Counter(node.op_type for node in model.graph.node)
    quantisers = {kind: operators[kind] for kind in _QUANTISERS if kind in operators}
    constants = {item.name for item in model.graph.initializer}
    facts = {
        "input": [_tensor(item) for item in model.graph.input if item.name not in constants],
        "output": [_tensor(item) for item in model.graph.output],
        "opset": {item.domain or "ai.onnx": item.version for item in model.opset_import},
        "made by": f"{model.producer_name} {model.producer_version}".strip(),
        "parameters": _parameters(model),
        "weights": dict(weights.most_common()),
        **({"quantisers": quantisers} if quantisers else {}),
        "operators": dict(operators.most_common()),
        "census": graph.census(model),
    }
    return Description("onnx", path, path.stat().st_size, facts, card, problems)


def _parameters(model: Any) -> int:
    import onnx

    steps = {name for node in model.graph.node if node.op_type in _QUANTISERS for name in node.input[1:]}
    whole = {onnx.TensorProto.INT64, onnx.TensorProto.INT32, onnx.TensorProto.BOOL}
    stored = [item for item in model.graph.initializer if item.name not in steps and item.data_type not in whole]
    return sum(math.prod(item.dims) for item in stored)


def _tensor(value: Any) -> str:
    import onnx

    tensor = value.type.tensor_type
    sizes = ", ".join(str(dim.dim_value or dim.dim_param or "?") for dim in tensor.shape.dim)
    return f"{value.name}: {onnx.TensorProto.DataType.Name(tensor.elem_type).lower()} [{sizes}]"
