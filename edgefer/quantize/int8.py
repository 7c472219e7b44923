"""INT8 by explicit quantise/dequantise nodes, in the one form that every TensorRT since 10 and TensorRT-RTX compile.

Symmetric INT8 on both sides, one scale a tensor for activations and one a channel for weights, biases left in float.
Only convolutions are quantised, on their inputs alone, so that bias, residual sum and activation fuse behind them;
squeeze-and-excitation gates and the classifier stay in float, where rounding would reach every label at once.
The weights are stored as INT8.

A model's ranges are measured once (`measure_int8`) and may be written many times (`write_ranges`), each time with other
convolutions kept in float.
"""

from __future__ import annotations

import difflib
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

from edgefer.card import ModelCard, Precision
from edgefer.console import Step
from edgefer.errors import BuildError, UsageError
from edgefer.quantize import graph
from edgefer.quantize.calibration import CalibrationSet
from edgefer.quantize.method import DEFAULT, PERCENTILE, Method
from edgefer.quantize.qdq import Rewriter
from edgefer.quantize.ranges import Ranges, measure
from edgefer.quantize.titles import titles

_GATES = {"Sigmoid", "HardSigmoid"}
# The first in which QuantizeLinear and DequantizeLinear take one scale a channel.
_OLDEST_OPSET = 13


def to_int8(
    src: Path,
    calibration: CalibrationSet,
    dst: Path,
    method: Method = DEFAULT,
    keep: AbstractSet[str] = frozenset(),
    percentile: float = PERCENTILE,
    step: Step | None = None,
) -> ModelCard:
    """Write the INT8 copy of a float32 file; what is not a quantised convolution stays float32.

    ONNX Runtime runs this file; engines are built from its half-precision copy (`to_fp16`). keep: names of convolutions
    left in float besides the gates. step: as of `measure_int8`, which with `write_ranges` says what is raised.
    """
    return write_ranges(src, measure_int8(src, calibration, step, method, percentile), dst, keep)


def measure_int8(
    src: Path,
    calibration: CalibrationSet,
    step: Step | None = None,
    method: Method = DEFAULT,
    percentile: float = PERCENTILE,
) -> Ranges:
    """The ranges of what every quantisable convolution of a float32 file takes in.

    percentile: in percent, for the method of that name. step: as of `measure`. Raises ArtifactError when the set was made
    for another model, BuildError when there is nothing to quantise, and as `measure`.
    """
    model, card = float_model(src)
    calibration.check(card, src)
    names = set(quantisable(model))
    inputs = [node.input[0] for node in model.graph.node if node.name in names]
    return measure(model, inputs, calibration, step, method, percentile)


def write_ranges(src: Path, ranges: Ranges, dst: Path, keep: AbstractSet[str] = frozenset()) -> ModelCard:
    """Write the INT8 copy of a float32 file by ranges that were measured on it; fast enough to be called once a layer.

    keep: names of convolutions left in float besides the gates. Raises UsageError when one is not `quantisable`,
    ArtifactError when the ranges are of another network, BuildError when nothing is left to quantise.
    """
    model, card = float_model(src)
    names, named = chosen(src, model, keep), titles(model)
    left = tuple(named[name] for name in quantisable(model) if name in keep)
    rewriter = Rewriter(model)
    for node in list(model.graph.node):
        if node.name in names:
            rewriter.int8_input(node, 0, ranges.peak(node.input[0]))
            rewriter.int8_weights(node, 1, ranges.weights.get(node.input[1]))
    rewriter.finish()
    tools = {**card.tools, "calibration": ranges.how}
    card = card.but(precision=Precision.INT8, tools=tools, left_in_float=left)
    graph.save(model, card, dst)
    return card


def quantisable(model: Any) -> tuple[str, ...]:
    """Names of the convolutions that INT8 quantises, in graph order: all with stored weights but the gates'."""
    stored = {item.name for item in model.graph.initializer}
    left_out = set(gates(model))
    return tuple(
        node.name
        for node in model.graph.node
        if node.op_type == "Conv" and node.input[1] in stored and node.name and node.name not in left_out
    )


def chosen(src: Path, model: Any, keep: AbstractSet[str]) -> AbstractSet[str]:
    """Names of the convolutions of a file's model that INT8 quantises when `keep` stay in float.

    Raises UsageError when one of `keep` is not `quantisable`, BuildError when nothing is left.
    """
    names = quantisable(model)
    for name in sorted(keep - set(names)):
        near = difflib.get_close_matches(name, names, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(names)}"
        raise UsageError(f"{src} has no convolution '{name}' that INT8 would quantise", hint)
    if not set(names) - keep:
        raise BuildError(f"{src} has no convolution left to quantise", "keep fewer in float, or use --precision fp16")
    return set(names) - keep


def gates(model: Any) -> list[str]:
    """Names of the convolutions inside squeeze-and-excitation gates.

    They are those on a 1x1 map from which a path of nothing but 1x1 maps leads to a sigmoid.
    """
    import onnx

    inferred = onnx.shape_inference.infer_shapes(model).graph
    sizes = {value.name: [dim.dim_value for dim in value.type.tensor_type.shape.dim] for value in inferred.value_info}
    made_by = {output: node for node in inferred.node for output in node.output}
    found = []
    pending = [name for node in inferred.node if node.op_type in _GATES for name in node.input]
    while pending:
        node = made_by.get(pending.pop())
        if node is None or sizes.get(node.output[0], [])[2:] not in ([], [1, 1]):
            continue
        if node.op_type == "Conv":
            found.append(node.name)
        if node.op_type not in {"GlobalAveragePool", "ReduceMean", "AveragePool"}:
            pending.append(node.input[0])
    return found


def float_model(src: Path) -> tuple[Any, ModelCard]:
    """A float32 file's model (onnx.ModelProto) and card.

    Raises BuildError when it is of another precision, has nothing to quantise, or its opset is too old.
    """
    model, card = graph.load(src)
    if card.precision is not Precision.FP32:
        raise BuildError(f"{src} is {card.precision.value} already", "start from the float32 file")
    if not quantisable(model):
        raise BuildError(f"{src} has no convolution to quantise", "build with --precision fp16")
    opset = next(item.version for item in model.opset_import if item.domain in {"", "ai.onnx"})
    if opset < _OLDEST_OPSET:
        raise BuildError(f"{src} has opset {opset}, and INT8 needs {_OLDEST_OPSET}", "export it with edgefer export")
    return model, card
