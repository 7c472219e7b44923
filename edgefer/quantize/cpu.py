"""INT8 for ONNX Runtime on a CPU: another form than TensorRT's, because other kernels are fast there.

Unsigned activations with zero points, symmetric INT8 weights with one scale a channel, INT32 biases. From the input of
the first convolution on, everything that integer kernels compute stays in integers: convolutions with the ReLU behind
them, residual sums, and pooling by maximum. Gates, averages and the classifier stay in float32.

x86 processors without VNNI add products of unsigned and signed bytes in 16 bits, which overflows without a word (ONNX
Runtime's documentation, "When to use reduce-range"). Weights of 7 bits would prevent it and cost accuracy everywhere;
`OnnxSession` takes other kernels on those processors instead.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edgefer.card import ModelCard, Precision
from edgefer.console import Step
from edgefer.quantize import graph
from edgefer.quantize.calibration import CalibrationSet
from edgefer.quantize.int8 import chosen, float_model
from edgefer.quantize.method import DEFAULT, PERCENTILE, Method
from edgefer.quantize.qdq import INT8_MOST, Rewriter, symmetric_scale
from edgefer.quantize.ranges import measure
from edgefer.runtime.session import Array

# What the card of such a file holds in its tools, under "target".
TARGET = "cpu"
# Half of what INT32 holds, so that a bias and the sum of products that it is added to fit together.
_BIAS_MOST = 2**30


def is_for_cpu(card: ModelCard) -> bool:
    """Whether a file is INT8 in the form for ONNX Runtime on a CPU, which no TensorRT compiles."""
    return card.tools.get("target") == TARGET


def to_cpu_int8(
    src: Path,
    calibration: CalibrationSet,
    dst: Path,
    method: Method = DEFAULT,
    keep: AbstractSet[str] = frozenset(),
    percentile: float = PERCENTILE,
    step: Step | None = None,
) -> ModelCard:
    """Write the INT8 copy of a float32 file for ONNX Runtime on a CPU.

    keep: names of convolutions left in float besides the gates. step: as of `measure`. Raises ArtifactError when the set
    was made for another model, and as `float_model`, `chosen` and `measure`.
    """
    from onnx import numpy_helper

    model, card = float_model(src)
    calibration.check(card, src)
    names = chosen(src, model, keep)
    sources = integers(model, names)
    ranges = measure(model, sources.values(), calibration, step, method, percentile)
    scales = {tensor: affine(*ranges[source]) for tensor, source in sources.items()}
    _separate_biases(model, names)
    rewriter = Rewriter(model)
    for node in list(model.graph.node):
        if node.name in names:
            _store_steps(rewriter, node, scales[node.input[0]][0])
        for index, tensor in enumerate(node.input):
            if tensor in scales:
                scale, zero = scales[tensor]
                rewriter.take_through(node, index, scale, numpy_helper.from_array(zero))
    rewriter.finish()
    tools = {**card.tools, "calibration": ranges.how, "target": TARGET}
    card = card.but(precision=Precision.INT8, tools=tools)
    graph.save(model, card, dst)
    return card


def affine(low: float, high: float) -> tuple[Array, npt.NDArray[np.uint8]]:
    """Scale, float32, and zero point, uint8, of a range with low <= 0 <= high; scale 1 where there is nothing in it."""
    scale = np.float32((np.float64(high) - np.float64(low)) / 255)
    if scale < np.finfo(np.float32).tiny:
        return np.asarray(1, np.float32), np.asarray(0, np.uint8)
    return np.asarray(scale), np.asarray(np.rint(-np.float64(low) / scale).clip(0, 255), np.uint8)


def steps_of(
    weights: Array, bias: Array | None, scale: float
) -> tuple[npt.NDArray[np.int8], Array, npt.NDArray[np.int32]]:
    """INT8 weights `[O, ...]`, their scales, float32 `[O]`, and the bias, int32 `[O]`, in steps of both scales.

    scale: of what the weights are multiplied with. Where weights are so small that their bias would not fit into INT32,
    their scale is made large enough.
    """
    peaks = np.abs(weights).reshape(len(weights), -1).max(axis=1)
    offsets = np.zeros(len(weights), np.float64) if bias is None else bias.astype(np.float64)
    scales = np.maximum(symmetric_scale(peaks), (np.abs(offsets) / scale / _BIAS_MOST).astype(np.float32))
    steps = np.rint(weights / scales.reshape(-1, *(1,) * (weights.ndim - 1))).clip(-INT8_MOST, INT8_MOST)
    return steps.astype(np.int8), scales, np.rint(offsets / (scale * scales.astype(np.float64))).astype(np.int32)


def integers(model: Any, names: Collection[str]) -> dict[str, str]:
    """Tensors that are held in steps when the convolutions `names` are quantised, each with the one that ranges it.

    They are what the convolutions take and give, both sides of a sum that takes one of these and what it gives, and what
    pooling by maximum gives of one, which has its range too. A result that goes into nothing but ReLU is held behind it,
    where zero is the lowest step: ONNX Runtime then drops the ReLU, since quantising cuts off the same.
    """
    users = _users(model)
    stored = {item.name for item in model.graph.initializer}
    found: dict[str, str] = {}
    for node in model.graph.node:
        given = _behind_relu(node, users)
        if node.op_type == "Conv" and node.name in names:
            found.setdefault(node.input[0], node.input[0])
            found[given] = given
        elif node.op_type == "Add" and found.keys() & set(node.input) and not stored & set(node.input):
            found |= {tensor: found.get(tensor, tensor) for tensor in node.input}
            found[given] = given
        elif node.op_type == "MaxPool" and node.input[0] in found and len(node.output) == 1:
            found[node.output[0]] = found[node.input[0]]
    return found


def _users(model: Any) -> dict[str, list[Any]]:
    """The nodes that take each tensor; a tensor that the graph gives has None among them."""
    users: dict[str, list[Any]] = {value.name: [None] for value in model.graph.output}
    for node in model.graph.node:
        for tensor in node.input:
            users.setdefault(tensor, []).append(node)
    return users


def _behind_relu(node: Any, users: dict[str, list[Any]]) -> str:
    """What a node gives, or what ReLU makes of it where nothing else takes it."""
    takers = users.get(node.output[0], [])
    only = takers[0] if len(takers) == 1 else None
    return str(only.output[0] if only is not None and only.op_type == "Relu" else node.output[0])


def _separate_biases(model: Any, names: Collection[str]) -> None:
    """Give each convolution a bias of its own: its steps depend on the scale of what the convolution takes.

    ONNX Runtime takes no integer kernel for another scale, and before 1.20 or so a wrong bias.
    """
    stored = {item.name: item for item in model.graph.initializer}
    seen: set[str] = set()
    for node in model.graph.node:
        if node.name in names and len(node.input) > 2:
            if node.input[2] in seen:
                own = model.graph.initializer.add()
                own.CopyFrom(stored[node.input[2]])
                node.input[2] = own.name = f"{node.name}.own_bias"
            seen.add(node.input[2])


def _store_steps(rewriter: Rewriter, node: Any, scale: Array) -> None:
    from onnx import numpy_helper

    weights = rewriter.weights(node, 1)
    bias = rewriter.weights(node, 2) if len(node.input) > 2 else None
    steps, scales, offsets = steps_of(weights, bias, float(scale))
    rewriter.store_as(
        node, 1, numpy_helper.from_array(steps), scales, numpy_helper.from_array(np.zeros(len(scales), np.int8))
    )
    if bias is not None:
        both = (np.float64(scale) * scales.astype(np.float64)).astype(np.float32)
        zeros = numpy_helper.from_array(np.zeros(len(scales), np.int32))
        rewriter.store_as(node, 2, numpy_helper.from_array(offsets), both, zeros)
