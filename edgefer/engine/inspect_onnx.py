"""What is this ONNX file? Read without running it and without its external weights."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path, PurePath
from typing import Any

from edgefer.card import KEY, ModelCard
from edgefer.engine.description import Description
from edgefer.errors import ArtifactError
from edgefer.quantize import graph
from edgefer.runtime.onnx import read_graph
from edgefer.runtime.weights import tensor_bytes

_FIX = "write it with edgefer export"
_QUANTISERS = ("QuantizeLinear", "DequantizeLinear")


def describe_onnx(path: Path) -> Description:
    """Facts of an ONNX file; raises ArtifactError when it is damaged.

    `parameters`: stored numbers besides shapes, scales and zero points. `weights`: stored numbers by type, all of them.
    `quantisers`: nodes that go to INT8 or FP8 and back, where there are any.
    """
    import onnx

    model = read_graph(path)
    if not model.graph.node:
        raise ArtifactError(f"{path} is not an ONNX file, or is empty", _FIX)
    metadata = {item.key: item.value for item in model.metadata_props}
    card = ModelCard.from_json(metadata[KEY], str(path)) if KEY in metadata else None
    problems = (*_problems_of_weights(model), *_problems_of_card(model, card))
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


def _problems_of_weights(model: Any) -> list[str]:
    """Weights that lie: outside the file's folder, or fewer bytes than they announce."""
    import onnx

    problems = []
    places = {
        entry.value
        for item in model.graph.initializer
        if item.data_location == onnx.TensorProto.EXTERNAL
        for entry in item.external_data
        if entry.key == "location"
    }
    outside = sorted(place for place in places if PurePath(place).is_absolute() or ".." in PurePath(place).parts)
    if outside:
        problems.append(f"its weights are said to be in {outside[0]}, outside its folder")
    inside = [item for item in model.graph.initializer if item.HasField("raw_data")]
    if any(len(item.raw_data) != tensor_bytes(item) for item in inside) and not outside:
        problems.append("its weights announce other sizes than they have")
    return problems


def _problems_of_card(model: Any, card: ModelCard | None) -> list[str]:
    """Where the graph takes or gives something else than its card says."""
    if card is None:
        return ["it holds no edgefer model card, so its labels and preprocessing are unknown"]
    constants = {item.name for item in model.graph.initializer}
    inputs = [item for item in model.graph.input if item.name not in constants]
    outputs = list(model.graph.output)
    if len(inputs) != 1 or len(outputs) != 1:
        return [f"it has {len(inputs)} inputs and {len(outputs)} outputs, not one of each"]
    problems = []
    takes, gives = _sizes(inputs[0])[1:], _sizes(outputs[0])[-1:]
    if any(takes) and takes != list(card.input.shape):
        problems.append(f"it takes {_tensor(inputs[0])}, but its card says {card.input.shape}")
    if any(gives) and gives != [len(card.labels)]:
        problems.append(f"it gives {gives[0]} values, but its card has {len(card.labels)} labels")
    return problems


def _sizes(value: Any) -> list[int]:
    """A tensor's dimensions, 0 for one that is not fixed."""
    return [dim.dim_value for dim in value.type.tensor_type.shape.dim]


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
